//! One customer.

use axum::Json;
use axum::extract::State;

use crate::access::Operator;
use crate::app::Shared;
use crate::customers::view::{CustomerView, at_path};
use crate::problem::Problem;
use crate::request::PathText;

/// A customer we know.
#[utoipa::path(
    get, path = "/customers/{id}", tag = "customers", operation_id = "get_customer",
    params(("id" = String, Path, description = "The customer's id")),
    responses((status = 200, description = "The customer", body = CustomerView)),
    security(("operator" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    _: Operator,
    PathText(id): PathText,
) -> Result<Json<CustomerView>, Problem> {
    Ok(Json(at_path(&app, &id).await?.into()))
}
