//! A payment gateway that moves no money, for shops that are tried out and for tests.
//!
//! It keeps books of its own and behaves as a real one does: the same key is the same answer, an answer
//! outlives a crash, and what it does depends on the card's token alone, never on chance:
//!
//! | token | what happens |
//! | --- | --- |
//! | `tok_visa` | succeeds |
//! | `tok_declined`, `tok_insufficient_funds`, `tok_expired`, `tok_fraud` | refused with that reason |
//! | `tok_timeout` | the first authorisation of a key times out without any effect; the next succeeds |
//! | `tok_unavailable` | does not answer until [`SimulatedGateway::set_unavailable_served`] |
//! | any other | declined |
//!
//! A workflow may have a failure rate: that share of its orders, fixed by the order's id, is declined.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use adapter::identity;
use async_trait::async_trait;
use jiff::Timestamp;
use order::{Decline, Money, OrderId, PaymentEvent, PaymentEventKind};
use ports::{ChargeRequest, Clock, GatewayError, PaymentGateway, RefundRequest};
use rusqlite::Connection;
use store::{Store, WriteError};

use crate::fault;
use crate::sql::{all, execute, json_at, optional, to_json};

/// References begin with one of these; the rest is the key of the request that made them.
const CHARGE: &str = "ch_";
const REFUND: &str = "re_";

/// How many of a workflow's orders are declined.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureRate {
    /// The share, from 0 to 1.
    pub share: f64,
    /// Another seed declines other orders.
    pub seed: String,
}

/// The gateway. Clones share the switch and the books.
#[derive(Clone)]
pub struct SimulatedGateway {
    store: Store,
    clock: Arc<dyn Clock>,
    /// By workflow.
    rates: Arc<BTreeMap<String, FailureRate>>,
    unavailable_served: Arc<AtomicBool>,
}

impl SimulatedGateway {
    /// A gateway with its books in that store, and failure rates by workflow.
    pub fn new(store: Store, clock: Arc<dyn Clock>, rates: BTreeMap<String, FailureRate>) -> Self {
        Self { store, clock, rates: Arc::new(rates), unavailable_served: Arc::new(AtomicBool::new(false)) }
    }

    /// Whether `tok_unavailable` is answered like `tok_visa` from now on, as if an outage were over.
    pub fn set_unavailable_served(&self, served: bool) {
        self.unavailable_served.store(served, Ordering::Relaxed);
    }

    /// Whether `tok_unavailable` is answered.
    pub fn unavailable_served(&self) -> bool {
        self.unavailable_served.load(Ordering::Relaxed)
    }

    async fn write<F>(&self, job: F) -> Result<PaymentEvent, GatewayError>
    where
        F: FnOnce(&Connection) -> Result<Answer, Failure> + Send + 'static,
    {
        match self.store.write(job).await {
            Ok(Answer::Done(event)) => match event.kind {
                PaymentEventKind::Declined { reason } => Err(GatewayError::Declined { reason, event: Box::new(event) }),
                _ => Ok(event),
            },
            Ok(Answer::TimedOut) => Err(GatewayError::Unavailable("no answer in time".to_owned())),
            Err(WriteError::Refused(Failure::Invalid(why))) => Err(GatewayError::Invalid(why)),
            Err(WriteError::Refused(Failure::Books(error))) => Err(GatewayError::Unavailable(error.to_string())),
            Err(error) => Err(GatewayError::Unavailable(error.to_string())),
        }
    }
}

/// What the gateway makes of a request. Kept even when it is a refusal or a time-out: the next request of
/// the same key depends on it.
enum Answer {
    Done(PaymentEvent),
    TimedOut,
}

/// Why it makes nothing of it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Books(#[from] rusqlite::Error),
}

impl Failure {
    fn invalid(why: impl Into<String>) -> Self {
        Self::Invalid(why.into())
    }
}

