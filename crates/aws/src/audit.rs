//! Proves from the books alone that stock, money and orders agree.
//!
//! The tables are read from one end to the other, which is no single moment: what moves meanwhile may look
//! wrong. So whatever looks wrong is looked at a second time, and only what is still there in the same words
//! is told. An order's own rules hold once its execution has ended and none that came afterwards is running.
//!
//! The data table is all workflows', an outbox is one workflow's: stock is audited for all, orders for the
//! workflow whose outbox it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use adapter::audit::{self, AuditRules, OUTCOMES, OrderFacts};
use adapter::gateway::Account;
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use order::{CustomerId, EntryKind, Level, Order, OrderId, Sku, Status};
use ports::{Audit, Auditor, ExecutionError, ExecutionStatus, Executions, Ids, Result, StepError};

use crate::TableNames;
use crate::changes::total;
use crate::data_table::DataTable;
use crate::gateway::account_of;
use crate::item::{self, Item};
use crate::outbox_items::{Message, OutboxItem};
use crate::records::{CustomerRecord, EntryRecord, HoldingState, Key, LevelRecord, OrderBook};

/// Tells whether executions are running.
#[async_trait]
pub trait ExecutionStates: Send + Sync {
    /// Whether the execution of that ARN is running; nothing when there is no such execution.
    ///
    /// # Errors
    ///
    /// `ServiceUnavailable` when that cannot be told now.
    async fn running(&self, execution_arn: &str) -> Result<Option<bool>>;
}

#[async_trait]
impl<T: Executions> ExecutionStates for T {
    async fn running(&self, execution_arn: &str) -> Result<Option<bool>> {
        match self.describe(execution_arn).await {
            Ok(execution) => Ok(Some(execution.summary.status == ExecutionStatus::Running)),
            Err(ExecutionError::DoesNotExist { .. }) => Ok(None),
            Err(error) => Err(StepError::unavailable(error)),
        }
    }
}

/// [`Auditor`] over DynamoDB. Cheap to clone.
#[derive(Clone)]
pub struct BookAuditor {
    data: DataTable,
    outbox: DataTable,
    workflow: String,
    rules: Arc<AuditRules>,
    executions: Arc<dyn ExecutionStates>,
    ids: Arc<dyn Ids>,
}

