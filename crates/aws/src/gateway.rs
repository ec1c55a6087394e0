//! A payment gateway that moves no money, over the data table. What it does is said by
//! [`adapter::gateway`]; it keeps books of its own there:
//!
//! | `pk` | `sk` | what |
//! | --- | --- | --- |
//! | `GATEWAY#{order id}` | `ACCOUNT` | all that was done for an order, changed on the condition of its `version` |
//! | `GATEWAY_KEY#{key}` | `KEY` | whose account the event of a key is in |
//! | `GATEWAY_TIMEOUT#{key}` | `KEY` | that the first authorisation of a key timed out |
//! | `GATEWAY` | `SWITCH` | whether the outage of `tok_unavailable` is over |

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use adapter::gateway::{self, Account, FailureRate, Ruling};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use order::{Money, OrderId, PaymentEvent};
use ports::{ChargeRequest, Clock, GatewayError, PaymentGateway, RefundRequest, StepError};
use serde::{Deserialize, Serialize};

use crate::data_table::{DataTable, Transaction, unavailable};
use crate::item;
use crate::pause::pause;
use crate::records::{Key, OrderBook};
use crate::write::Write;

/// How often a request is looked at again that meets another about the same order.
const MOST_ATTEMPTS: u32 = 8;

/// The longest first pause between two attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// [`PaymentGateway`] over DynamoDB. Cheap to clone.
#[derive(Clone)]
pub struct SimulatedGateway {
    data: DataTable,
    /// By workflow.
    rates: Arc<BTreeMap<String, FailureRate>>,
    clock: Arc<dyn Clock>,
}

/// An account as it is stored.
#[derive(Serialize, Deserialize)]
struct AccountRecord {
    pk: String,
    sk: String,
    version: i64,
    order_id: OrderId,
    #[serde(with = "item::document")]
    events: Vec<PaymentEvent>,
}

/// Whose account the event of a key is in.
#[derive(Deserialize)]
struct KeyRecord {
    order_id: OrderId,
}

/// Whether the outage is over.
#[derive(Serialize, Deserialize)]
struct SwitchRecord {
    unavailable_served: bool,
}

/// What a request finds in the books.
struct Found {
    /// The event of the request's own key.
    known: Option<PaymentEvent>,
    /// The account of the order that is charged, with its version.
    account: Option<(Account, i64)>,
}

impl Found {
    fn account(&self) -> Option<&Account> {
        self.account.as_ref().map(|(account, _)| account)
    }
}

impl SimulatedGateway {
    /// A gateway with its books in that data table, and failure rates by workflow.
    pub fn new(
        client: Client,
        data_table: impl Into<String>,
        rates: BTreeMap<String, FailureRate>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { data: DataTable::new(client, data_table), rates: Arc::new(rates), clock }
    }

    /// Whether `tok_unavailable` is answered like `tok_visa` from now on, as if an outage were over.
    ///
    /// # Errors
    ///
    /// `ServiceUnavailable` when DynamoDB does not answer.
    pub async fn set_unavailable_served(&self, served: bool) -> ports::Result<()> {
        let mut switch = item::from_record(&SwitchRecord { unavailable_served: served });
        switch.extend(switch_key().to_item());
        let request = self.data.client().put_item().table_name(self.data.name()).set_item(Some(switch));
        request.send().await.map(drop).map_err(unavailable)
    }

    /// Whether `tok_unavailable` is answered.
    ///
    /// # Errors
    ///
    /// `ServiceUnavailable` when DynamoDB does not answer.
    pub async fn unavailable_served(&self) -> ports::Result<bool> {
        let switch: Option<SwitchRecord> = self.data.get(&switch_key()).await?.map(item::to_record).transpose()?;
        Ok(switch.is_some_and(|switch| switch.unavailable_served))
    }

    /// Whether the order is among those that its workflow's failure rate declines.
    async fn is_unlucky(&self, id: &OrderId) -> ports::Result<bool> {
        if self.rates.is_empty() {
            return Ok(false);
        }
        // A request to a gateway does not say which workflow it comes from: the simulation looks it up.
        let Some(item) = self.data.get(&Key::order(id)).await? else { return Ok(false) };
        let (book, _) = OrderBook::from_item(item)?;
        Ok(self.rates.get(&book.order.placed.workflow).is_some_and(|rate| rate.declines(id)))
    }

