//! The shopper's link to an order, given out again.

use axum::Json;
use axum::extract::State;
use order::OrderId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::operators::Deed;
use crate::orders::view::Links;
use crate::problem::Problem;
use crate::request::PathText;

/// A link to an order's page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderLink {
    /// Opens the order's page without any key. It does not expire.
    #[schema(example = "https://shop.example/orders/A-1?token=aGVsbG8")]
    url: String,
}

/// The link by which the shopper opens the order's page: the same that placing the order returned.
#[utoipa::path(
    post, path = "/orders/{id}/link", tag = "orders", operation_id = "reopen_link",
    params(("id" = String, Path, description = "The order's id")),
    responses((status = 200, description = "The link", body = OrderLink)),
    security(("operator" = [])),
)]
pub(crate) async fn post(
    State(app): Shared,
    operator: Operator,
    PathText(id): PathText,
) -> Result<Json<OrderLink>, Problem> {
    let id = OrderId::parse(id).map_err(|_| Problem::order_not_found())?;
    app.order(&id).await?;
    let token = app.state.keys.access_token(&id);
    let links = app.on_behalf(&operator, Deed::new("reopen_link").with_order(&id), async {
        Ok(Links::of(&app, &id, Some(&token)))
    });
    Ok(Json(OrderLink { url: links.await?.order }))
}
