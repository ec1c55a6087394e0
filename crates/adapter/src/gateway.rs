//! The rules of a payment gateway that moves no money, for shops that are tried out and for tests.
//!
//! It behaves as a real one does: the same key is the same answer, and what it does depends on the card's
//! token alone, never on chance:
//!
//! | token | what happens |
//! | --- | --- |
//! | `tok_visa` | succeeds |
//! | `tok_declined`, `tok_insufficient_funds`, `tok_expired`, `tok_fraud` | refused with that reason |
//! | `tok_timeout` | the first authorisation of a key times out without any effect; the next succeeds |
//! | `tok_unavailable` | does not answer until it is said that it does |
//! | any other | declined |
//!
//! A workflow may have a failure rate: that share of its orders, fixed by the order's id, is declined.
//! Whoever keeps the books looks up what a rule needs and writes down what it says.

use jiff::Timestamp;
use order::{Decline, Money, OrderId, PaymentEvent, PaymentEventKind};
use ports::{ChargeRequest, GatewayError, RefundRequest};

use crate::identity;

/// References begin with one of these; the rest is the key of the request that made them.
const CHARGE: &str = "ch_";
const REFUND: &str = "re_";

/// The token of cards that an outage makes unanswerable.
const UNAVAILABLE: &str = "tok_unavailable";

/// The token of cards whose first authorisation times out.
const TIMEOUT: &str = "tok_timeout";

/// How many of a workflow's orders are declined.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureRate {
    /// The share, from 0 to 1.
    pub share: f64,
    /// Another seed declines other orders.
    pub seed: String,
}

impl FailureRate {
    /// Whether that order is among those that are declined.
    pub fn declines(&self, id: &OrderId) -> bool {
        identity::fraction(&["decline", &self.seed, id.as_str()]) < self.share
    }
}

/// What the gateway makes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// This happens, and is to be written down.
    New(PaymentEvent),
    /// This happened already: the same key is the same answer.
    Known(PaymentEvent),
    /// No answer comes in time. That the key was used is to be written down.
    TimedOut,
}

impl Ruling {
    /// What the caller is told.
    ///
    /// # Errors
    ///
    /// A refusal, or that no answer came.
    pub fn answer(self) -> Result<PaymentEvent, GatewayError> {
        match self {
            Ruling::New(event) | Ruling::Known(event) => match event.kind {
                PaymentEventKind::Declined { reason } => Err(GatewayError::Declined { reason, event: Box::new(event) }),
                _ => Ok(event),
            },
            Ruling::TimedOut => Err(GatewayError::Unavailable("no answer in time".to_owned())),
        }
    }
}

/// All that the gateway did for an order, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub order_id: OrderId,
    /// What was done.
    pub events: Vec<PaymentEvent>,
}

/// Whether the gateway can be reached with that card; `served` when the outage of some is over.
///
/// # Errors
///
/// `Unavailable` when it cannot.
pub fn reachable(token: &str, served: bool) -> Result<(), GatewayError> {
    if token == UNAVAILABLE && !served {
        return Err(GatewayError::Unavailable("the connection was refused".to_owned()));
    }
    Ok(())
}

/// Whether the first authorisation with that card times out.
pub fn times_out_first(token: &str) -> bool {
    token == TIMEOUT
}

/// Sets money aside. `known` is what happened under the key; `unlucky` says that the order's workflow has a
/// failure rate that declines it; `first` that the key was never used before.
///
/// # Errors
///
/// `Invalid` when the request makes no sense.
pub fn authorise(
    request: &ChargeRequest,
    known: Option<PaymentEvent>,
    unlucky: bool,
    first: bool,
    at: Timestamp,
) -> Result<Ruling, GatewayError> {
    if let Some(known) = same_key(request.amount, known)? {
        return Ok(known);
    }
    let kind = match refusal(&request.token, unlucky) {
        Some(reason) => PaymentEventKind::Declined { reason },
        None => PaymentEventKind::Authorised,
    };
    if times_out_first(&request.token) && first {
        return Ok(Ruling::TimedOut);
    }
    let (key, reference) = (request.key.clone(), format!("{CHARGE}{}", request.key));
    Ok(Ruling::New(PaymentEvent { kind, amount: request.amount, key, reference, at }))
}

fn refusal(token: &str, unlucky: bool) -> Option<Decline> {
    match token {
        "tok_visa" | TIMEOUT | UNAVAILABLE => unlucky.then_some(Decline::Declined),
        "tok_insufficient_funds" => Some(Decline::InsufficientFunds),
        "tok_expired" => Some(Decline::Expired),
        "tok_fraud" => Some(Decline::Fraud),
        _ => Some(Decline::Declined),
    }
}