#[async_trait]
impl PaymentGateway for SimulatedGateway {
    async fn authorise(&self, request: &ChargeRequest) -> Result<PaymentEvent, GatewayError> {
        if request.token == "tok_unavailable" && !self.unavailable_served() {
            return Err(GatewayError::Unavailable("the connection was refused".to_owned()));
        }
        let (request, rates, at) = (request.clone(), self.rates.clone(), self.clock.now());
        self.write(move |books| authorise(books, &request, &rates, at)).await
    }

    async fn capture(&self, key: &str, reference: &str, amount: Money) -> Result<PaymentEvent, GatewayError> {
        let (key, reference, at) = (key.to_owned(), reference.to_owned(), self.clock.now());
        self.write(move |books| capture(books, key, reference, amount, at)).await
    }

    async fn refund(&self, request: &RefundRequest) -> Result<PaymentEvent, GatewayError> {
        let (request, at) = (request.clone(), self.clock.now());
        self.write(move |books| refund(books, &request, at)).await
    }

    async fn events(&self, order_id: &OrderId) -> Result<Vec<PaymentEvent>, GatewayError> {
        self.store
            .read_blocking(|books| of_order(books, order_id.as_str()))
            .map_err(|error| GatewayError::Unavailable(fault::read(error).message))
    }
}

fn authorise(
    books: &Connection,
    request: &ChargeRequest,
    rates: &BTreeMap<String, FailureRate>,
    at: Timestamp,
) -> Result<Answer, Failure> {
    positive(request.amount)?;
    if let Some(known) = same_key(books, &request.key, request.amount)? {
        return Ok(Answer::Done(known));
    }
    let kind = match refusal(books, request, rates)? {
        Some(reason) => PaymentEventKind::Declined { reason },
        None => PaymentEventKind::Authorised,
    };
    // The key is new to this table exactly when this is the first call of it.
    if request.token == "tok_timeout"
        && execute(books, "INSERT INTO gateway_timeouts (key) VALUES (?1) ON CONFLICT DO NOTHING", [&request.key])? == 1
    {
        return Ok(Answer::TimedOut);
    }
    let reference = format!("{CHARGE}{}", request.key);
    enter(
        books,
        request.order_id.as_str(),
        PaymentEvent { kind, amount: request.amount, key: request.key.clone(), reference, at },
    )
}

fn refusal(
    books: &Connection,
    request: &ChargeRequest,
    rates: &BTreeMap<String, FailureRate>,
) -> rusqlite::Result<Option<Decline>> {
    Ok(match request.token.as_str() {
        "tok_visa" | "tok_timeout" | "tok_unavailable" => {
            unlucky(books, &request.order_id, rates)?.then_some(Decline::Declined)
        }
        "tok_insufficient_funds" => Some(Decline::InsufficientFunds),
        "tok_expired" => Some(Decline::Expired),
        "tok_fraud" => Some(Decline::Fraud),
        _ => Some(Decline::Declined),
    })
}

fn unlucky(books: &Connection, id: &OrderId, rates: &BTreeMap<String, FailureRate>) -> rusqlite::Result<bool> {
    if rates.is_empty() {
        return Ok(false);
    }
    // A request to a gateway does not say which workflow it comes from: the simulation looks it up.
    let workflow: Option<String> =
        optional(books, "SELECT workflow FROM orders WHERE id = ?1", [id.as_str()], |row| row.get(0))?;
    let rate = workflow.and_then(|workflow| rates.get(&workflow));
    Ok(rate.is_some_and(|rate| identity::fraction(&["decline", &rate.seed, id.as_str()]) < rate.share))
}

fn capture(
    books: &Connection,
    key: String,
    reference: String,
    amount: Money,
    at: Timestamp,
) -> Result<Answer, Failure> {
    positive(amount)?;
    if let Some(known) = same_key(books, &key, amount)? {
        return Ok(Answer::Done(known));
    }
    let (order_id, authorised) = authorisation(books, &reference)?;
    let taken = total(books, &order_id, &reference, PaymentEventKind::Captured)?;
    if authorised.currency() != amount.currency() || taken + amount.minor() > authorised.minor() {
        return Err(Failure::invalid("more than what was set aside cannot be taken"));
    }
    enter(books, &order_id, PaymentEvent { kind: PaymentEventKind::Captured, amount, key, reference, at })
}

