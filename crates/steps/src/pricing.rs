//! Fixing an order's prices.

use order::{Order, Pricing, PricingError, Product, ShippingRule, TaxRule, price};
use ports::{ErrorName, Result, StepError};

/// The prices of an order: those that were fixed before, else new ones.
pub(crate) fn pricing(order: &Order, products: &[Product], shipping: &ShippingRule, tax: &TaxRule) -> Result<Pricing> {
    if let Some(fixed) = &order.pricing {
        return Ok(fixed.clone());
    }
    let placed = &order.placed;
    let destination = placed.shipping_address.as_ref().map(|address| &address.country);
    price(&placed.lines, products, placed.currency, destination, shipping, tax).map_err(|error| match error {
        PricingError::UnknownProduct(_) => StepError::new(ErrorName::UnknownProduct, error.to_string()),
        PricingError::Currency { .. } | PricingError::Money(_) => {
            StepError::new(ErrorName::InvalidOrder, error.to_string())
        }
        PricingError::Rule(invalid) => invalid.into(),
    })
}

/// The prices of an order that must have been priced.
pub(crate) fn fixed(order: &Order) -> Result<&Pricing> {
    order.pricing.as_ref().ok_or_else(|| StepError::new(ErrorName::InvalidOrder, "the order has no prices yet"))
}
