//! An outbox of its own on a stand-in, with everything that leaves from it ending where a test can see it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use adapter::{ReceiptLinks, Sender};
use aws::outbox_items::{Message, OutboxItem};
use aws::{
    Alarms, Carriers, Clients, Deliverer, EventBus, Mailer, MessageReader, ObjectReceipts, Queues, Starter,
    StreamEvent, TopicPublisher, tables,
};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_sdk_sqs::types::QueueAttributeName;
use jiff::{SignedDuration, Timestamp};
use order::{Email, OrderId};
use ports::{BusEvent, Clock, Execution, Mail, QueueMessage, TopicMessage};
use serde_json::{Value, json};

use crate::stand_in::{StandIn, create_table, unique};

/// A state machine that does nothing.
pub const IDLE: &str = r#"{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}"#;

pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).expect("a time")
    }
}

impl TestClock {
    pub fn new() -> Arc<Self> {
        let start: Timestamp = "2026-11-21T09:00:00Z".parse().expect("a time");
        Arc::new(Self(AtomicI64::new(start.as_microsecond())))
    }

    pub fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).expect("a short time"), Ordering::SeqCst);
    }
}

pub struct Desk {
    pub clients: Clients,
    pub endpoint: String,
    pub table: String,
    pub bucket: String,
    pub clock: Arc<TestClock>,
    pub receipts: ObjectReceipts,
    pub queues: BTreeMap<String, String>,
    pub topics: BTreeMap<String, String>,
    pub state_machines: BTreeMap<String, String>,
    pub bus: String,
    /// Where the topic's messages arrive.
    pub told: String,
    /// Where the bus's events arrive.
    pub heard: String,
}

impl Desk {
    pub async fn new(stand_in: &StandIn) -> Self {
        let clients = Clients::new(&stand_in.config().await);
        let (table, bucket, bus) = (unique("outbox"), unique("receipts"), unique("bus"));
        create_table(&clients.dynamodb, &table, &tables::OUTBOX).await;
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuCentral1);
        let create = clients.s3.create_bucket().bucket(&bucket).create_bucket_configuration(place.build());
        create.send().await.expect("the bucket is created");
        let (dead, told, heard) =
            (queue(&clients, "dead").await, queue(&clients, "told").await, queue(&clients, "heard").await);
        let orders = queue(&clients, "orders").await;
        let redrive = json!({ "deadLetterTargetArn": arn_of(&clients, &dead).await, "maxReceiveCount": 3 });
        let redriven = clients.sqs.set_queue_attributes().queue_url(&orders);
        let redriven = redriven.attributes(QueueAttributeName::RedrivePolicy, redrive.to_string());
        redriven.attributes(QueueAttributeName::VisibilityTimeout, "45").send().await.expect("the queue is set up");
        let topic = clients.sns.create_topic().name(unique("topic")).send().await.expect("the topic is created");
        let topic = topic.topic_arn.expect("it has an ARN");
        let subscribe = clients.sns.subscribe().topic_arn(&topic).protocol("sqs");
        subscribe.endpoint(arn_of(&clients, &told).await).send().await.expect("the queue is subscribed");
        clients.events.create_event_bus().name(&bus).send().await.expect("the bus is created");
        let (rule, pattern) = (unique("rule"), r#"{"source":["orderflow"]}"#);
        let put = clients.events.put_rule().event_bus_name(&bus).name(&rule).event_pattern(pattern);
        put.send().await.expect("the rule is made");
        let target = Target::builder().id("heard").arn(arn_of(&clients, &heard).await).build().expect("a target");
        let put = clients.events.put_targets().event_bus_name(&bus).rule(&rule).targets(target);
        put.send().await.expect("the rule has its target");
        // SES takes mail only from who has shown that the address is theirs.
        let sender = clients.ses.create_email_identity().email_identity("shop@example.com").send().await;
        if let Err(error) = &sender {
            let known = error.as_service_error().is_some_and(|error| error.is_already_exists_exception());
            assert!(known, "the sender is made known: {error:?}");
        }
        let clock = TestClock::new();
        let links = ReceiptLinks::new(b"secret", "https://shop.example.com", SignedDuration::from_hours(24));
        let receipts = ObjectReceipts::new(clients.s3.clone(), &bucket, links, clock.clone());
        Self {
            clients,
            endpoint: stand_in.endpoint().to_owned(),
            table,
            bucket,
            clock,
            receipts,
            queues: BTreeMap::from([("OrdersQueue".to_owned(), orders)]),
            topics: BTreeMap::from([("order-errors".to_owned(), topic)]),
            state_machines: BTreeMap::new(),
            bus,
            told,
            heard,
        }
    }

