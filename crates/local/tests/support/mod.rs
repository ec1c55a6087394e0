//! A shop over a temporary database, with the clock, the engine and the wiring in the test's hands.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use contract::{ALERTS_TOPIC, FanOut, Home, Messaging, ORDERS_QUEUE, QUEUE, SUBSCRIBER, TOPIC, World};
use jiff::{SignedDuration, Timestamp};
use local::{
    ApplyError, Applying, AuditRules, BookAuditor, CatalogReader, CustomerReader, ExecutionStates, FailureRate,
    FollowUp, MIGRATIONS, MailMode, MessageReader, ObjectReceipts, OrderReader, ReceiptLinks, Signals,
    SimulatedGateway, StartExecution, StreamedTable, Subscription, Wiring, changes, expire_reservations,
};
use order::OrderId;
use ports::{Auditor, BusEvent, Change, Clock, DeliveryState, Execution, Ids, Messages, Ports, StepError};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};
use store::{Migrations, Store, WriteError};
use triggers::queue::RedrivePolicy;
use triggers::{Origin, QueueSpec, StreamViewType};

/// The queue where messages go that used up their receives.
pub const DEAD_LETTERS: &str = "contract-dead-letters";

/// What the engine would keep.
const ENGINE: Migrations = Migrations {
    component: "test-engine",
    steps: &["CREATE TABLE started (
                  state_machine TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL,
                  PRIMARY KEY (state_machine, name)) STRICT;
              CREATE TABLE running (arn TEXT PRIMARY KEY, running INTEGER NOT NULL) STRICT;"],
};

pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).expect("a time")
    }
}

impl TestClock {
    pub fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).expect("a short time"), Ordering::SeqCst);
    }
}

pub struct TestIds(AtomicI64);

impl Ids for TestIds {
    fn order_id(&self) -> OrderId {
        OrderId::parse(format!("made-{}", self.0.fetch_add(1, Ordering::SeqCst))).expect("an id")
    }

    fn execution_arn(&self, workflow: &str, name: &str) -> String {
        format!("arn:aws:states:eu-central-1:123456789012:execution:{workflow}:{name}")
    }
}

pub struct TestEngine;

impl StartExecution for TestEngine {
    fn start(&self, transaction: &Connection, execution: &Execution) -> Result<(), ApplyError> {
        transaction.execute(
            "INSERT INTO started (state_machine, name, input) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            (&execution.state_machine, &execution.name, execution.input.to_string()),
        )?;
        Ok(())
    }
}

impl ExecutionStates for TestEngine {
    fn running(&self, connection: &Connection, arn: &str) -> rusqlite::Result<Option<bool>> {
        connection.query_row("SELECT running FROM running WHERE arn = ?1", [arn], |row| row.get(0)).optional()
    }
}

/// A shop.
pub struct Shop {
    pub store: Store,
    pub clock: Arc<TestClock>,
    pub ids: Arc<TestIds>,
    pub signals: Arc<Signals>,
    pub wiring: Arc<Wiring>,
    pub receipts: ObjectReceipts,
    pub gateway: SimulatedGateway,
    pub folder: tempfile::TempDir,
}

impl Shop {
    pub fn new() -> Self {
        Self::with(|_| {}, BTreeMap::new())
    }

    /// A shop whose wiring is changed before it opens.
    pub fn with(change: impl FnOnce(&mut Wiring), rates: BTreeMap<String, FailureRate>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("shop.db"), &[MIGRATIONS, ENGINE]).expect("a database");
        let start: Timestamp = "2026-11-21T09:00:00Z".parse().expect("a time");
        let clock = Arc::new(TestClock(AtomicI64::new(start.as_microsecond())));
        let mut wiring = wiring();
        change(&mut wiring);
        let (signals, wiring) = (Arc::new(Signals::default()), Arc::new(wiring));
        let links = ReceiptLinks::new(b"secret", "", SignedDuration::from_hours(24));
        let objects = folder.path().join("objects");
        let receipts =
            ObjectReceipts::open(objects.to_str().expect("a path"), links, clock.clone()).expect("an object store");
        let gateway = SimulatedGateway::new(store.clone(), clock.clone(), rates);
        let ids = Arc::new(TestIds(AtomicI64::new(0)));
        Self { store, clock, ids, signals, wiring, receipts, gateway, folder }
    }

    pub async fn apply(&self, changes: Vec<Change>) {
        Home::apply(self, changes).await.expect("the changes are fit to be applied");
    }

    /// Notes that an execution is running or has ended.
    pub async fn set_running(&self, arn: String, running: bool) {
        self.sql("INSERT OR REPLACE INTO running VALUES (?1, ?2)", (arn, running)).await;
    }

    /// Runs one statement on the writer.
    pub async fn sql<P: rusqlite::Params + Send + 'static>(&self, sql: &'static str, params: P) {
        self.store.write(move |tx| tx.execute(sql, params)).await.expect("the statement is right");
    }

    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> T {
        self.store.read_blocking(query).expect("the query is right")
    }

    pub fn message_reader(&self) -> MessageReader {
        MessageReader::new(self.store.clone(), self.wiring.clone(), self.signals.clone(), self.clock.clone())
    }

    pub fn book_auditor(&self) -> BookAuditor {
        let follow_ups = vec![FollowUp { workflow: "cancellation".into(), suffix: "-cancel".into() }];
        let receipt_issuing = ["checkout".to_owned()].into();
        let rules = AuditRules { receipt_issuing, follow_ups, simulated_gateway: true };
        BookAuditor::new(self.store.clone(), rules, Arc::new(TestEngine), self.ids.clone())
    }

    /// Every row of every table, also of what no reader shows: stream records, bodies on queues, keys.
    fn rows(&self) -> String {
        self.read(|connection| {
            let mut tables = connection
                .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
            let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let mut text = String::new();
            for table in tables {
                let mut rows = connection.prepare(&format!("SELECT * FROM {table}"))?;
                let columns = rows.column_count();
                let mut rows = rows.query([])?;
                while let Some(row) = rows.next()? {
                    let values: Vec<Value> = (0..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?;
                    text += &format!("{table}: {values:?}\n");
                }
            }
            Ok(text)
        })
    }
}

