//! Whether an order can be taken.

use order::{Order, Product};
use ports::{ErrorName, Result, StepError};

use crate::{Context, stock};

/// The products of an order that can be taken. `InvalidOrder`, `UnknownProduct` or `OutOfStock` says
/// why one cannot; an outage is an outage, never a verdict.
pub(crate) async fn check(context: &Context, order: &Order) -> Result<Vec<Product>> {
    let invalid = |message: String| StepError::new(ErrorName::InvalidOrder, message);
    let customer = &order.placed.customer;
    match &customer.id {
        Some(id) if context.ports.customers.get(id).await?.is_none() => {
            return Err(invalid(format!("there is no customer {id}")));
        }
        None if customer.email.is_none() => return Err(invalid("the order does not say who the customer is".into())),
        _ => {}
    }
    let products = stock::products(context, &order.placed.lines).await?;
    let mut ordered_in = order.placed.currency;
    for product in &products {
        let sold_in = product.unit_price.currency();
        if *ordered_in.get_or_insert(sold_in) != sold_in {
            return Err(invalid(format!("{} is sold in {sold_in}, which is not the order's currency", product.sku)));
        }
    }
    match stock::short(context, order, &products).await? {
        Some(short) => Err(StepError::new(ErrorName::OutOfStock, short)),
        None => Ok(products),
    }
}

/// Whether an error is the answer "no" to the customer rather than a fault of ours.
pub(crate) fn is_refusal(name: ErrorName) -> bool {
    matches!(
        name,
        ErrorName::InvalidOrder
            | ErrorName::UnknownProduct
            | ErrorName::OutOfStock
            | ErrorName::ReservationExpired
            | ErrorName::PaymentDeclined
    )
}