    /// Gives the workflow a state machine.
    pub async fn with_state_machine(mut self, workflow: &str, definition: &str) -> Self {
        let create = self.clients.step_functions.create_state_machine().name(unique(workflow)).definition(definition);
        let created = create.role_arn("arn:aws:iam::000000000000:role/states").send().await;
        let arn = created.expect("the state machine is created").state_machine_arn;
        self.state_machines.insert(workflow.to_owned(), arn);
        self
    }

    pub fn deliverer(&self) -> Deliverer {
        let from = Email::parse("shop@example.com").expect("an address");
        let sender = Sender::new(&from, "The Corner Shop").expect("mail can come from it");
        let carriers = Carriers {
            mail: Mailer::new(self.clients.ses.clone(), sender, Arc::new(self.receipts.clone()), None),
            topics: TopicPublisher::new(self.clients.sns.clone(), self.topics.clone()),
            queues: Queues::new(self.clients.sqs.clone(), self.queues.clone()),
            events: EventBus::new(self.clients.events.clone(), &self.bus),
            executions: Starter::new(self.clients.step_functions.clone(), self.state_machines.clone()),
        };
        Deliverer::new(self.clients.dynamodb.clone(), &self.table, carriers, self.clock.clone())
    }

    pub fn reader(&self) -> MessageReader {
        let queues = Queues::new(self.clients.sqs.clone(), self.queues.clone());
        let alarms = Alarms::new(self.clients.cloudwatch.clone(), BTreeMap::new());
        let topics = (self.clients.sns.clone(), self.topics.clone());
        MessageReader::new(self.clients.dynamodb.clone(), &self.table, topics, queues, alarms, self.clock.clone())
    }

    /// Puts a message in the outbox, as a step does; what the table's stream says of it.
    pub async fn put(&self, message: Message) -> Value {
        static SEQUENCE: AtomicI64 = AtomicI64::new(1);
        let item = OutboxItem::new(message, self.clock.now(), SEQUENCE.fetch_add(1, Ordering::SeqCst)).to_item();
        let put = self.clients.dynamodb.put_item().table_name(&self.table).set_item(Some(item.clone()));
        put.send().await.expect("the item is put");
        let image = serde_json::to_value(serde_dynamo::Item::from(item)).expect("an item is JSON");
        json!({ "eventName": "INSERT", "dynamodb": { "SequenceNumber": "1", "NewImage": image } })
    }

    /// The item of that key.
    pub async fn item(&self, message: &Message) -> OutboxItem {
        let key = aws_sdk_dynamodb::types::AttributeValue::S(message.key());
        let get = self.clients.dynamodb.get_item().table_name(&self.table).key("pk", key).consistent_read(true);
        let item = get.send().await.expect("the table answers").item.expect("the item is there");
        OutboxItem::from_item(item).expect("it can be read")
    }

