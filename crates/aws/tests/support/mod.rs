//! A shop over tables of its own on a stand-in for AWS, with the clock in the test's hands.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use adapter::ReceiptLinks;
use adapter::audit::{AuditRules, FollowUp};
use async_trait::async_trait;
use aws::outbox_items::{Message, OutboxItem};
use aws::{
    Alarms, Applier, BookAuditor, CatalogReader, Clients, CustomerReader, Destinations, ExecutionStates, MessageReader,
    ObjectReceipts, OrderReader, Queues, SimulatedGateway, StockShards, TableNames, tables,
};
use aws_config::Region;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use contract::{ALERTS_TOPIC, FanOut, Home, Messaging, ORDERS_QUEUE, QUEUE, SUBSCRIBER, TOPIC, World};
use jiff::{SignedDuration, Timestamp};
use order::{OrderId, Receipt};
use ports::{Auditor, BusEvent, Change, Clock, DeliveryState, Execution, Ids, Messages, Ports, Receipts};
use tokio::sync::{Mutex, OnceCell};

use crate::stand_in::{StandIn, create_table, unique};

pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).expect("a time")
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

/// Which executions are running, as the test says.
#[derive(Default)]
pub struct TestStates(Mutex<HashMap<String, bool>>);

#[async_trait]
impl ExecutionStates for TestStates {
    async fn running(&self, execution_arn: &str) -> ports::Result<Option<bool>> {
        Ok(self.0.lock().await.get(execution_arn).copied())
    }
}

/// What all shops on a stand-in share: nothing is ever put there.
#[derive(Clone)]
struct Shared {
    clients: Clients,
    topics: BTreeMap<String, String>,
    queues: BTreeMap<String, String>,
    bucket: String,
}

/// A shop.
pub struct Shop {
    pub clients: Clients,
    pub tables: TableNames,
    pub applier: Applier,
    pub gateway: SimulatedGateway,
    pub receipts: ObjectReceipts,
    pub clock: Arc<TestClock>,
    pub ids: Arc<TestIds>,
    pub states: Arc<TestStates>,
    pub topics: BTreeMap<String, String>,
    pub queues: BTreeMap<String, String>,
    pub bucket: String,
}

impl Shop {
    /// A shop on that stand-in, the stock of its products spread over so many shards.
    pub async fn new(stand_in: &StandIn, stock_shards: u32) -> Self {
        let mut shared = shared(stand_in).await;
        shared.clients.dynamodb = elsewhere(stand_in, None).await.dynamodb;
        let tables = create_tables(&shared.clients).await;
        Self::made(shared, tables, stock_shards)
    }

    /// A shop whose every call the observer sees, and in which all workflows show their orders in a table.
    pub async fn watched(stand_in: &StandIn, stock_shards: u32, observer: SharedInterceptor) -> Self {
        let mut shared = shared(stand_in).await;
        let dynamodb = elsewhere(stand_in, Some(observer.clone())).await.dynamodb;
        shared.clients = Clients { dynamodb, ..Clients::observed(&stand_in.config().await, observer) };
        let mut tables = create_tables(&shared.clients).await;
        let shown = tables.streamed["emag-orderflow"].clone();
        for workflow in ["checkout", "confirmed-orders", "queued-orders", "receipt-orders"] {
            tables.streamed.insert(workflow.to_owned(), shown.clone());
        }
        Self::made(shared, tables, stock_shards)
    }

    fn made(Shared { clients, topics, queues, bucket }: Shared, tables: TableNames, stock_shards: u32) -> Self {
        let start: Timestamp = "2026-11-21T09:00:00Z".parse().expect("a time");
        let clock = Arc::new(TestClock(AtomicI64::new(start.as_microsecond())));
        let destinations =
            Destinations { topics: topics.keys().cloned().collect(), queues: queues.keys().cloned().collect() };
        let dynamodb = clients.dynamodb.clone();
        let applier = Applier::new(dynamodb.clone(), tables.clone(), destinations, stock_shards, clock.clone());
        let gateway = SimulatedGateway::new(dynamodb, tables.data.clone(), BTreeMap::new(), clock.clone());
        let links = ReceiptLinks::new(b"secret", "", SignedDuration::from_hours(24));
        let receipts = ObjectReceipts::new(clients.s3.clone(), &bucket, links, clock.clone());
        let (ids, states) = (Arc::new(TestIds(AtomicI64::new(0))), Arc::default());
        Self { clients, tables, applier, gateway, receipts, clock, ids, states, topics, queues, bucket }
    }

    /// Applies changes that must not be refused.
    pub async fn apply(&self, changes: Vec<Change>) {
        self.applier.apply(&changes).await.expect("the changes are fit to be applied");
    }

    /// Notes that an execution is running or has ended.
    pub async fn set_running(&self, arn: String, running: bool) {
        self.states.0.lock().await.insert(arn, running);
    }

