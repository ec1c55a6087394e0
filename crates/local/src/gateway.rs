//! A payment gateway that moves no money, over the store. What it does is said by [`adapter::gateway`]; it
//! keeps books of its own, so an answer outlives a crash.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use adapter::gateway::{self, Account, FailureRate, Ruling};
use async_trait::async_trait;
use jiff::Timestamp;
use order::{Money, OrderId, PaymentEvent};
use ports::{ChargeRequest, Clock, GatewayError, PaymentGateway, RefundRequest};
use rusqlite::Connection;
use store::{Store, WriteError};

use crate::fault;
use crate::sql::{all, checked_at, execute, json_at, optional, to_json};

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
        F: FnOnce(&Connection) -> Result<Ruling, Failure> + Send + 'static,
    {
        match self.store.write(job).await {
            Ok(ruling) => ruling.answer(),
            Err(WriteError::Refused(Failure::Refused(refusal))) => Err(refusal),
            Err(WriteError::Refused(Failure::Books(error))) => Err(GatewayError::Unavailable(error.to_string())),
            Err(error) => Err(GatewayError::Unavailable(error.to_string())),
        }
    }
}

/// Why the gateway makes nothing of a request.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Refused(#[from] GatewayError),
    #[error(transparent)]
    Books(#[from] rusqlite::Error),
}

#[async_trait]
impl PaymentGateway for SimulatedGateway {
    async fn authorise(&self, request: &ChargeRequest) -> Result<PaymentEvent, GatewayError> {
        gateway::reachable(&request.token, self.unavailable_served())?;
        let (request, rates, at) = (request.clone(), self.rates.clone(), self.clock.now());
        self.write(move |books| authorise(books, &request, &rates, at)).await
    }

    async fn capture(&self, key: &str, reference: &str, amount: Money) -> Result<PaymentEvent, GatewayError> {
        let (key, reference, at) = (key.to_owned(), reference.to_owned(), self.clock.now());
        self.write(move |books| capture(books, (&key, &reference, amount), at)).await
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
) -> Result<Ruling, Failure> {
    let known = of_key(books, &request.key)?;
    let first = gateway::times_out_first(&request.token) && is_first(books, &request.key)?;
    let unlucky = known.is_none() && unlucky(books, &request.order_id, rates)?;
    let ruling = gateway::authorise(request, known, unlucky, first, at)?;
    match &ruling {
        Ruling::New(event) => enter(books, &request.order_id, event)?,
        Ruling::TimedOut => note_timeout(books, &request.key)?,
        Ruling::Known(_) => {}
    }
    Ok(ruling)
}

fn unlucky(books: &Connection, id: &OrderId, rates: &BTreeMap<String, FailureRate>) -> rusqlite::Result<bool> {
    if rates.is_empty() {
        return Ok(false);
    }
    // A request to a gateway does not say which workflow it comes from: the simulation looks it up.
    let workflow: Option<String> =
        optional(books, "SELECT workflow FROM orders WHERE id = ?1", [id.as_str()], |row| row.get(0))?;
    Ok(workflow.and_then(|workflow| rates.get(&workflow)).is_some_and(|rate| rate.declines(id)))
}

fn is_first(books: &Connection, key: &str) -> rusqlite::Result<bool> {
    let noted = optional(books, "SELECT 1 FROM gateway_timeouts WHERE key = ?1", [key], |_| Ok(()))?;
    Ok(noted.is_none())
}

fn note_timeout(books: &Connection, key: &str) -> rusqlite::Result<()> {
    execute(books, "INSERT INTO gateway_timeouts (key) VALUES (?1)", [key])?;
    Ok(())
}

fn capture(books: &Connection, wish: (&str, &str, Money), at: Timestamp) -> Result<Ruling, Failure> {
    let (known, account) = (of_key(books, wish.0)?, charged(books, wish.1)?);
    let ruling = gateway::capture(wish, known, account.as_ref(), at)?;
    if let (Ruling::New(event), Some(account)) = (&ruling, account) {
        enter(books, &account.order_id, event)?;
    }
    Ok(ruling)
}

fn refund(books: &Connection, request: &RefundRequest, at: Timestamp) -> Result<Ruling, Failure> {
    let (known, account) = (of_key(books, &request.key)?, charged(books, &request.reference)?);
    let ruling = gateway::refund(request, known, account.as_ref(), at)?;
    if let Ruling::New(event) = &ruling {
        enter(books, &request.order_id, event)?;
    }
    Ok(ruling)
}

/// What happened under a key.
fn of_key(books: &Connection, key: &str) -> rusqlite::Result<Option<PaymentEvent>> {
    optional(books, "SELECT event FROM gateway_events WHERE key = ?1", [key], |row| json_at(row, 0))
}

/// The account of the order that was charged under a reference.
fn charged(books: &Connection, reference: &str) -> rusqlite::Result<Option<Account>> {
    let Some(key) = gateway::authorisation_key(reference) else { return Ok(None) };
    let order_id: Option<OrderId> =
        optional(books, "SELECT order_id FROM gateway_events WHERE key = ?1", [key], |row| checked_at(row, 0))?;
    let account = |order_id: OrderId| Ok(Account { events: of_order(books, order_id.as_str())?, order_id });
    order_id.map(account).transpose()
}

/// All that was done for an order, oldest first.
pub(crate) fn of_order(books: &Connection, order_id: &str) -> rusqlite::Result<Vec<PaymentEvent>> {
    const SQL: &str = "SELECT event FROM gateway_events WHERE order_id = ?1 ORDER BY sequence";
    all(books, SQL, [order_id], |row| json_at(row, 0))
}

fn enter(books: &Connection, order_id: &OrderId, event: &PaymentEvent) -> rusqlite::Result<()> {
    execute(
        books,
        "INSERT INTO gateway_events (key, order_id, event) VALUES (?1, ?2, ?3)",
        (&event.key, order_id.as_str(), to_json(event)),
    )?;
    Ok(())
}
