use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Country, Currency, Invalid, Level, Line, Money, MoneyError, Quantity, ShippingRule, Sku, TaxRule};

/// A product of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its identifier.
    pub sku: Sku,
    /// What the customer reads.
    pub name: String,
    /// The price of one unit.
    pub unit_price: Money,
    /// Its stock.
    #[serde(flatten)]
    pub level: Level,
}

/// One line with the price it was sold at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedLine {
    /// Which product.
    pub sku: Sku,
    /// Its name when it was priced.
    pub name: String,
    /// How many units.
    pub quantity: Quantity,
    /// The price of one.
    pub unit_price: Money,
}

impl PricedLine {
    /// Unit price times quantity. It fitted when the order was priced.
    pub fn amount(&self) -> Money {
        self.unit_price.times(self.quantity).expect("priced lines were checked to fit when they were priced")
    }
}

/// An order's prices, fixed when it was priced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pricing {
    /// The lines with their prices.
    pub lines: Vec<PricedLine>,
    /// All sums.
    pub totals: Totals,
}

/// The sums of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The goods.
    pub subtotal: Money,
    /// The way to the customer.
    pub shipping: Money,
    /// Tax on top.
    pub tax: Money,
    /// What the customer pays.
    pub total: Money,
}

/// Why an order cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PricingError {
    /// There is no such product.
    #[error("there is no product {0}")]
    UnknownProduct(Sku),
    /// A product is sold in another currency than the order asks for.
    #[error("{sku} is sold in {sold_in}, the order is in {ordered_in}")]
    Currency {
        /// Which product.
        sku: Sku,
        /// The currency of its price.
        sold_in: Currency,
        /// The currency of the order.
        ordered_in: Currency,
    },
    /// A sum does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A rule, which is configuration, cannot be applied.
    #[error("the price rules are wrong: {0}")]
    Rule(#[from] Invalid),
}

/// Prices an order: lines, shipping, tax, total.
///
/// `currency` is what the customer asked for; without it, the currency of the first product's price.
pub fn price(
    lines: &[Line],
    products: &[Product],
    currency: Option<Currency>,
    destination: Option<&Country>,
    shipping: &ShippingRule,
    tax: &TaxRule,
) -> Result<Pricing, PricingError> {
    let by_sku: HashMap<&Sku, &Product> = products.iter().map(|product| (&product.sku, product)).collect();
    let mut priced = Vec::with_capacity(lines.len());
    let mut ordered_in = currency;
    let mut subtotal: Option<Money> = None;
    for line in lines {
        let product = by_sku.get(&line.sku).ok_or_else(|| PricingError::UnknownProduct(line.sku.clone()))?;
        let sold_in = product.unit_price.currency();
        let ordered_in = *ordered_in.get_or_insert(sold_in);
        if sold_in != ordered_in {
            return Err(PricingError::Currency { sku: line.sku.clone(), sold_in, ordered_in });
        }
        let amount = product.unit_price.times(line.quantity)?;
        subtotal = Some(match subtotal {
            Some(so_far) => so_far.plus(amount)?,
            None => amount,
        });
        priced.push(PricedLine {
            sku: line.sku.clone(),
            name: product.name.clone(),
            quantity: line.quantity,
            unit_price: product.unit_price,
        });
    }
    let subtotal = subtotal.ok_or_else(|| Invalid::new("at least one line").at("items"))?;
    let shipping = shipping.price(subtotal, destination)?;
    let tax = tax.tax(subtotal, shipping, destination)?;
    let total = subtotal.plus(shipping)?.plus(tax)?;
    Ok(Pricing { lines: priced, totals: Totals { subtotal, shipping, tax, total } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(sku: &str, price: &str, currency: &str) -> Product {
        Product {
            sku: Sku::parse(sku).unwrap(),
            name: sku.to_uppercase(),
            unit_price: Money::parse(price, Currency::parse(currency).unwrap()).unwrap(),
            level: Level::default(),
        }
    }

    fn line(sku: &str, units: i64) -> Line {
        Line { sku: Sku::parse(sku).unwrap(), quantity: Quantity::new(units).unwrap() }
    }

    fn rules() -> (ShippingRule, TaxRule) {
        (serde_json::from_str(r#"{"base":"15.00"}"#).unwrap(), serde_json::from_str(r#"{"default":"0.1"}"#).unwrap())
    }

    #[test]
    fn the_total_is_goods_and_shipping_and_tax() {
        let (shipping, tax) = rules();
        let products = [product("a", "18.00", "USD"), product("b", "0.99", "USD")];
        let pricing = price(&[line("a", 2), line("b", 3)], &products, None, None, &shipping, &tax).unwrap();
        let totals = pricing.totals;
        assert_eq!(totals.subtotal.amount(), "38.97");
        assert_eq!(totals.shipping.amount(), "15.00");
        assert_eq!(totals.tax.amount(), "3.90");
        assert_eq!(totals.total.amount(), "57.87");
        assert_eq!(pricing.lines[1].amount().amount(), "2.97");
    }

    #[test]
    fn what_cannot_be_priced_is_named() {
        let (shipping, tax) = rules();
        let products =
            [product("a", "18.00", "USD"), product("b", "1.00", "EUR"), product("dear", "90000000000000000.00", "USD")];
        let usd = Currency::parse("USD").unwrap();
        for (lines, currency, message) in [
            (vec![line("zzz", 1)], None, "there is no product zzz"),
            (vec![line("a", 1), line("b", 1)], None, "b is sold in EUR, the order is in USD"),
            (vec![line("b", 1)], Some(usd), "b is sold in EUR, the order is in USD"),
            (vec![line("dear", 1_000_000)], None, "the amount is too large"),
            (vec![], None, "the price rules are wrong: items: expected at least one line"),
        ] {
            let error = price(&lines, &products, currency, None, &shipping, &tax).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
