//! All customers.

use axum::Json;
use axum::extract::State;

use crate::access::Operator;
use crate::app::Shared;
use crate::customers::view::CustomerView;
use crate::params::Params;
use crate::problem::Problem;
use crate::views::PageView;

/// All customers we know, by id.
#[utoipa::path(
    get, path = "/customers", tag = "customers", operation_id = "list_customers",
    params(("q" = Option<String>, Query, description = "A piece of the id, a name, the company or the mail address"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "A page of customers", body = PageView<CustomerView>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(
    State(app): Shared,
    _: Operator,
    mut params: Params,
) -> Result<Json<PageView<CustomerView>>, Problem> {
    let text = params.text("q");
    let paging = params.paging();
    params.finish()?;
    let page = app.state.ports.customers.list(text.as_deref(), paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, CustomerView::from)))
}
