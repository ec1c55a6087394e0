//! One customer.

use axum::Json;
use axum::extract::State;

use crate::access::Operator;
use crate::app::Shared;
use crate::customers::view::{CustomerView, at_path};
use crate::problem::Problem;
use crate::request::PathText;

/// A customer we know, with what came of the customer's orders.
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
    let customer = at_path(&app, &id).await?;
    let totals = match &app.state.console.personal_data {
        Some(book) => book.totals(std::slice::from_ref(&customer.id)).await?.pop(),
        None => None,
    };
    let view = CustomerView::from(customer);
    Ok(Json(match totals {
        Some(totals) => view.with(totals),
        None => view,
    }))
}
