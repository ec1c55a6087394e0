use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Money;

/// What a payment provider told us. The list of them *is* the payment; amounts are folded from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEvent {
    /// What happened.
    #[serde(flatten)]
    pub kind: PaymentEventKind,
    /// How much it was about.
    pub amount: Money,
    /// The idempotency key of the request: the same key is the same event.
    pub key: String,
    /// The provider's own reference.
    pub reference: String,
    /// When.
    pub at: Timestamp,
}

/// The kinds of payment event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PaymentEventKind {
    /// The money is set aside for us.
    Authorised,
    /// The money is ours.
    Captured,
    /// The provider refused.
    Declined {
        /// Why.
        reason: Decline,
    },
    /// Some or all of it went back.
    Refunded,
}

/// Why a provider refused a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// The issuer gives no reason.
    Declined,
    /// Not enough money on the account.
    InsufficientFunds,
    /// The card has expired.
    Expired,
    /// Suspected fraud.
    Fraud,
}

impl Decline {
    /// In plain words, as the customer reads it.
    pub fn words(self) -> &'static str {
        match self {
            Decline::Declined => "the card was declined",
            Decline::InsufficientFunds => "the card has insufficient funds",
            Decline::Expired => "the card has expired",
            Decline::Fraud => "the payment was refused as suspected fraud",
        }
    }
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing was asked for yet.
    None,
    /// Refused.
    Declined,
    /// Set aside, not taken.
    Authorised,
    /// Taken.
    Paid,
    /// Some of it went back.
    PartiallyRefunded,
    /// All of it went back.
    Refunded,
}

/// The fold of a payment's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Where it stands.
    pub status: PaymentStatus,
    /// Minor units set aside.
    pub authorised: i64,
    /// Minor units taken.
    pub captured: i64,
    /// Minor units given back.
    pub refunded: i64,
    /// Why it was refused, if it was and nothing was taken since.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decline: Option<Decline>,
}

impl Payment {
    /// Folds the events, oldest first. Events of a repeated key count once.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a PaymentEvent>) -> Payment {
        let mut payment =
            Payment { status: PaymentStatus::None, authorised: 0, captured: 0, refunded: 0, decline: None };
        let mut seen: Vec<&str> = Vec::new();
        for event in events {
            if seen.contains(&event.key.as_str()) {
                continue;
            }
            seen.push(&event.key);
            match event.kind {
                PaymentEventKind::Authorised => payment.authorised += event.amount.minor(),
                PaymentEventKind::Captured => payment.captured += event.amount.minor(),
                PaymentEventKind::Refunded => payment.refunded += event.amount.minor(),
                PaymentEventKind::Declined { reason } => payment.decline = Some(reason),
            }
        }
        payment.status = if payment.captured > 0 {
            match payment.refunded {
                0 => PaymentStatus::Paid,
                refunded if refunded < payment.captured => PaymentStatus::PartiallyRefunded,
                _ => PaymentStatus::Refunded,
            }
        } else if payment.authorised > 0 {
            PaymentStatus::Authorised
        } else if payment.decline.is_some() {
            PaymentStatus::Declined
        } else {
            PaymentStatus::None
        };
        if payment.authorised > 0 {
            payment.decline = None;
        }
        payment
    }

    /// Minor units that are ours: taken and not given back.
    pub fn kept(self) -> i64 {
        self.captured - self.refunded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    fn event(kind: PaymentEventKind, minor: i64, key: &str) -> PaymentEvent {
        PaymentEvent {
            kind,
            amount: Money::new(minor, Currency::parse("USD").unwrap()),
            key: key.into(),
            reference: "ch_1".into(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn amounts_are_folded_from_the_events() {
        use PaymentEventKind::*;
        let declined = Declined { reason: Decline::Expired };
        for (events, status, kept) in [
            (vec![], PaymentStatus::None, 0),
            (vec![event(declined, 100, "a")], PaymentStatus::Declined, 0),
            (vec![event(Authorised, 100, "a")], PaymentStatus::Authorised, 0),
            (vec![event(Authorised, 100, "a"), event(Captured, 100, "b")], PaymentStatus::Paid, 100),
            (vec![event(Captured, 100, "b"), event(Captured, 100, "b")], PaymentStatus::Paid, 100),
            (vec![event(Captured, 100, "b"), event(Refunded, 30, "c")], PaymentStatus::PartiallyRefunded, 70),
            (vec![event(Captured, 100, "b"), event(Refunded, 100, "c")], PaymentStatus::Refunded, 0),
            (
                vec![event(declined, 100, "a"), event(Authorised, 100, "d"), event(Captured, 100, "b")],
                PaymentStatus::Paid,
                100,
            ),
        ] {
            let payment = Payment::fold(&events);
            assert_eq!((payment.status, payment.kept()), (status, kept), "{events:?}");
        }
    }

    #[test]
    fn an_event_is_flat_json() {
        let json = serde_json::to_value(event(PaymentEventKind::Declined { reason: Decline::Fraud }, 5, "k")).unwrap();
        assert_eq!(json["event"], "declined");
        assert_eq!(json["reason"], "fraud");
    }
}