    /// Takes everything off a queue.
    pub async fn drain(&self, url: &str) -> Vec<aws_sdk_sqs::types::Message> {
        let mut taken = Vec::new();
        loop {
            let receive = self.clients.sqs.receive_message().queue_url(url).max_number_of_messages(10);
            let received = receive.message_attribute_names("All").wait_time_seconds(1).send().await;
            let messages = received.expect("the queue answers").messages.unwrap_or_default();
            if messages.is_empty() {
                return taken;
            }
            for message in messages {
                let receipt = message.receipt_handle.clone().expect("it has a receipt");
                let delete = self.clients.sqs.delete_message().queue_url(url).receipt_handle(receipt);
                delete.send().await.expect("the message is deleted");
                taken.push(message);
            }
        }
    }

    /// The mails of that subject that SES took.
    pub fn sent(&self, subject: &str) -> Vec<Value> {
        let (_, body) = get(&format!("{}/_ministack/ses/messages", self.endpoint));
        let answer: Value = serde_json::from_str(&body).expect("it answers in JSON");
        let mut found = Vec::new();
        collect(&answer, subject, &mut found);
        found
    }
}

/// The objects with that subject, however deep.
fn collect(value: &Value, subject: &str, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) if members.get("Subject").is_some_and(|text| text == subject) => {
            found.push(value.clone());
        }
        Value::Object(members) => members.values().for_each(|inner| collect(inner, subject, found)),
        Value::Array(items) => items.iter().for_each(|inner| collect(inner, subject, found)),
        _ => {}
    }
}

/// A plain `GET` of an address with a port: the status and the body.
pub fn get(url: &str) -> (u16, String) {
    let rest = url.strip_prefix("http://").expect("a plain address");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut connection = TcpStream::connect(host).expect("it listens");
    write!(connection, "GET /{path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("it listens");
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).expect("it answers");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}

/// What Lambda hands over of those records.
pub fn batch(records: impl IntoIterator<Item = Value>) -> StreamEvent {
    let records: Vec<Value> = records.into_iter().collect();
    serde_json::from_value(json!({ "Records": records })).expect("records of a stream")
}

async fn queue(clients: &Clients, name: &str) -> String {
    let created = clients.sqs.create_queue().queue_name(unique(name)).send().await.expect("the queue is created");
    created.queue_url.expect("it has a URL")
}

async fn arn_of(clients: &Clients, url: &str) -> String {
    let get = clients.sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::QueueArn);
    let attributes = get.send().await.expect("the queue answers").attributes.expect("it has attributes");
    attributes[&QueueAttributeName::QueueArn].clone()
}

pub fn mail(clock: &TestClock, order_id: &str, subject: &str) -> Message {
    Message::Mail(Mail {
        key: format!("{order_id}/outcome"),
        order_id: OrderId::parse(order_id).expect("an id"),
        kind: "order_confirmed".into(),
        to: Email::parse("Ana@example.com").expect("an address"),
        to_name: Some("Ana Pop".into()),
        subject: subject.into(),
        text: "Thank you.".into(),
        html: "<p>Thank you.</p>".into(),
        attachments: Vec::new(),
        at: clock.now(),
    })
}

pub fn topic_message(clock: &TestClock, topic: &str) -> Message {
    let (subject, message) = (Some("An order\nfailed".into()), r#"{"order_id":"O-1"}"#.into());
    Message::Topic(TopicMessage { topic: topic.into(), key: "O-1/failed".into(), subject, message, at: clock.now() })
}

pub fn event(clock: &TestClock) -> Message {
    Message::Event(BusEvent {
        key: "O-1/OrderConfirmed".into(),
        source: "orderflow".into(),
        detail_type: "OrderConfirmed".into(),
        detail: json!({ "order_id": "O-1" }),
        at: clock.now(),
    })
}

pub fn queue_message(clock: &TestClock, queue: &str, key: &str) -> Message {
    Message::Queue(QueueMessage {
        queue: queue.into(),
        key: key.into(),
        body: format!("body of {key}"),
        at: clock.now(),
    })
}

pub fn start(workflow: &str) -> Message {
    let input = json!({ "order_id": "O-1" });
    Message::Start(Execution { state_machine: workflow.into(), name: "O-1".into(), input })
}