/// What moved, by product and the kind of movement.
type Moves = BTreeMap<(Sku, &'static str), (EntryKind, i64)>;

/// All that the tables have.
#[derive(Default)]
struct Facts {
    orders: BTreeMap<OrderId, OrderBook>,
    products: BTreeSet<String>,
    /// By sku.
    counters: BTreeMap<String, Level>,
    ledger: BTreeMap<String, Level>,
    moves: BTreeMap<OrderId, Moves>,
    ledger_entries: u64,
    customers: BTreeSet<CustomerId>,
    accounts: BTreeMap<OrderId, Account>,
    outcomes_told: BTreeMap<OrderId, usize>,
}

impl BookAuditor {
    /// An auditor of those tables, and of that workflow's orders.
    pub fn new(
        client: Client,
        tables: &TableNames,
        workflow: impl Into<String>,
        rules: AuditRules,
        executions: Arc<dyn ExecutionStates>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self {
            data: DataTable::new(client.clone(), tables.data.clone()),
            outbox: DataTable::new(client, tables.outbox.clone()),
            workflow: workflow.into(),
            rules: Arc::new(rules),
            executions,
            ids,
        }
    }

    async fn look(&self) -> Result<Audit> {
        let mut facts = Facts::default();
        // Mails first: one that is put later has an order that is seen to have ended.
        self.outbox.scan(|item| facts.add_message(item)).await?;
        self.data.scan(|item| facts.add(item)).await?;
        let mut violations = facts.stock_violations();
        let orders: Vec<&OrderBook> =
            facts.orders.values().filter(|book| book.order.placed.workflow == self.workflow).collect();
        for book in &orders {
            let found = audit::order_violations(&facts.of_order(book, &self.rules), &self.rules);
            // Asked last: few orders have anything to be asked about.
            if !found.is_empty() && !self.in_flight(&book.order).await? {
                violations.extend(found);
            }
        }
        if self.rules.simulated_gateway {
            violations.extend(facts.charges_of_no_order());
        }
        Ok(Audit {
            ok: violations.is_empty(),
            violations,
            orders: count(orders.len()),
            ledger_entries: facts.ledger_entries,
            payment_events: count(orders.iter().map(|book| book.order.payment_events.len()).sum()),
        })
    }

    /// Whether something may still be working on the order. Before its execution exists, a stream or a queue
    /// holds it.
    async fn in_flight(&self, order: &Order) -> Result<bool> {
        if self.executions.running(&order.execution_arn).await? != Some(false) {
            return Ok(true);
        }
        for follow_up in &self.rules.follow_ups {
            for attempt in 1.. {
                let name = follow_up.execution_name(order.id(), attempt);
                match self.executions.running(&self.ids.execution_arn(&follow_up.workflow, &name)).await? {
                    Some(true) => return Ok(true),
                    Some(false) => {}
                    None => break,
                }
            }
        }
        Ok(false)
    }
}

#[async_trait]
impl Auditor for BookAuditor {
    async fn audit(&self) -> Result<Audit> {
        let first = self.look().await?;
        if first.ok {
            return Ok(first);
        }
        let mut second = self.look().await?;
        second.violations.retain(|violation| first.violations.contains(violation));
        second.ok = second.violations.is_empty();
        Ok(second)
    }
}

impl Facts {
    fn add_message(&mut self, item: Item) -> Result<()> {
        if let Message::Mail(mail) = OutboxItem::from_item(item)?.message
            && OUTCOMES.contains(&mail.kind.as_str())
        {
            *self.outcomes_told.entry(mail.order_id).or_default() += 1;
        }
        Ok(())
    }

    fn add(&mut self, item: Item) -> Result<()> {
        let Key { pk, sk } = Key::of(&item)?;
        match (pk.split_once('#'), sk.as_str()) {
            (Some(_), "ORDER") => {
                let (book, _) = OrderBook::from_item(item)?;
                self.orders.insert(book.order.placed.id.clone(), book);
            }
            (Some((_, sku)), "PRODUCT") => {
                self.products.insert(sku.to_owned());
            }
            (Some((_, shard)), "LEVEL") => {
                let level: LevelRecord = item::to_record(item)?;
                let sku = shard.rsplit_once('#').map_or(shard, |(sku, _)| sku);
                let counters = self.counters.entry(sku.to_owned()).or_default();
                *counters = total([*counters, level.into()]);
            }
            (Some(_), "CUSTOMER") => {
                let record: CustomerRecord = item::to_record(item)?;
                self.customers.insert(record.customer.id);
            }
            (Some(_), sk) if sk.starts_with("ENTRY#") => self.add_entries(item::to_record(item)?),
            _ => {
                if let Some(account) = account_of(&item)? {
                    self.accounts.insert(account.order_id.clone(), account);
                }
            }
        }
        Ok(())
    }

    /// What each kind of entry does to the counters is written out here, because an audit must not share the
    /// code that it audits.
    fn add_entries(&mut self, record: EntryRecord) {
        for movement in record.movements {
            let entry = movement.entry;
            let units = entry.units;
            let sum = self.ledger.entry(entry.sku.as_str().to_owned()).or_default();
            match entry.kind {
                EntryKind::Received | EntryKind::Adjusted => sum.on_hand += units,
                EntryKind::Reserved => sum.reserved += units,
                EntryKind::Released => sum.reserved -= units,
                EntryKind::Sold => {
                    sum.on_hand -= units;
                    sum.reserved -= units;
                    sum.sold += units;
                }
                EntryKind::Returned => {
                    sum.on_hand += units;
                    sum.sold -= units;
                }
            }
            self.ledger_entries += 1;
            if let Some(order_id) = entry.order_id {
                let moves = self.moves.entry(order_id).or_default();
                moves.entry((entry.sku, entry.kind.name())).or_insert((entry.kind, 0)).1 += units;
            }
        }
    }

    fn stock_violations(&self) -> Vec<String> {
        let mut held: BTreeMap<&str, i64> = BTreeMap::new();
        let holdings = self.orders.values().flat_map(|book| &book.holdings);
        for holding in holdings.filter(|holding| holding.state == HoldingState::Held) {
            *held.entry(holding.sku.as_str()).or_default() += holding.units();
        }
        let level = |levels: &BTreeMap<String, Level>, sku: &str| levels.get(sku).copied().unwrap_or_default();
        let mut violations: Vec<String> = self
            .products
            .iter()
            .flat_map(|sku| audit::counter_violations(sku, level(&self.counters, sku), level(&self.ledger, sku)))
            .collect();
        violations.extend(self.products.iter().filter_map(|sku| {
            let reserved = level(&self.counters, sku).reserved;
            audit::hold_violation(sku, reserved, held.get(sku.as_str()).copied().unwrap_or(0))
        }));
        let unknown = self.ledger.keys().filter(|sku| !self.products.contains(*sku));
        violations.extend(unknown.map(|sku| audit::entries_of_no_product(sku)));
        violations
    }

    fn of_order(&self, book: &OrderBook, rules: &AuditRules) -> OrderFacts {
        let order = &book.order;
        let (id, customer) = (order.id(), &order.placed.customer);
        let account = || self.accounts.get(id).map(|account| account.events.clone()).unwrap_or_default();
        let moves = self.moves.get(id).into_iter().flatten();
        OrderFacts {
            placed: order.placed.clone(),
            status: order.status,
            pricing: order.pricing.clone(),
            has_receipt: order.receipt.is_some(),
            was_confirmed: order.history.iter().any(|change| change.status == Status::Confirmed),
            events: order.payment_events.clone(),
            provider: rules.simulated_gateway.then(account),
            moves: moves.map(|((sku, _), (kind, units))| (sku.clone(), *kind, *units)).collect(),
            outcomes_told: self.outcomes_told.get(id).copied().unwrap_or(0),
            has_address: customer.email.is_some() || customer.id.as_ref().is_some_and(|id| self.customers.contains(id)),
        }
    }

    fn charges_of_no_order(&self) -> Vec<String> {
        let unknown = self.accounts.values().filter(|account| !self.orders.contains_key(&account.order_id));
        unknown.flat_map(|account| &account.events).map(|event| audit::charge_of_no_order(&event.key)).collect()
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).expect("a number of things fits 64 bits")
}
