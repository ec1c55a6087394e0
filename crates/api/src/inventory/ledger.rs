//! What happened to a product's units.

use axum::Json;
use axum::extract::State;

use crate::access::Operator;
use crate::app::Shared;
use crate::inventory::view::{MovementView, at_path};
use crate::params::Params;
use crate::problem::Problem;
use crate::request::PathText;
use crate::views::PageView;

/// Everything that happened to a product's units, newest first. Its stock is the sum of this.
#[utoipa::path(
    get, path = "/inventory/{sku}/ledger", tag = "inventory", operation_id = "product_ledger",
    params(("sku" = String, Path, description = "The product"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "A page of movements", body = PageView<MovementView>)),
    security(("operator" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    _: Operator,
    PathText(sku): PathText,
    mut params: Params,
) -> Result<Json<PageView<MovementView>>, Problem> {
    let paging = params.paging();
    params.finish()?;
    let product = at_path(&app, &sku).await?;
    let page = app.state.ports.catalog.ledger(&product.sku, paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, MovementView::from)))
}