/// The key of the authorisation that a reference is of; nothing when it is of none.
pub fn authorisation_key(reference: &str) -> Option<&str> {
    reference.strip_prefix(CHARGE)
}

/// Takes money that was set aside. `known` is what happened under the key; `account` is that of the order
/// whose authorisation has the [`authorisation_key`] of the reference, if there is one.
///
/// # Errors
///
/// `Invalid` when the request makes no sense.
pub fn capture(
    (key, reference, amount): (&str, &str, Money),
    known: Option<PaymentEvent>,
    account: Option<&Account>,
    at: Timestamp,
) -> Result<Ruling, GatewayError> {
    if let Some(known) = same_key(amount, known)? {
        return Ok(known);
    }
    let (account, set_aside) = set_aside(reference, account)?;
    let taken = total(account, PaymentEventKind::Captured, Some(reference));
    if set_aside.currency() != amount.currency() || taken + amount.minor() > set_aside.minor() {
        return Err(invalid("more than what was set aside cannot be taken"));
    }
    let (key, reference) = (key.to_owned(), reference.to_owned());
    Ok(Ruling::New(PaymentEvent { kind: PaymentEventKind::Captured, amount, key, reference, at }))
}

/// Gives back some or all of what was taken. `known` and `account` are as in [`capture`].
///
/// # Errors
///
/// `Invalid` when the request makes no sense.
pub fn refund(
    request: &RefundRequest,
    known: Option<PaymentEvent>,
    account: Option<&Account>,
    at: Timestamp,
) -> Result<Ruling, GatewayError> {
    let RefundRequest { key, order_id, reference, amount } = request;
    if let Some(known) = same_key(*amount, known)? {
        return Ok(known);
    }
    let (account, set_aside) = set_aside(reference, account)?;
    if account.order_id != *order_id {
        return Err(invalid("that charge is another order's"));
    }
    let taken = total(account, PaymentEventKind::Captured, Some(reference));
    let given_back = total(account, PaymentEventKind::Refunded, None);
    if set_aside.currency() != amount.currency() || given_back + amount.minor() > taken {
        return Err(invalid("more than what was taken cannot be given back"));
    }
    let (kind, reference) = (PaymentEventKind::Refunded, format!("{REFUND}{key}"));
    Ok(Ruling::New(PaymentEvent { kind, amount: *amount, key: key.clone(), reference, at }))
}

fn invalid(why: &str) -> GatewayError {
    GatewayError::Invalid(why.to_owned())
}

/// What happened under the key; for another amount it is an error, as with real gateways.
fn same_key(amount: Money, known: Option<PaymentEvent>) -> Result<Option<Ruling>, GatewayError> {
    if amount.minor() <= 0 {
        return Err(invalid("the amount must be more than nothing"));
    }
    match known {
        Some(event) if event.amount != amount => Err(invalid("the key was used with another amount")),
        known => Ok(known.map(Ruling::Known)),
    }
}

/// Whose charge it is and how much was set aside.
fn set_aside<'a>(reference: &str, account: Option<&'a Account>) -> Result<(&'a Account, Money), GatewayError> {
    let key = authorisation_key(reference);
    let of_charge = |event: &&PaymentEvent| event.kind == PaymentEventKind::Authorised && Some(&*event.key) == key;
    let found = account.and_then(|account| Some((account, account.events.iter().find(of_charge)?.amount)));
    found.ok_or_else(|| invalid("there is no such charge"))
}

/// The sum of an account's events of a kind; only those under a reference, where one is given.
fn total(account: &Account, kind: PaymentEventKind, reference: Option<&str>) -> i64 {
    let fits =
        |event: &&PaymentEvent| event.kind == kind && reference.is_none_or(|reference| event.reference == reference);
    account.events.iter().filter(fits).map(|event| event.amount.minor()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_rate_declines_its_share_and_always_the_same_orders() {
        let rate = FailureRate { share: 0.2, seed: "order-app".into() };
        let id = |number: usize| OrderId::parse(format!("O-{number}")).unwrap();
        let declined = (0..10_000).filter(|number| rate.declines(&id(*number))).count();
        assert!((1_800..2_200).contains(&declined), "{declined}");
        assert_eq!(rate.declines(&id(1)), rate.clone().declines(&id(1)));
    }
}
