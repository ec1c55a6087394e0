//! What is on the shelves for an order.

use order::{Line, Order, Product, Sku};
use ports::{ErrorName, Result, StepError};

use crate::Context;

/// The products of the lines, in their order; `UnknownProduct` names those that do not exist.
pub(crate) async fn products(context: &Context, lines: &[Line]) -> Result<Vec<Product>> {
    let skus: Vec<Sku> = lines.iter().map(|line| line.sku.clone()).collect();
    let mut products = context.ports.catalog.products(&skus).await?;
    let place = |sku: &Sku| skus.iter().position(|known| known == sku);
    products.sort_by_key(|product| place(&product.sku));
    let unknown: Vec<String> = skus
        .iter()
        .filter(|sku| !products.iter().any(|product| product.sku == **sku))
        .map(|sku| format!("there is no product {sku}"))
        .collect();
    if unknown.is_empty() { Ok(products) } else { Err(StepError::new(ErrorName::UnknownProduct, unknown.join("; "))) }
}

/// The lines that cannot be had, in words: `NW-017: 40 wanted, 39 available`. What is held for the
/// order itself counts as available to it. Nothing when all can be had.
pub(crate) async fn short(context: &Context, order: &Order, products: &[Product]) -> Result<Option<String>> {
    let lines = &order.placed.lines;
    let free = |line: &Line| {
        products.iter().find(|product| product.sku == line.sku).map_or(0, |product| product.level.available())
    };
    if lines.iter().all(|line| line.quantity.units() <= free(line)) {
        return Ok(None);
    }
    let held = context.ports.catalog.reservations(order.id()).await?;
    let short: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            let own: i64 = held.iter().filter(|held| held.sku == line.sku).map(|held| held.quantity.units()).sum();
            let available = free(line) + own;
            let wanted = line.quantity.units();
            (wanted > available).then(|| format!("{}: {wanted} wanted, {available} available", line.sku))
        })
        .collect();
    Ok((!short.is_empty()).then(|| short.join("; ")))
}

/// Whether every unit of the order is still held for it. A hold that has run out counts as long as
/// nobody released it.
pub(crate) async fn is_held(context: &Context, order: &Order) -> Result<bool> {
    let held = context.ports.catalog.reservations(order.id()).await?;
    Ok(order
        .placed
        .lines
        .iter()
        .all(|line| held.iter().any(|held| held.sku == line.sku && held.quantity == line.quantity)))
}
