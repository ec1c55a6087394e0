//! Money in the outputs of steps: JSON numbers, as the workflows' documents show them.

use order::{Currency, Money, Totals};
use serde::Serialize;
use serde_json::Number;

/// An amount as a JSON number with the decimals of its currency. For display only: inside, money is
/// whole minor units.
pub(crate) fn number(money: Money) -> Number {
    serde_json::from_str(&money.amount()).expect("a decimal amount is a JSON number")
}

/// The sums of a priced order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Amounts {
    /// The currency of all of them.
    pub currency: Currency,
    /// The goods.
    pub subtotal: Number,
    /// The way to the customer.
    pub shipping: Number,
    /// Tax on top.
    pub tax: Number,
    /// What the customer pays.
    pub total: Number,
}

impl From<&Totals> for Amounts {
    fn from(totals: &Totals) -> Self {
        Self {
            currency: totals.total.currency(),
            subtotal: number(totals.subtotal),
            shipping: number(totals.shipping),
            tax: number(totals.tax),
            total: number(totals.total),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_numbers() {
        for (amount, currency, shown) in
            [("115.00", "USD", "115.0"), ("0.07", "RON", "0.07"), ("-3.50", "EUR", "-3.5"), ("115", "JPY", "115")]
        {
            let currency = Currency::parse(currency).expect("known");
            let money = Money::parse(amount, currency).expect("an amount");
            assert_eq!(number(money).to_string(), shown);
        }
    }
}
