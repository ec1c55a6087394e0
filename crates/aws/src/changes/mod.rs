//! The one place that applies changes.
//!
//! Applying is read, decide, write: what the changes are about is read, they are carried out on a copy
//! ([`books`]), and whatever is different then is written in one transaction, on the condition that it still
//! is as it was read. When a condition no longer holds it begins anew, so that a change that lost its race
//! is either done after all or refused under its own name.

mod books;
mod catalog;
mod messages;
mod orders;
mod reading;
pub(crate) mod shelf;
mod stock;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use order::Invalid;
use ports::{Change, Clock, Result, StepError, Writer};

use crate::data_table::{DataTable, Transaction};
use crate::pause::pause;
use crate::sequence::Sequence;
use crate::shards;
use crate::write::Write;
use books::{Books, Scattered};
use reading::Reading;

pub(crate) use books::total;

/// The most lines of an order. DynamoDB takes [100 actions in one transaction][limits]; a line needs two of
/// them, its counters and its ledger entry, and 12 are for the order itself, its workflow's table, its key
/// and what it tells the world.
///
/// [limits]: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
pub const MAX_LINES: usize = 44;

/// The most actions of a transaction.
const MOST_ACTIONS: usize = 100;

/// How often changes are tried that meet others. With the pauses between, some ten seconds.
const MOST_ATTEMPTS: u32 = 24;

/// The longest first pause between two attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The tables of a workflow.
#[derive(Debug, Clone)]
pub struct TableNames {
    /// The data table.
    pub data: String,
    /// The workflow's outbox.
    pub outbox: String,
    /// By workflow, the table that shows its orders, each as [`ports::image`] makes it.
    pub streamed: BTreeMap<String, String>,
}

/// Where messages can go. A message elsewhere is refused.
#[derive(Debug, Clone, Default)]
pub struct Destinations {
    /// The topics by name.
    pub topics: BTreeSet<String>,
    /// The queues by name.
    pub queues: BTreeSet<String>,
}

/// Applies changes: all of a step's in one transaction, or none. Cheap to clone.
#[derive(Clone)]
pub struct Applier {
    data: DataTable,
    tables: Arc<TableNames>,
    destinations: Arc<Destinations>,
    stock_shards: u32,
    clock: Arc<dyn Clock>,
    sequence: Arc<Sequence>,
}

/// What the changes are carried out by.
pub(super) struct Rules<'a> {
    pub(super) tables: &'a TableNames,
    pub(super) destinations: &'a Destinations,
    /// Over how many shards a new product's stock is spread.
    pub(super) stock_shards: u32,
    pub(super) clock: &'a dyn Clock,
}

impl Applier {
    /// An applier over those tables. The stock of new products is spread over so many shards, at least one.
    pub fn new(
        client: Client,
        tables: TableNames,
        destinations: Destinations,
        stock_shards: u32,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            data: DataTable::new(client, tables.data.clone()),
            tables: Arc::new(tables),
            destinations: Arc::new(destinations),
            stock_shards: stock_shards.clamp(1, shards::MOST_SHARDS),
            clock,
            sequence: Arc::default(),
        }
    }

    /// Applies the changes of one step, all of them or none.
    ///
    /// A catalogue may be longer than a transaction can be. When the changes are nothing but products with
    /// their first or counted stock and customers, each by itself, they go in as many transactions as it
    /// takes: what is refused is refused before any of them, and after an outage they may be applied again.
    ///
    /// # Errors
    ///
    /// As [`Change`] says of each. `InvalidRequest` when they are more than one transaction takes;
    /// `ServiceUnavailable` when DynamoDB does not answer or too many others change the same all the time.
    pub async fn apply(&self, changes: &[Change]) -> Result<()> {
        let Applied::Not { actions } = self.apply_at_once(changes).await? else { return Ok(()) };
        let (first, second) = catalog::halves(changes).ok_or_else(|| too_many(actions))?;
        Box::pin(self.apply(first)).await?;
        Box::pin(self.apply(second)).await
    }

    /// Applies changes in one transaction, if they fit one.
    async fn apply_at_once(&self, changes: &[Change]) -> Result<Applied> {
        // The messages of these changes that turned out to be in the outbox already.
        let mut sent = BTreeSet::new();
        let mut reading = Reading::Each;
        for attempt in 1..=MOST_ATTEMPTS {
            let Some(books) = reading::read(&self.data, changes, reading).await? else {
                pause(FIRST_PAUSE, attempt).await;
                continue;
            };
            let books = match self.carry_out(changes, books) {
                Ok(books) => books,
                // What was read one by one may never have been so at one moment: it is looked at again.
                Err(_) if reading == Reading::Each => {
                    reading = Reading::AtOnce;
                    continue;
                }
                Err(refusal) => return Err(refusal),
            };
            reading = Reading::Each;
            let (scattered, stock_actions) = (books.scattered.clone(), books.stock_actions());
            let writes = books.writes(&self.tables, &sent, &self.sequence);
            if writes.len() > MOST_ACTIONS || stock_actions > 2 * MAX_LINES {
                if scattered.is_empty() && writes.len() > MOST_ACTIONS {
                    return Ok(Applied::Not { actions: writes.len() });
                }
                for Scattered { sku, home, units } in &scattered {
                    shards::gather(&self.data, sku, *home, *units).await?;
                }
                if !scattered.is_empty() {
                    continue;
                }
            }
            match self.commit(&writes).await? {
                Committed::Done => return Ok(Applied::Done),
                Committed::Sent(keys) => sent.extend(keys),
                Committed::Lost => pause(FIRST_PAUSE, attempt).await,
            }
        }
        Err(StepError::unavailable("too many change the same at this moment; ask again"))
    }

    pub(crate) fn data(&self) -> &DataTable {
        &self.data
    }

    /// Carries the changes out on a copy of the books.
    fn carry_out(&self, changes: &[Change], mut books: Books) -> Result<Books> {
        let rules = Rules {
            tables: &self.tables,
            destinations: &self.destinations,
            stock_shards: self.stock_shards,
            clock: &*self.clock,
        };
        changes.iter().try_for_each(|change| carry_out(&mut books, change, &rules))?;
        Ok(books)
    }

    /// Writes all or nothing.
    async fn commit(&self, writes: &[Write]) -> Result<Committed> {
        if writes.is_empty() {
            return Ok(Committed::Done);
        }
        let reasons = match self.data.transact(writes).await? {
            Transaction::Done => return Ok(Committed::Done),
            Transaction::Cancelled(reasons) => reasons,
        };
        let mut sent = Vec::new();
        let mut lost = false;
        for (write, code) in writes.iter().zip(&reasons) {
            match (code.as_str(), write.message_key(&self.tables.outbox)) {
                ("None", _) => {}
                ("ConditionalCheckFailed", Some(key)) => sent.push(key.to_owned()),
                (
                    "ConditionalCheckFailed"
                    | "TransactionConflict"
                    | "ThrottlingError"
                    | "ProvisionedThroughputExceeded",
                    _,
                ) => lost = true,
                (code, _) => {
                    return Err(StepError::unavailable(format_args!("DynamoDB refused the transaction: {code}")));
                }
            }
        }
        Ok(if lost || sent.is_empty() { Committed::Lost } else { Committed::Sent(sent) })
    }
}

