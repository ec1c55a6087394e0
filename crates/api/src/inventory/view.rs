//! A product as it is shown.

use jiff::Timestamp;
use order::{EntryKind, Product, Sku};
use ports::Movement;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::Problem;
use crate::views::MoneyView;

/// A product with its stock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Product)]
pub(crate) struct ProductView {
    /// Its identifier.
    #[schema(example = "NW-001")]
    sku: String,
    /// What the customer reads.
    #[schema(example = "Chai")]
    name: String,
    /// The price of one unit.
    unit_price: MoneyView,
    /// Units in the shop, held ones included.
    #[schema(example = 39)]
    on_hand: i64,
    /// Units held for orders.
    #[schema(example = 2)]
    reserved: i64,
    /// Units that an order may still have.
    #[schema(example = 37)]
    available: i64,
    /// Units sold and not come back.
    #[schema(example = 11)]
    sold: i64,
}

impl From<Product> for ProductView {
    fn from(product: Product) -> Self {
        let level = product.level;
        Self {
            sku: product.sku.into(),
            name: product.name,
            unit_price: product.unit_price.into(),
            on_hand: level.on_hand,
            reserved: level.reserved,
            available: level.available(),
            sold: level.sold,
        }
    }
}

/// A product as a shopper sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CatalogItem {
    /// Its identifier.
    #[schema(example = "NW-001")]
    sku: String,
    /// Its name.
    #[schema(example = "Chai")]
    name: String,
    /// The price of one unit.
    unit_price: MoneyView,
    /// How many units can be ordered.
    #[schema(example = 37)]
    available: i64,
}

impl From<Product> for CatalogItem {
    fn from(product: Product) -> Self {
        Self {
            available: product.level.available(),
            sku: product.sku.into(),
            name: product.name,
            unit_price: product.unit_price.into(),
        }
    }
}

/// What happened to some units of a product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Movement)]
pub(crate) struct MovementView {
    /// Ascending over all products.
    #[schema(example = 1)]
    sequence: i64,
    /// The product.
    #[schema(example = "NW-001")]
    sku: String,
    /// `received`, `reserved`, `released`, `sold`, `returned` or `adjusted`.
    #[schema(value_type = String, example = "received")]
    kind: EntryKind,
    /// How many units; negative only in an adjustment.
    #[schema(example = 39)]
    units: i64,
    /// For which order, where it was for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    /// Why, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "delivery 4711")]
    reason: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<Movement> for MovementView {
    fn from(movement: Movement) -> Self {
        let Movement { sequence, entry } = movement;
        Self {
            sequence,
            sku: entry.sku.into(),
            kind: entry.kind,
            units: entry.units,
            order_id: entry.order_id.map(String::from),
            reason: entry.reason,
            at: entry.at,
        }
    }
}

/// The product of that sku, if there is one.
pub(crate) async fn find(app: &App, sku: &Sku) -> Result<Option<Product>, Problem> {
    Ok(app.state.ports.catalog.products(std::slice::from_ref(sku)).await?.pop())
}

/// The product that a path names.
pub(crate) async fn at_path(app: &App, sku: &str) -> Result<Product, Problem> {
    let missing = || Problem::not_found(format_args!("product {sku}"));
    let parsed = Sku::parse(sku).map_err(|_| missing())?;
    find(app, &parsed).await?.ok_or_else(missing)
}