    /// A state machine that does nothing, for the workflow.
    pub async fn state_machine(&self, workflow: &str) -> String {
        self.state_machine_of(workflow, r#"{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}"#).await
    }

    /// A state machine of that definition.
    pub async fn state_machine_of(&self, workflow: &str, definition: &str) -> String {
        let create = self.clients.step_functions.create_state_machine().name(unique(workflow)).definition(definition);
        let created = create.role_arn("arn:aws:iam::000000000000:role/states").send().await;
        created.expect("the state machine is created").state_machine_arn
    }

    /// What spreads the stock of this shop's products over so many shards.
    pub fn shards(&self, shards: u32) -> StockShards {
        StockShards::new(self.clients.dynamodb.clone(), self.tables.data.clone(), shards)
    }

    pub fn book_auditor(&self) -> BookAuditor {
        let rules = AuditRules {
            receipt_issuing: BTreeSet::from(["checkout".to_owned()]),
            follow_ups: vec![FollowUp { workflow: "cancellation".into(), suffix: "-cancel".into() }],
            simulated_gateway: true,
        };
        let dynamodb = self.clients.dynamodb.clone();
        BookAuditor::new(dynamodb, &self.tables, "checkout", rules, self.states.clone(), self.ids.clone())
    }

    /// All items of a table.
    pub async fn items(&self, table: &str) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.clients.dynamodb.scan().table_name(table).consistent_read(true);
        let items: Result<Vec<_>, _> = scan.into_paginator().items().send().collect().await;
        items.expect("the table answers")
    }

    pub async fn outbox(&self) -> Vec<OutboxItem> {
        let items = self.items(&self.tables.outbox).await.into_iter();
        items.map(|item| OutboxItem::from_item(item).expect("it can be read")).collect()
    }

    /// What tells the receipts that orders have from others.
    async fn documents(&self) -> String {
        let mut documents = String::new();
        for item in self.items(&self.tables.data).await {
            let Some(receipt) = item.get("receipt").and_then(|receipt| receipt.as_s().ok()) else { continue };
            let receipt: Receipt = serde_json::from_str(receipt).expect("a receipt");
            let document = self.receipts.get(&receipt.object_key).await.expect("the receipts answer");
            let document = document.map(|document| contract::fingerprint(&document));
            documents.push_str(&format!("{} {document:?}\n", receipt.object_key));
        }
        documents
    }

    /// Every item of every table, also of what no reader shows.
    async fn rows(&self) -> String {
        let mut rows = Vec::new();
        let streamed = self.tables.streamed.values();
        for table in [&self.tables.data, &self.tables.outbox].into_iter().chain(streamed) {
            for mut item in self.items(table).await {
                // When an execution was asked for is no part of what was asked.
                if item.get("kind").is_some_and(|kind| kind.as_s().is_ok_and(|kind| kind == "start")) {
                    for attribute in ["at", "due_at", "next_attempt_at", "sequence"] {
                        item.remove(attribute);
                    }
                }
                rows.push(shown(&AttributeValue::M(item)) + "\n");
            }
        }
        rows.sort();
        rows.concat()
    }
}

