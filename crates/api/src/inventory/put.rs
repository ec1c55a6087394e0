//! Creating and changing a product.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use order::{Invalid, Sku};
use ports::Change;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::fields::{self, Fields, LONGEST_LINE};
use crate::inventory::view::{ProductView, at_path, find};
use crate::operators::Deed;
use crate::problem::Problem;
use crate::request::{JsonBody, PathText};
use crate::views::MoneyView;

/// The most units that can be counted.
pub(crate) const MAX_STOCK: i64 = 1_000_000_000_000;

/// What a product is to be. A product as it was read may be sent back: its counters are passed over,
/// but for `on_hand`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct ProductRequest {
    /// What the customer reads.
    #[schema(example = "Chai")]
    name: String,
    /// The price of one unit.
    unit_price: MoneyView,
    /// How many units are there, counted; without it the stock stays as it is.
    #[schema(example = 39, minimum = 0)]
    on_hand: Option<i64>,
}

/// Creates a product, or changes its name, its price and, when it was counted, its stock.
#[utoipa::path(
    put, path = "/inventory/{sku}", tag = "inventory", operation_id = "put_product",
    params(("sku" = String, Path, description = "The product")),
    request_body = ProductRequest,
    responses((status = 200, description = "It was changed", body = ProductView),
              (status = 201, description = "It was created", body = ProductView)),
    security(("operator" = [])),
)]
pub(crate) async fn put(
    State(app): Shared,
    operator: Operator,
    PathText(sku): PathText,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<ProductView>), Problem> {
    let sku = Sku::parse(sku).map_err(|invalid| Problem::from(vec![invalid.at("sku")]))?;
    let changes = read(&sku, body, app.state.ports.clock.now())?;
    let existed = find(&app, &sku).await?.is_some();
    let deed = Deed::new("put_product").on(sku.as_str());
    app.on_behalf(&operator, deed, async { Ok(app.state.writer.apply(changes).await?) }).await?;
    let status = if existed { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(at_path(&app, sku.as_str()).await?.into())))
}

fn read(sku: &Sku, body: Value, at: Timestamp) -> Result<Vec<Change>, Vec<Invalid>> {
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let given = fields.optional("sku", fields::parsed("the sku of the path", Sku::parse));
    if given.is_some_and(|given| given != *sku) {
        fields.refuse("sku", format!("{sku}, as in the path"));
    }
    let name = fields.required("name", "a text of 1 to 200 characters", fields::text(LONGEST_LINE));
    let unit_price = fields.required(
        "unit_price",
        "an amount of money such as {\"amount\": \"9.90\", \"currency\": \"EUR\"}",
        fields::price,
    );
    let on_hand = fields.optional("on_hand", fields::whole_number(0, MAX_STOCK));
    for counter in ["reserved", "available", "sold"] {
        fields.ignore(counter);
    }
    fields.finish()?;
    let (name, unit_price) = name.zip(unit_price).expect("without an error both were read");
    Ok(changes(sku.clone(), name, unit_price, on_hand, "counted", at))
}

/// The changes that make a product so.
pub(crate) fn changes(
    sku: Sku,
    name: String,
    unit_price: order::Money,
    on_hand: Option<i64>,
    reason: &str,
    at: Timestamp,
) -> Vec<Change> {
    let mut changes = vec![Change::PutProduct { sku: sku.clone(), name, unit_price, at }];
    if let Some(on_hand) = on_hand {
        changes.push(Change::CountStock { sku, on_hand, reason: Some(reason.to_owned()), at });
    }
    changes
}
