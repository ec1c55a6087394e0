use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where an order is in its life. The same for every workflow; [`Status::word`] is how a workflow's
/// own document calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted and durable; nothing has been decided.
    Placed,
    /// Its units are held.
    Reserved,
    /// The money has been taken.
    Paid,
    /// Sold: paid, and the units are the customer's.
    Confirmed,
    /// Handed to the carrier.
    Shipped,
    /// Received by the customer.
    Delivered,
    /// Sent back and refunded.
    Returned,
    /// Called off before shipping; refunded and restocked if it had come that far.
    Cancelled,
    /// Refused: invalid or out of stock.
    Rejected,
    /// Refused by the payment provider.
    PaymentFailed,
    /// An outage outlasted its retries.
    Failed,
}

impl Status {
    /// All of them, in the order of an order's life.
    pub const ALL: [Status; 11] = [
        Status::Placed,
        Status::Reserved,
        Status::Paid,
        Status::Confirmed,
        Status::Shipped,
        Status::Delivered,
        Status::Returned,
        Status::Cancelled,
        Status::Rejected,
        Status::PaymentFailed,
        Status::Failed,
    ];

    /// The workflows whose documents have words of their own.
    pub const DOCUMENTED: [&str; 5] =
        ["emag-orderflow", "receipt-orders", "order-app", "confirmed-orders", "queued-orders"];

    /// The statuses that a word can stand for: one for a stable name, else whatever a workflow calls so.
    pub fn called(word: &str) -> Vec<Status> {
        match Self::from_name(word) {
            Some(status) => vec![status],
            None => {
                let called_so = |status: &Status| Self::DOCUMENTED.iter().any(|workflow| status.word(workflow) == word);
                Self::ALL.into_iter().filter(called_so).collect()
            }
        }
    }

    /// The stable name, `snake_case`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Placed => "placed",
            Status::Reserved => "reserved",
            Status::Paid => "paid",
            Status::Confirmed => "confirmed",
            Status::Shipped => "shipped",
            Status::Delivered => "delivered",
            Status::Returned => "returned",
            Status::Cancelled => "cancelled",
            Status::Rejected => "rejected",
            Status::PaymentFailed => "payment_failed",
            Status::Failed => "failed",
        }
    }

    /// The status of that stable name.
    pub fn from_name(name: &str) -> Option<Status> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The word a workflow's own document uses; workflows without a document use the stable name. The
    /// documents know nothing between an order's coming and its end: it is what it was when it came.
    pub fn word(self, workflow: &str) -> String {
        use Status::{Confirmed, Failed, Paid, PaymentFailed, Placed, Rejected, Reserved};
        if !Self::DOCUMENTED.contains(&workflow) {
            return self.name().to_owned();
        }
        let word = match (workflow, self) {
            ("emag-orderflow" | "receipt-orders" | "order-app", Placed | Reserved | Paid) => "PENDING",
            ("confirmed-orders", Placed | Reserved | Paid) => "RECEIVED",
            ("queued-orders", Placed | Reserved | Paid) => "PLACED",
            ("emag-orderflow", Confirmed) => "PAID",
            ("receipt-orders", Confirmed) => "COMPLETED",
            ("receipt-orders" | "queued-orders", Rejected | PaymentFailed | Failed) => "FAILED",
            ("order-app", Rejected) => "CANCELLED_NO_STOCK",
            ("confirmed-orders", Rejected) => "INVENTORY_FAILED",
            _ => return self.name().to_uppercase(),
        };
        word.to_owned()
    }

    /// Whether the workflow that took the order has come to its end. What follows (shipping, returns)
    /// is started by somebody.
    pub fn is_final(self) -> bool {
        !matches!(self, Status::Placed | Status::Reserved | Status::Paid)
    }

    /// Whether the units are the customer's and the money ours.
    pub fn is_sale(self) -> bool {
        matches!(self, Status::Confirmed | Status::Shipped | Status::Delivered)
    }

    /// Whether the order ended without a sale.
    pub fn is_refusal(self) -> bool {
        matches!(self, Status::Rejected | Status::PaymentFailed | Status::Failed)
    }

    /// The guarded transition table. Moving to where it is already is allowed and changes nothing, so
    /// that a step done twice has the effect of one.
    pub fn check_move(self, to: Status) -> Result<(), RefusedMove> {
        use Status::{
            Cancelled, Confirmed, Delivered, Failed, Paid, PaymentFailed, Placed, Rejected, Reserved, Returned, Shipped,
        };
        let allowed = self == to
            || match self {
                Placed => matches!(to, Reserved | Paid | Confirmed | Cancelled | Rejected | PaymentFailed | Failed),
                Reserved => matches!(to, Paid | Confirmed | Cancelled | Rejected | PaymentFailed | Failed),
                Paid => matches!(to, Confirmed | Cancelled | Rejected | PaymentFailed | Failed),
                Confirmed => matches!(to, Shipped | Cancelled | Returned),
                Shipped => matches!(to, Delivered | Returned),
                Delivered => matches!(to, Returned),
                Returned | Cancelled | Rejected | PaymentFailed | Failed => false,
            };
        if allowed { Ok(()) } else { Err(RefusedMove { from: self, to }) }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A move that an order's status does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub struct RefusedMove {
    /// Where the order is.
    pub from: Status,
    /// Where it should have gone.
    pub to: Status,
}

