//! What a shopper can order.

use axum::Json;
use axum::extract::State;

use crate::app::Shared;
use crate::inventory::view::CatalogItem;
use crate::params::Params;
use crate::problem::Problem;
use crate::views::PageView;

/// What can be ordered, by sku. Needs no key.
#[utoipa::path(
    get, path = "/catalog", tag = "inventory", operation_id = "list_catalog",
    params(("q" = Option<String>, Query, description = "A piece of the sku or the name"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "A page of products", body = PageView<CatalogItem>)),
    security(()),
)]
pub(crate) async fn list(State(app): Shared, mut params: Params) -> Result<Json<PageView<CatalogItem>>, Problem> {
    let text = params.text("q");
    let paging = params.paging();
    params.finish()?;
    let page = app.state.ports.catalog.list(text.as_deref(), paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, CatalogItem::from)))
}
