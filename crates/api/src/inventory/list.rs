//! All products.

use axum::Json;
use axum::extract::State;

use crate::access::Operator;
use crate::app::Shared;
use crate::inventory::view::ProductView;
use crate::params::Params;
use crate::problem::Problem;
use crate::views::PageView;

/// All products with their stock, by sku.
#[utoipa::path(
    get, path = "/inventory", tag = "inventory", operation_id = "list_products",
    params(("q" = Option<String>, Query, description = "A piece of the sku or the name"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "A page of products", body = PageView<ProductView>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(
    State(app): Shared,
    _: Operator,
    mut params: Params,
) -> Result<Json<PageView<ProductView>>, Problem> {
    let text = params.text("q");
    let paging = params.paging();
    params.finish()?;
    let page = app.state.ports.catalog.list(text.as_deref(), paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, ProductView::from)))
}