fn wiring() -> Wiring {
    let queue = |redrive: Option<&str>| QueueSpec {
        visibility_timeout_seconds: 30,
        retention_seconds: 345_600,
        delay_seconds: 0,
        redrive: redrive.map(|queue| RedrivePolicy { max_receive_count: 3, dead_letter_queue: queue.to_owned() }),
        consumer: None,
    };
    let subscriptions = vec![
        Subscription::parse("email", SUBSCRIBER).expect("a subscription"),
        Subscription::parse("sqs", QUEUE).expect("a subscription"),
    ];
    let table = |workflow: &str, table: &str| {
        (workflow.to_owned(), StreamedTable { table: table.to_owned(), view: StreamViewType::NewAndOldImages })
    };
    Wiring {
        origin: Origin { account: "123456789012".into(), region: "eu-central-1".into() },
        streams: HashMap::from([table("emag-orderflow", "orders"), table("order-app", "order-app-orders")]),
        mail: MailMode::Capture,
        topics: BTreeMap::from([(TOPIC.to_owned(), subscriptions.clone()), (ALERTS_TOPIC.to_owned(), subscriptions)]),
        queues: BTreeMap::from([
            (QUEUE.to_owned(), queue(Some(DEAD_LETTERS))),
            (ORDERS_QUEUE.to_owned(), queue(Some(DEAD_LETTERS))),
            (DEAD_LETTERS.to_owned(), queue(None)),
        ]),
    }
}

#[async_trait]
impl Home for Shop {
    async fn apply(&self, changes: Vec<Change>) -> ports::Result<()> {
        let wiring = self.wiring.clone();
        let apply = move |transaction: &Connection| {
            changes::apply_all(transaction, &changes, Applying { wiring: &wiring, starter: &TestEngine })
        };
        let wakeups = self.store.write(apply).await.map_err(|error| match error {
            WriteError::Refused(refusal) => refusal.into(),
            error => StepError::unavailable(error),
        })?;
        self.signals.wake(wakeups);
        Ok(())
    }

    fn ports(&self) -> Ports {
        Ports {
            orders: Arc::new(OrderReader::new(self.store.clone())),
            catalog: Arc::new(CatalogReader::new(self.store.clone())),
            customers: Arc::new(CustomerReader::new(self.store.clone())),
            payments: Arc::new(self.gateway.clone()),
            receipts: Arc::new(self.receipts.clone()),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        }
    }

    fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    async fn snapshot(&self) -> String {
        contract::readable(self).await + &self.rows()
    }
}

#[async_trait]
impl World for Shop {
    fn messaging(&self) -> Messaging {
        Messaging { mail: DeliveryState::Captured, fan_out: FanOut::Inside }
    }

    fn messages(&self) -> Arc<dyn Messages> {
        Arc::new(self.message_reader())
    }

    fn auditor(&self) -> Arc<dyn Auditor> {
        Arc::new(self.book_auditor())
    }

    async fn started(&self) -> Vec<Execution> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT state_machine, name, input FROM started ORDER BY rowid")?;
            let rows = statement.query_map([], |row| {
                let input: String = row.get(2)?;
                let input = serde_json::from_str(&input).expect("what was written is JSON");
                Ok(Execution { state_machine: row.get(0)?, name: row.get(1)?, input })
            })?;
            rows.collect()
        })
    }

    async fn events(&self) -> Vec<BusEvent> {
        let logged = self.read(|connection| local::events::after(connection, 0, 1_000));
        logged.into_iter().map(|logged| logged.event).collect()
    }

    async fn expire_reservations(&self) -> ports::Result<()> {
        let now = self.clock.now();
        let expired = self.store.write(move |tx| expire_reservations(tx, now, 100)).await;
        expired.map(drop).map_err(StepError::unavailable)
    }

    async fn serve_unavailable(&self, served: bool) {
        self.gateway.set_unavailable_served(served);
    }
}