fn refund(books: &Connection, request: &RefundRequest, at: Timestamp) -> Result<Answer, Failure> {
    let RefundRequest { key, order_id, reference, amount } = request;
    positive(*amount)?;
    if let Some(known) = same_key(books, key, *amount)? {
        return Ok(Answer::Done(known));
    }
    let (charged, authorised) = authorisation(books, reference)?;
    if charged != order_id.as_str() {
        return Err(Failure::invalid("that charge is another order's"));
    }
    let taken = total(books, &charged, reference, PaymentEventKind::Captured)?;
    let given_back = all_refunds(books, &charged)?;
    if authorised.currency() != amount.currency() || given_back + amount.minor() > taken {
        return Err(Failure::invalid("more than what was taken cannot be given back"));
    }
    let reference = format!("{REFUND}{key}");
    let kind = PaymentEventKind::Refunded;
    enter(books, &charged, PaymentEvent { kind, amount: *amount, key: key.clone(), reference, at })
}

fn positive(amount: Money) -> Result<(), Failure> {
    if amount.minor() > 0 { Ok(()) } else { Err(Failure::invalid("the amount must be more than nothing")) }
}

/// The event of that key, if it was used before; for another amount it is an error, as with real ones.
fn same_key(books: &Connection, key: &str, amount: Money) -> Result<Option<PaymentEvent>, Failure> {
    let known: Option<PaymentEvent> =
        optional(books, "SELECT event FROM gateway_events WHERE key = ?1", [key], |row| json_at(row, 0))?;
    match known {
        Some(event) if event.amount != amount => Err(Failure::invalid("the key was used with another amount")),
        known => Ok(known),
    }
}

/// Whose charge it is and how much was set aside.
fn authorisation(books: &Connection, reference: &str) -> Result<(String, Money), Failure> {
    let unknown = || Failure::invalid("there is no such charge");
    let key = reference.strip_prefix(CHARGE).ok_or_else(unknown)?;
    let found: Option<(String, PaymentEvent)> =
        optional(books, "SELECT order_id, event FROM gateway_events WHERE key = ?1", [key], |row| {
            Ok((row.get(0)?, json_at(row, 1)?))
        })?;
    match found {
        Some((order_id, event)) if event.kind == PaymentEventKind::Authorised => Ok((order_id, event.amount)),
        _ => Err(unknown()),
    }
}

fn total(books: &Connection, order_id: &str, reference: &str, kind: PaymentEventKind) -> rusqlite::Result<i64> {
    let events = of_order(books, order_id)?;
    let counted = events.iter().filter(|event| event.kind == kind && event.reference == reference);
    Ok(counted.map(|event| event.amount.minor()).sum())
}

fn all_refunds(books: &Connection, order_id: &str) -> rusqlite::Result<i64> {
    let events = of_order(books, order_id)?;
    let counted = events.iter().filter(|event| event.kind == PaymentEventKind::Refunded);
    Ok(counted.map(|event| event.amount.minor()).sum())
}

/// All that was done for an order, oldest first.
pub(crate) fn of_order(books: &Connection, order_id: &str) -> rusqlite::Result<Vec<PaymentEvent>> {
    const SQL: &str = "SELECT event FROM gateway_events WHERE order_id = ?1 ORDER BY sequence";
    all(books, SQL, [order_id], |row| json_at(row, 0))
}

fn enter(books: &Connection, order_id: &str, event: PaymentEvent) -> Result<Answer, Failure> {
    execute(
        books,
        "INSERT INTO gateway_events (key, order_id, event) VALUES (?1, ?2, ?3)",
        (&event.key, order_id, to_json(&event)),
    )?;
    Ok(Answer::Done(event))
}
