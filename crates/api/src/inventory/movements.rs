//! Booking units in and out by hand.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use order::{EntryKind, Invalid, Sku};
use ports::Change;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::fields::{self, Fields, LONGEST_LINE};
use crate::inventory::put::MAX_STOCK;
use crate::inventory::view::{ProductView, at_path};
use crate::operators::Deed;
use crate::problem::Problem;
use crate::request::{JsonBody, PathText};

/// Units to book.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct MovementRequest {
    /// `received` from a supplier, or `adjusted` by hand.
    #[schema(example = "received")]
    kind: String,
    /// How many; below zero only for `adjusted`.
    #[schema(example = 24)]
    units: i64,
    /// Why.
    #[schema(example = "delivery 4711")]
    reason: Option<String>,
}

/// Books units of a product in or out. Units that orders hold cannot be booked out.
#[utoipa::path(
    post, path = "/inventory/{sku}/movements", tag = "inventory", operation_id = "move_stock",
    params(("sku" = String, Path, description = "The product")),
    request_body = MovementRequest,
    responses((status = 201, description = "It was booked; the product as it is now", body = ProductView)),
    security(("operator" = [])),
)]
pub(crate) async fn post(
    State(app): Shared,
    operator: Operator,
    PathText(sku): PathText,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<ProductView>), Problem> {
    let product = at_path(&app, &sku).await?;
    let change = read(product.sku, body, app.state.ports.clock.now())?;
    let reason = match &change {
        Change::MoveStock { reason, .. } => reason.clone(),
        _ => None,
    };
    let deed = Deed::new("move_stock").on(sku.clone()).because(reason);
    app.on_behalf(&operator, deed, async { Ok(app.state.writer.apply(vec![change]).await?) }).await?;
    Ok((StatusCode::CREATED, Json(at_path(&app, &sku).await?.into())))
}

fn read(sku: Sku, body: Value, at: Timestamp) -> Result<Change, Vec<Invalid>> {
    const KINDS: &str = "received or adjusted";
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let kind = fields.required("kind", KINDS, |value| {
        let kind = value.as_str().and_then(EntryKind::from_name);
        let by_hand = kind.filter(|kind| matches!(kind, EntryKind::Received | EntryKind::Adjusted));
        by_hand.ok_or_else(|| vec![Invalid::new(KINDS)])
    });
    let least = if kind == Some(EntryKind::Received) { 1 } else { -MAX_STOCK };
    let units = fields.required("units", "a whole number", fields::whole_number(least, MAX_STOCK));
    if units == Some(0) {
        fields.refuse("units", "a whole number that is not 0");
    }
    let reason = fields.optional("reason", fields::text(LONGEST_LINE));
    fields.finish()?;
    let (kind, units) = kind.zip(units).expect("without an error both were read");
    Ok(Change::MoveStock { sku, kind, units, reason, at })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn movements_by_hand_are_received_or_adjusted() {
        let sku = || Sku::parse("NW-001").unwrap();
        let read = |body| read(sku(), body, Timestamp::UNIX_EPOCH);
        let change = read(json!({"kind": "adjusted", "units": -3, "reason": "broken"})).unwrap();
        let expected = Change::MoveStock {
            sku: sku(),
            kind: EntryKind::Adjusted,
            units: -3,
            reason: Some("broken".to_owned()),
            at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(change, expected);
        for (body, field) in [
            (json!({"kind": "sold", "units": 1}), "kind"),
            (json!({"units": 1}), "kind"),
            (json!({"kind": "received", "units": -1}), "units"),
            (json!({"kind": "received", "units": 0}), "units"),
            (json!({"kind": "adjusted", "units": 0}), "units"),
            (json!({"kind": "adjusted", "units": 1.5}), "units"),
            (json!({"kind": "adjusted"}), "units"),
            (json!({"kind": "adjusted", "units": 1, "why": "?"}), "why"),
        ] {
            assert_eq!(read(body.clone()).unwrap_err()[0].field, field, "{body}");
        }
    }
}
