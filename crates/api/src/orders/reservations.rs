//! What is held for an order.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use order::OrderId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::problem::Problem;
use crate::request::PathText;
use crate::views::ListView;

/// Units that are held for an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reservation)]
pub(crate) struct ReservationView {
    /// The product.
    #[schema(example = "NW-017")]
    sku: String,
    /// How many units.
    #[schema(example = 2)]
    quantity: i64,
    /// Until when. After that they are given back, unless they were sold.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// What is held for an order now.
#[utoipa::path(
    get, path = "/orders/{id}/reservations", tag = "orders", operation_id = "order_reservations",
    params(("id" = String, Path, description = "The order's id")),
    responses((status = 200, description = "What is held", body = ListView<ReservationView>)),
    security(("operator" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    _: Operator,
    PathText(id): PathText,
) -> Result<Json<ListView<ReservationView>>, Problem> {
    let id = OrderId::parse(id).map_err(|_| Problem::order_not_found())?;
    app.order(&id).await?;
    let held = app.state.ports.catalog.reservations(&id).await?;
    let items = held.into_iter().map(|reservation| ReservationView {
        quantity: reservation.quantity.units(),
        expires_at: reservation.expires_at,
        sku: reservation.sku.into(),
    });
    Ok(Json(ListView { items: items.collect() }))
}
