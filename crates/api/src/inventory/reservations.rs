//! What orders hold of a product.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use order::Reservation;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::inventory::view::at_path;
use crate::params::Params;
use crate::problem::Problem;
use crate::request::PathText;
use crate::state::available;
use crate::views::PageView;

/// Units of a product that are held for an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductReservation)]
pub(crate) struct HoldView {
    /// Whose they are.
    #[schema(example = "A-1")]
    order_id: String,
    /// How many units.
    #[schema(example = 2)]
    quantity: i64,
    /// Until when. After that they are given back, unless they were sold.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<Reservation> for HoldView {
    fn from(reservation: Reservation) -> Self {
        Self {
            quantity: reservation.quantity.units(),
            expires_at: reservation.expires_at,
            order_id: reservation.order_id.into(),
        }
    }
}

/// What orders hold of a product now: whose and until when, the hold that runs out first at the beginning.
#[utoipa::path(
    get, path = "/inventory/{sku}/reservations", tag = "inventory", operation_id = "product_reservations",
    params(("sku" = String, Path, description = "The product"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "A page of what is held", body = PageView<HoldView>)),
    security(("operator" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    _: Operator,
    PathText(sku): PathText,
    mut params: Params,
) -> Result<Json<PageView<HoldView>>, Problem> {
    let paging = params.paging();
    params.finish()?;
    let trails = available(&app.state.console.trails)?;
    let product = at_path(&app, &sku).await?;
    let page = trails.holds(&product.sku, paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, HoldView::from)))
}