impl fmt::Display for RefusedMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match (self.from, self.to) {
            (Status::Shipped | Status::Delivered, Status::Cancelled) => "it has been shipped; it can be returned",
            (Status::Cancelled | Status::Returned, _) => "it is closed",
            (from, _) if from.is_refusal() => "it ended without a sale",
            (from, Status::Shipped | Status::Delivered | Status::Returned) if !from.is_final() => {
                "it is not confirmed yet"
            }
            (_, Status::Delivered) => "it has not been shipped",
            _ => "that is not the next step of its life",
        };
        write!(f, "the order is {} and cannot become {}: {why}", self.from, self.to)
    }
}

/// One row of an order's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    /// What the order became.
    pub status: Status,
    /// When.
    pub at: Timestamp,
    /// Why, in plain words, where it needs one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_are_guarded() {
        use Status::*;
        for (from, to, allowed) in [
            (Placed, Reserved, true),
            (Placed, Confirmed, true),
            (Reserved, Paid, true),
            (Paid, Confirmed, true),
            (Paid, Failed, true),
            (Confirmed, Shipped, true),
            (Confirmed, Confirmed, true),
            (Confirmed, Failed, false),
            (Confirmed, Paid, false),
            (Shipped, Cancelled, false),
            (Shipped, Returned, true),
            (Rejected, Confirmed, false),
            (Cancelled, Confirmed, false),
            (Placed, Shipped, false),
        ] {
            assert_eq!(from.check_move(to).is_ok(), allowed, "{from} -> {to}");
        }
        let refused = Shipped.check_move(Cancelled).unwrap_err().to_string();
        assert_eq!(
            refused,
            "the order is shipped and cannot become cancelled: it has been shipped; it can be returned"
        );
    }

    #[test]
    fn a_refusal_never_moves_on_and_every_name_reads_back() {
        for from in Status::ALL {
            assert_eq!(Status::from_name(from.name()), Some(from));
            for to in Status::ALL {
                if from.is_refusal() && from != to {
                    assert!(from.check_move(to).is_err(), "{from} -> {to}");
                }
            }
        }
    }

    #[test]
    fn each_document_has_its_own_words() {
        for (workflow, status, word) in [
            ("checkout", Status::Confirmed, "confirmed"),
            ("emag-orderflow", Status::Confirmed, "PAID"),
            ("emag-orderflow", Status::PaymentFailed, "PAYMENT_FAILED"),
            ("emag-orderflow", Status::Rejected, "REJECTED"),
            ("receipt-orders", Status::Placed, "PENDING"),
            ("receipt-orders", Status::Paid, "PENDING"),
            ("queued-orders", Status::Reserved, "PLACED"),
            ("queued-orders", Status::Shipped, "SHIPPED"),
            ("receipt-orders", Status::Confirmed, "COMPLETED"),
            ("receipt-orders", Status::PaymentFailed, "FAILED"),
            ("order-app", Status::Rejected, "CANCELLED_NO_STOCK"),
            ("confirmed-orders", Status::Rejected, "INVENTORY_FAILED"),
            ("confirmed-orders", Status::Confirmed, "CONFIRMED"),
            ("queued-orders", Status::Placed, "PLACED"),
            ("queued-orders", Status::Rejected, "FAILED"),
        ] {
            assert_eq!(status.word(workflow), word, "{workflow} {status}");
            assert!(Status::called(word).contains(&status), "{word}");
        }
        assert_eq!(Status::called("FAILED"), [Status::Rejected, Status::PaymentFailed, Status::Failed]);
        assert_eq!(Status::called("failed"), [Status::Failed]);
        assert_eq!(Status::called("no such word"), []);
    }
}
