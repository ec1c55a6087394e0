//! One order.

use axum::Json;
use axum::extract::State;

use crate::access::Credentials;
use crate::app::Shared;
use crate::orders::view::OrderView;
use crate::params::Params;
use crate::problem::Problem;
use crate::request::PathText;

/// An order and what became of it.
#[utoipa::path(
    get, path = "/orders/{id}", tag = "orders", operation_id = "get_order",
    params(("id" = String, Path, description = "The order's id"),
           ("token" = Option<String>, Query, description = "The order's access token")),
    responses((status = 200, description = "The order", body = OrderView)),
    security(("operator" = []), ("access_token" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    PathText(id): PathText,
    credentials: Credentials,
    mut params: Params,
) -> Result<Json<OrderView>, Problem> {
    let token = params.text("token");
    params.finish()?;
    let (id, _) = credentials.require_order_access(&app.state.keys, token.as_deref(), &id)?;
    Ok(Json(OrderView::of(&app, app.order(&id).await?)))
}