/// A value as text, with the members of maps in their order.
fn shown(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(members) => {
            let members: BTreeMap<&String, String> = members.iter().map(|(name, value)| (name, shown(value))).collect();
            format!("{members:?}")
        }
        AttributeValue::L(items) => format!("{:?}", items.iter().map(shown).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

async fn create_tables(clients: &Clients) -> TableNames {
    let names = TableNames {
        data: unique("data"),
        outbox: unique("outbox"),
        streamed: BTreeMap::from([
            ("emag-orderflow".to_owned(), unique("orders")),
            ("order-app".to_owned(), unique("order-app-orders")),
        ]),
    };
    create_table(&clients.dynamodb, &names.data, &tables::DATA).await;
    create_table(&clients.dynamodb, &names.outbox, &tables::OUTBOX).await;
    for table in names.streamed.values() {
        let document = tables::Table { partition_key: "order_id", sort_key: None, indexes: &[], ..tables::OUTBOX };
        create_table(&clients.dynamodb, table, &document).await;
    }
    names
}

/// Clients in a region of their own: moto copies all tables of a region for every transaction.
async fn elsewhere(stand_in: &StandIn, observer: Option<SharedInterceptor>) -> Clients {
    let config = stand_in.config().await.into_builder().region(Region::new(unique("region"))).build();
    match observer {
        None => Clients::new(&config),
        Some(observer) => Clients::observed(&config, observer),
    }
}

async fn shared(stand_in: &StandIn) -> Shared {
    static SHARED: OnceCell<Mutex<HashMap<String, Shared>>> = OnceCell::const_new();
    let known = SHARED.get_or_init(|| async { Mutex::default() }).await;
    let mut known = known.lock().await;
    if let Some(shared) = known.get(stand_in.endpoint()) {
        return shared.clone();
    }
    let clients = Clients::new(&stand_in.config().await);
    let queues = BTreeMap::from([
        (QUEUE.to_owned(), create_queue(&clients, QUEUE).await),
        (ORDERS_QUEUE.to_owned(), create_queue(&clients, ORDERS_QUEUE).await),
    ]);
    let mut topics = BTreeMap::new();
    for name in [TOPIC, ALERTS_TOPIC] {
        let created = clients.sns.create_topic().name(unique(name)).send().await.expect("the topic is created");
        let arn = created.topic_arn.expect("it has an ARN");
        for (protocol, endpoint) in [("email", SUBSCRIBER), ("sqs", &*queue_arn(&queues[QUEUE]))] {
            let subscribed = clients.sns.subscribe().topic_arn(&arn).protocol(protocol).endpoint(endpoint).send().await;
            subscribed.expect("the subscription is taken");
        }
        topics.insert(name.to_owned(), arn);
    }
    let bucket = unique("receipts");
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuCentral1);
    let create = clients.s3.create_bucket().bucket(&bucket).create_bucket_configuration(place.build());
    create.send().await.expect("the bucket is created");
    let shared = Shared { clients, topics, queues, bucket };
    known.insert(stand_in.endpoint().to_owned(), shared.clone());
    shared
}

async fn create_queue(clients: &Clients, name: &str) -> String {
    let created = clients.sqs.create_queue().queue_name(unique(name)).send().await.expect("the queue is created");
    created.queue_url.expect("it has a URL")
}

/// The ARN of a queue of that URL, which ends in its account and name.
fn queue_arn(url: &str) -> String {
    let mut parts = url.rsplit('/');
    let (name, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("arn:aws:sqs:eu-central-1:{account}:{name}")
}

#[async_trait]
impl Home for Shop {
    async fn apply(&self, changes: Vec<Change>) -> ports::Result<()> {
        self.applier.apply(&changes).await
    }

    fn ports(&self) -> Ports {
        let (dynamodb, data) = (&self.clients.dynamodb, &self.tables.data);
        Ports {
            orders: Arc::new(OrderReader::new(dynamodb.clone(), data)),
            catalog: Arc::new(CatalogReader::new(dynamodb.clone(), data)),
            customers: Arc::new(CustomerReader::new(dynamodb.clone(), data)),
            payments: Arc::new(self.gateway.clone()),
            receipts: Arc::new(self.receipts.clone()),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        }
    }

    fn advance(&self, by: SignedDuration) {
        self.clock.0.fetch_add(i64::try_from(by.as_micros()).expect("a short time"), Ordering::SeqCst);
    }

    /// All that the readers read from: every item, and the receipts.
    async fn snapshot(&self) -> String {
        self.rows().await + &self.documents().await
    }
}

#[async_trait]
impl World for Shop {
    fn messaging(&self) -> Messaging {
        Messaging { mail: DeliveryState::Pending, fan_out: FanOut::Outside }
    }

    fn messages(&self) -> Arc<dyn Messages> {
        let Clients { dynamodb, sns, sqs, cloudwatch, .. } = self.clients.clone();
        let queues = Queues::new(sqs, self.queues.clone());
        let alarms = Alarms::new(cloudwatch, BTreeMap::new());
        let topics = (sns, self.topics.clone());
        Arc::new(MessageReader::new(dynamodb, &self.tables.outbox, topics, queues, alarms, self.clock.clone()))
    }

    fn auditor(&self) -> Arc<dyn Auditor> {
        Arc::new(self.book_auditor())
    }

    async fn started(&self) -> Vec<Execution> {
        let mut started: Vec<_> = self.outbox().await.into_iter().map(|item| item.message).collect();
        started.sort_by_key(Message::key);
        let executions = started.into_iter().filter_map(|message| match message {
            Message::Start(execution) => Some(execution),
            _ => None,
        });
        executions.collect()
    }

    async fn events(&self) -> Vec<BusEvent> {
        let mut events: Vec<_> = self.outbox().await.into_iter().map(|item| item.message).collect();
        events.sort_by_key(Message::key);
        let events = events.into_iter().filter_map(|message| match message {
            Message::Event(event) => Some(event),
            _ => None,
        });
        events.collect()
    }

    /// A stand-in takes milliseconds for an answer.
    fn random_steps(&self) -> usize {
        60
    }

    async fn expire_reservations(&self) -> ports::Result<()> {
        self.applier.expire_reservations(self.clock.now()).await.map(drop)
    }

    async fn serve_unavailable(&self, served: bool) {
        self.gateway.set_unavailable_served(served).await.expect("the switch is written");
    }
}