    /// What the books have of a request under `key`, about the order or else about the charge.
    async fn find(&self, key: &str, about: About<'_>) -> ports::Result<Found> {
        let charge = match about {
            About::Order(_) => None,
            About::Charge(reference) => gateway::authorisation_key(reference),
        };
        let mut keys = self.data.get_all([key].into_iter().chain(charge).map(key_of)).await?;
        let mut owner = |key: &str| -> ports::Result<Option<OrderId>> {
            let record: Option<KeyRecord> = keys.remove(&key_of(key)).map(item::to_record).transpose()?;
            Ok(record.map(|record| record.order_id))
        };
        let known_of = owner(key)?;
        let charged = match (about, charge) {
            (About::Order(id), _) => Some(id.clone()),
            (About::Charge(_), Some(charge)) if charge != key => owner(charge)?,
            (About::Charge(_), _) => known_of.clone(),
        };
        let account = match &charged {
            Some(id) => self.account(id).await?,
            None => None,
        };
        let is_known = |event: &&PaymentEvent| event.key == key;
        let known = match known_of {
            None => None,
            // The key was used for another order.
            Some(id) if Some(&id) != charged.as_ref() => {
                self.account(&id).await?.and_then(|(account, _)| account.events.iter().find(is_known).cloned())
            }
            Some(_) => account.as_ref().and_then(|(account, _)| account.events.iter().find(is_known).cloned()),
        };
        Ok(Found { known, account })
    }

    async fn account(&self, id: &OrderId) -> ports::Result<Option<(Account, i64)>> {
        let record: Option<AccountRecord> = self.data.get(&account_key(id)).await?.map(item::to_record).transpose()?;
        Ok(record.map(|AccountRecord { order_id, events, version, .. }| (Account { order_id, events }, version)))
    }

    /// Writes an event into an account; whether nobody else did meanwhile.
    async fn enter(
        &self,
        order_id: &OrderId,
        account: Option<(Account, i64)>,
        event: &PaymentEvent,
    ) -> Result<bool, GatewayError> {
        let fresh = || Account { order_id: order_id.clone(), events: Vec::new() };
        let (mut account, version) = account.unwrap_or_else(|| (fresh(), 0));
        account.events.push(event.clone());
        let Key { pk, sk } = account_key(order_id);
        let (order_id, events) = (account.order_id, account.events);
        let record = item::from_record(&AccountRecord { pk, sk, version: version + 1, order_id, events });
        let owner = record["order_id"].clone();
        let account = match version {
            0 => Write::insert(self.data.name(), record),
            _ => Write::replace(self.data.name(), record, version),
        };
        let mut key = key_of(&event.key).to_item();
        key.insert("order_id".to_owned(), owner);
        let written = self.data.transact(&[account, Write::insert(self.data.name(), key)]).await.map_err(no_books)?;
        Ok(matches!(written, Transaction::Done))
    }

    /// Whether the key was never used for an authorisation that timed out.
    async fn is_first(&self, key: &str) -> Result<bool, GatewayError> {
        Ok(self.data.get(&timeout_key(key)).await.map_err(no_books)?.is_none())
    }

    async fn note_timeout(&self, key: &str) -> Result<(), GatewayError> {
        let request =
            self.data.client().put_item().table_name(self.data.name()).set_item(Some(timeout_key(key).to_item()));
        request.send().await.map(drop).map_err(|error| no_books(unavailable(error)))
    }
}

