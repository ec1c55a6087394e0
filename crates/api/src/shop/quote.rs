//! What an order would cost.

use axum::Json;
use axum::extract::State;
use order::{Address, Currency, Invalid, Line, NewOrder, PricingError, Quantity, Sku, price};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::fields::{self, Fields};
use crate::orders::place::CheckoutItem;
use crate::orders::view::TotalsView;
use crate::problem::{Kind, Problem};
use crate::request::JsonBody;
use crate::state::available;
use crate::views::{AddressView, MoneyView};

/// What would be ordered.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct QuoteRequest {
    /// The lines.
    #[schema(example = json!([{"sku": "NW-001", "quantity": 2}]))]
    items: Vec<CheckoutItem>,
    /// Where it would go; the country decides.
    #[schema(example = json!({"country": "RO"}))]
    shipping_address: Option<AddressView>,
    /// The currency asked for; that of the first product without it.
    #[schema(example = "USD")]
    currency: Option<String>,
}

/// What an order would cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Quote {
    /// The lines with their prices; a product that was named twice is one line.
    items: Vec<QuotedItem>,
    /// The sums.
    totals: TotalsView,
}

/// A line with its price.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuotedItem {
    /// The product.
    #[schema(example = "NW-001")]
    sku: String,
    /// Its name.
    #[schema(example = "Chai")]
    name: String,
    /// How many units.
    #[schema(example = 2)]
    quantity: i64,
    /// The price of one unit.
    unit_price: MoneyView,
    /// The price of the line.
    amount: MoneyView,
    /// How many units are free now.
    #[schema(example = 39)]
    available: i64,
}

/// What an order would cost, by the rules that checkout prices it by: lines, shipping, tax, total, and what is
/// left of each product. Nothing is held.
#[utoipa::path(
    post, path = "/quote", tag = "orders", operation_id = "quote_order",
    request_body = QuoteRequest,
    responses((status = 200, description = "What it would cost", body = Quote)),
    security(()),
)]
pub(crate) async fn post(State(app): Shared, JsonBody(body): JsonBody) -> Result<Json<Quote>, Problem> {
    let shop = available(&app.state.console.shop)?;
    let (lines, address, currency) = read(body)?;
    let skus: Vec<Sku> = lines.iter().map(|line| line.sku.clone()).collect();
    let products = app.state.ports.catalog.products(&skus).await?;
    let destination = address.as_ref().map(|address| &address.country);
    let pricing = price(&lines, &products, currency, destination, &shop.shipping, &shop.tax).map_err(|error| {
        let named = match &error {
            PricingError::UnknownProduct(sku) | PricingError::Currency { sku, .. } => {
                lines.iter().position(|line| line.sku == *sku)
            }
            PricingError::Money(_) | PricingError::Rule(_) => None,
        };
        let kind = match &error {
            PricingError::UnknownProduct(_) => Kind::UnknownProduct,
            _ => Kind::InvalidOrder,
        };
        let field =
            |index| Invalid::new("a product of the catalogue, in the order's currency").at("sku").at(index).at("items");
        let invalid = named.map(field).into_iter().collect();
        Problem { invalid, ..Problem::new(kind, error.to_string()) }
    })?;
    let available =
        |sku: &Sku| products.iter().find(|product| product.sku == *sku).map_or(0, |product| product.level.available());
    let items = pricing.lines.iter().map(|line| QuotedItem {
        sku: line.sku.as_str().to_owned(),
        name: line.name.clone(),
        quantity: line.quantity.units(),
        unit_price: line.unit_price.into(),
        amount: line.amount().into(),
        available: available(&line.sku),
    });
    Ok(Json(Quote { items: items.collect(), totals: pricing.totals.into() }))
}

type Asked = (Vec<Line>, Option<Address>, Option<Currency>);

fn read(body: Value) -> Result<Asked, Vec<Invalid>> {
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let items = fields.required("items", "a list of lines such as {\"sku\": \"NW-001\", \"quantity\": 2}", items);
    let address = fields.optional("shipping_address", fields::address);
    let expected = "an ISO 4217 currency code such as EUR";
    let currency = fields.optional("currency", fields::parsed(expected, |code| Currency::parse(&code)));
    fields.finish()?;
    let lines = NewOrder::merge_lines(items.expect("without an error the lines were read"));
    Ok((lines.map_err(|invalid| vec![invalid])?, address, currency))
}

fn items(value: Value) -> Result<Vec<Line>, Vec<Invalid>> {
    let Value::Array(items) = value else {
        return Err(vec![Invalid::new("a list of lines")]);
    };
    let mut lines = Vec::with_capacity(items.len());
    let mut invalid = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        match line(item) {
            Ok(line) => lines.push(line),
            Err(wrong) => invalid.extend(wrong.into_iter().map(|wrong| wrong.at(index))),
        }
    }
    if invalid.is_empty() { Ok(lines) } else { Err(invalid) }
}

fn line(value: Value) -> Result<Line, Vec<Invalid>> {
    let mut fields = Fields::of(value).map_err(|invalid| vec![invalid])?;
    let sku = fields.required("sku", "a product's sku", fields::parsed("a product's sku", Sku::parse));
    let quantity = fields.required("quantity", "a whole number from 1 to 1000000", |value| {
        let units = fields::whole_number(1, 1_000_000)(value)?;
        Quantity::new(units).map_err(|invalid| vec![invalid])
    });
    fields.finish()?;
    let both = sku.zip(quantity);
    let (sku, quantity) = both.expect("without an error both were read");
    Ok(Line { sku, quantity })
}
