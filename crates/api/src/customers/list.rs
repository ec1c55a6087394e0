//! All customers.

use axum::Json;
use axum::extract::State;

use crate::access::Operator;
use crate::app::Shared;
use crate::customers::view::CustomerView;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::available;
use crate::views::PageView;

/// All customers we know, by id.
#[utoipa::path(
    get, path = "/customers", tag = "customers", operation_id = "list_customers",
    params(("q" = Option<String>, Query, description = "A piece of the id, a name, the company or the mail address"),
           ("with" = Option<String>, Query, description = "`totals`: with what came of each customer's orders", example = "totals"),
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
    let with_totals = params.read("with", "totals", |text| (text == "totals").then_some(())).is_some();
    let paging = params.paging();
    params.finish()?;
    let page = app.state.ports.customers.list(text.as_deref(), paging.cursor.as_deref(), paging.limit).await?;
    if !with_totals {
        return Ok(Json(PageView::of(page, CustomerView::from)));
    }
    let ids: Vec<_> = page.items.iter().map(|customer| customer.id.clone()).collect();
    let mut totals = available(&app.state.console.personal_data)?.totals(&ids).await?.into_iter();
    let view = |customer| CustomerView::from(customer).with(totals.next().unwrap_or_default());
    Ok(Json(PageView::of(page, view)))
}