/// What a request is about.
#[derive(Clone, Copy)]
enum About<'a> {
    /// An order that is to be charged.
    Order(&'a OrderId),
    /// A charge by its reference.
    Charge(&'a str),
}

#[async_trait]
impl PaymentGateway for SimulatedGateway {
    async fn authorise(&self, request: &ChargeRequest) -> Result<PaymentEvent, GatewayError> {
        if gateway::reachable(&request.token, false).is_err() {
            gateway::reachable(&request.token, self.unavailable_served().await.map_err(no_books)?)?;
        }
        let unlucky = self.is_unlucky(&request.order_id).await.map_err(no_books)?;
        let first = gateway::times_out_first(&request.token) && self.is_first(&request.key).await?;
        for attempt in 1..=MOST_ATTEMPTS {
            let found = self.find(&request.key, About::Order(&request.order_id)).await.map_err(no_books)?;
            let ruling = gateway::authorise(request, found.known, unlucky, first, self.clock.now())?;
            match &ruling {
                Ruling::New(event) if !self.enter(&request.order_id, found.account, event).await? => {
                    pause(FIRST_PAUSE, attempt).await;
                    continue;
                }
                Ruling::TimedOut => self.note_timeout(&request.key).await?,
                Ruling::New(_) | Ruling::Known(_) => {}
            }
            return ruling.answer();
        }
        Err(busy())
    }

    async fn capture(&self, key: &str, reference: &str, amount: Money) -> Result<PaymentEvent, GatewayError> {
        for attempt in 1..=MOST_ATTEMPTS {
            let found = self.find(key, About::Charge(reference)).await.map_err(no_books)?;
            let wish = (key, reference, amount);
            let ruling = gateway::capture(wish, found.known.clone(), found.account(), self.clock.now())?;
            if self.settle(found, &ruling).await? {
                return ruling.answer();
            }
            pause(FIRST_PAUSE, attempt).await;
        }
        Err(busy())
    }

    async fn refund(&self, request: &RefundRequest) -> Result<PaymentEvent, GatewayError> {
        for attempt in 1..=MOST_ATTEMPTS {
            let found = self.find(&request.key, About::Charge(&request.reference)).await.map_err(no_books)?;
            let ruling = gateway::refund(request, found.known.clone(), found.account(), self.clock.now())?;
            if self.settle(found, &ruling).await? {
                return ruling.answer();
            }
            pause(FIRST_PAUSE, attempt).await;
        }
        Err(busy())
    }

    async fn events(&self, order_id: &OrderId) -> Result<Vec<PaymentEvent>, GatewayError> {
        let account = self.account(order_id).await.map_err(no_books)?;
        Ok(account.map(|(account, _)| account.events).unwrap_or_default())
    }
}

impl SimulatedGateway {
    /// Writes down what became of a charge, if it is new; whether it stands.
    async fn settle(&self, found: Found, ruling: &Ruling) -> Result<bool, GatewayError> {
        match (ruling, found.account) {
            (Ruling::New(event), Some((account, version))) => {
                let order_id = account.order_id.clone();
                self.enter(&order_id, Some((account, version)), event).await
            }
            _ => Ok(true),
        }
    }
}

fn account_key(id: &OrderId) -> Key {
    Key { pk: format!("{ACCOUNTS}{id}"), sk: "ACCOUNT".to_owned() }
}

/// What the partition keys of accounts begin with.
const ACCOUNTS: &str = "GATEWAY#";

/// The account in an item of the data table, if it is one.
pub(crate) fn account_of(item: &item::Item) -> ports::Result<Option<Account>> {
    let is_account =
        item.get("pk").and_then(|pk: &AttributeValue| pk.as_s().ok()).is_some_and(|pk| pk.starts_with(ACCOUNTS));
    if !is_account {
        return Ok(None);
    }
    let AccountRecord { order_id, events, .. } = item::to_record(item.clone())?;
    Ok(Some(Account { order_id, events }))
}

fn key_of(key: &str) -> Key {
    Key { pk: format!("GATEWAY_KEY#{key}"), sk: "KEY".to_owned() }
}

fn timeout_key(key: &str) -> Key {
    Key { pk: format!("GATEWAY_TIMEOUT#{key}"), sk: "KEY".to_owned() }
}

fn switch_key() -> Key {
    Key { pk: "GATEWAY".to_owned(), sk: "SWITCH".to_owned() }
}

/// The gateway cannot read or write its books: it is not known what happened.
fn no_books(error: StepError) -> GatewayError {
    GatewayError::Unavailable(error.message)
}

fn busy() -> GatewayError {
    GatewayError::Unavailable("too many ask about the same order at this moment".to_owned())
}