#[async_trait]
impl Writer for Applier {
    async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        Self::apply(self, &changes).await
    }
}

/// What came of changes that were to be applied in one transaction.
enum Applied {
    /// They are applied, or there was nothing to be done.
    Done,
    /// They need more actions than a transaction takes.
    Not {
        /// How many.
        actions: usize,
    },
}

/// What came of a transaction.
enum Committed {
    /// It is written.
    Done,
    /// Nothing is, for these messages are in the outbox already.
    Sent(Vec<String>),
    /// Nothing is: what was read is so no more.
    Lost,
}

fn too_many(actions: usize) -> StepError {
    let expected = format!("fewer at once: they need {actions} writes, and at most {MOST_ACTIONS} fit one transaction");
    Invalid::new(expected).at("items").into()
}

/// Carries one change out.
fn carry_out(books: &mut Books, change: &Change, rules: &Rules<'_>) -> Result<()> {
    match change {
        Change::PlaceOrder { order, execution_arn, idempotency, at } => {
            orders::place(books, order, execution_arn, idempotency.as_ref(), *at, rules.tables)
        }
        Change::NoteExecution { order_id, execution_arn } => orders::note_execution(books, order_id, execution_arn),
        Change::SetPricing { order_id, pricing } => orders::set_pricing(books, order_id, pricing),
        Change::Reserve { order_id, lines, expires_at, at } => stock::reserve(books, order_id, lines, *expires_at, *at),
        Change::Release { order_id, reason, at } => stock::release(books, order_id, reason, *at),
        Change::Sell { order_id, lines, at } => stock::sell(books, order_id, lines, *at),
        Change::Restock { order_id, at } => stock::restock(books, order_id, *at),
        Change::SetStatus { order_id, status, reason, at } => {
            orders::set_status(books, order_id, *status, reason.as_deref(), *at, rules.tables)
        }
        Change::RecordPayment { order_id, event } => orders::record_payment(books, order_id, event),
        Change::IssueReceipt { order_id, receipt } => orders::issue_receipt(books, order_id, receipt),
        Change::SendMail(mail) => messages::send_mail(books, mail),
        Change::Publish(message) => messages::publish(books, message, rules.destinations),
        Change::PutEvent(event) => messages::put_event(books, event),
        Change::SendMessage(message) => messages::send_message(books, message, rules.destinations),
        Change::StartExecution(execution) => messages::start(books, execution, rules.clock.now()),
        Change::PutProduct { sku, name, unit_price, at: _ } => {
            catalog::put_product(books, sku, name, *unit_price, rules.stock_shards)
        }
        Change::MoveStock { sku, kind, units, reason, at } => {
            stock::book(books, sku, *kind, *units, reason.as_deref(), *at)
        }
        Change::CountStock { sku, on_hand, reason, at } => stock::count(books, sku, *on_hand, reason.as_deref(), *at),
        Change::SeedStock { sku, on_hand, reason, at } => stock::seed(books, sku, *on_hand, reason.as_deref(), *at),
        Change::PutCustomer(customer) => catalog::put_customer(books, customer),
    }
}

#[cfg(test)]
pub(crate) mod tests;
