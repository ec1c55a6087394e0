//! One product.

use axum::Json;
use axum::extract::State;

use crate::access::Operator;
use crate::app::Shared;
use crate::inventory::view::{ProductView, at_path};
use crate::problem::Problem;
use crate::request::PathText;

/// A product with its stock.
#[utoipa::path(
    get, path = "/inventory/{sku}", tag = "inventory", operation_id = "get_product",
    params(("sku" = String, Path, description = "The product")),
    responses((status = 200, description = "The product", body = ProductView)),
    security(("operator" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    _: Operator,
    PathText(sku): PathText,
) -> Result<Json<ProductView>, Problem> {
    Ok(Json(at_path(&app, &sku).await?.into()))
}
