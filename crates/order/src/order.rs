use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Address, Contact, Currency, Invalid, OrderId, Payment, PaymentEvent, Pricing, Quantity, Receipt, Sku, Status,
    StatusChange,
};

/// So many units of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which product.
    pub sku: Sku,
    /// How many units.
    pub quantity: Quantity,
}

/// What a customer placed: read from a request, checked, and not changed afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder {
    /// Its identifier.
    pub id: OrderId,
    /// The workflow that takes it from placed to its end.
    pub workflow: String,
    /// Who ordered.
    pub customer: Contact,
    /// What was ordered; no product twice.
    pub lines: Vec<Line>,
    /// Where it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// The currency asked for; without it, that of the prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// What the payment provider gave the shop for the card. Never the card itself.
    pub payment_token: String,
    /// The word the document of the workflow uses for the way of paying, if it has one (`creditCard`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<String>,
}

impl NewOrder {
    /// The most lines an order may have.
    pub const MAX_LINES: usize = 1_000;

    /// The same without what tells of a person: of the customer only the id stays, of the address only the
    /// country, which shipping and tax are explained by.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            customer: Contact { id: self.customer.id.clone(), name: None, email: None },
            shipping_address: self.shipping_address.as_ref().map(|address| Address {
                name: None,
                street: None,
                city: None,
                region: None,
                postal_code: None,
                country: address.country.clone(),
            }),
            payment_token: "erased".to_owned(),
            ..self.clone()
        }
    }

    /// Sums lines of the same product, so that stock is checked once for all of its units.
    pub fn merge_lines(lines: impl IntoIterator<Item = Line>) -> Result<Vec<Line>, Invalid> {
        let mut merged: Vec<Line> = Vec::new();
        for (index, line) in lines.into_iter().enumerate() {
            if index >= Self::MAX_LINES {
                return Err(Invalid::new(format!("at most {} lines", Self::MAX_LINES)).at("items"));
            }
            match merged.iter_mut().find(|other| other.sku == line.sku) {
                Some(other) => {
                    other.quantity = other.quantity.plus(line.quantity).map_err(|error| {
                        Invalid::new(format!("{} in all lines of {}", error.expected, line.sku))
                            .at(format_args!("items/{index}/quantity"))
                    })?;
                }
                None => merged.push(line),
            }
        }
        if merged.is_empty() {
            return Err(Invalid::new("at least one line").at("items"));
        }
        Ok(merged)
    }
}

/// An order: what was placed, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What was placed.
    #[serde(flatten)]
    pub placed: NewOrder,
    /// When it was accepted.
    pub placed_at: Timestamp,
    /// The execution that takes it to its end.
    pub execution_arn: String,
    /// Where it is in its life.
    pub status: Status,
    /// Why it ended as it did, in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its prices, once they are fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing: Option<Pricing>,
    /// Everything the payment provider said.
    #[serde(default)]
    pub payment_events: Vec<PaymentEvent>,
    /// Its receipt, once it is issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Every status it had, oldest first.
    pub history: Vec<StatusChange>,
}

impl Order {
    /// A fresh order, accepted at that time.
    pub fn new(placed: NewOrder, execution_arn: String, at: Timestamp) -> Self {
        Self {
            placed,
            placed_at: at,
            execution_arn,
            status: Status::Placed,
            reason: None,
            pricing: None,
            payment_events: Vec::new(),
            receipt: None,
            history: vec![StatusChange { status: Status::Placed, at, reason: None }],
        }
    }

    /// Its identifier.
    pub fn id(&self) -> &OrderId {
        &self.placed.id
    }

    /// What has been paid so far.
    pub fn payment(&self) -> Payment {
        Payment::fold(&self.payment_events)
    }

    /// The status in the words of the order's workflow.
    pub fn status_word(&self) -> String {
        self.status.word(&self.placed.workflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(sku: &str, units: i64) -> Line {
        Line { sku: Sku::parse(sku).unwrap(), quantity: Quantity::new(units).unwrap() }
    }

    #[test]
    fn a_repeated_product_is_summed() {
        let merged = NewOrder::merge_lines([line("a", 2), line("b", 1), line("a", 3)]).unwrap();
        assert_eq!(merged, [line("a", 5), line("b", 1)]);
    }

    #[test]
    fn lines_are_bounded() {
        assert_eq!(NewOrder::merge_lines([]).unwrap_err().field, "items");
        let many = (0..=NewOrder::MAX_LINES).map(|n| line(&format!("s{n}"), 1));
        assert_eq!(NewOrder::merge_lines(many).unwrap_err().to_string(), "items: expected at most 1000 lines");
        let sum = NewOrder::merge_lines([line("a", 1_000_000), line("a", 1)]).unwrap_err();
        assert_eq!(sum.field, "items/1/quantity");
    }
}
