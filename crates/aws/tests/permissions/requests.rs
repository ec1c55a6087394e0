//! `Api`: whatever the HTTP interface asks of this home, in the words of the ports that it is given.
//!
//! Its intakes are among the steps.

use aws::outbox_items::{Message, OutboxItem};
use aws::{Alarms, Keys, MessageReader, Queues, StateMachines};
use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
use bytes::Bytes;
use contract::{Home, QUEUE, TOPIC, World};
use order::{Currency, Customer, CustomerId, Email, EntryKind, Money, OrderId, PaymentEventKind, Sku};
use ports::{
    Change, DeliveryState, Execution, ExecutionFilter, Executions, HistoryPart, Messages, OrderFilter, QueueMessage,
    RefundRequest,
};
use serde_json::json;

use crate::recorder::Recorder;
use crate::stand_in::unique;
use crate::steps::Watched;

pub async fn run(recorder: &Recorder) {
    let home = Watched::new(recorder).await;
    live(&home).await;
    let name = unique("shop/keys");
    let keys = r#"{"operator_key":"operator-0123456789","signing_key":"signing-0123456789"}"#;
    let create = home.shop.clients.secrets.create_secret().name(&name).secret_string(keys);
    create.send().await.expect("the secret is created");
    let hold = r#"{"StartAt":"Hold","States":{"Hold":{"Type":"Wait","Seconds":600,"End":true}}}"#;
    let machine = home.shop.state_machine_of("checkout", hold).await;
    let machines =
        StateMachines::new(home.shop.clients.step_functions.clone(), [("checkout".to_owned(), machine)].into());
    let (alarm, letter) = (alarm(&home).await, dead_letter(&home).await);
    recorder
        .record("Api", async {
            Keys::read(&home.shop.clients.secrets, &name).await.expect("the keys are there");
            read(&home).await;
            change(&home).await;
            receipts(&home).await;
            executions(&machines).await;
            messages(&home, alarm, &letter).await;
            let audit = home.shop.auditor().audit().await.expect("the audit answers");
            assert!(audit.ok, "{:?}", audit.violations);
        })
        .await;
}

fn id() -> OrderId {
    OrderId::parse("A-1").expect("an id")
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a sku")
}

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").expect("a currency"))
}

/// An order that all went well with.
async fn live(home: &Watched) {
    let price = json!({ "amount": "18.00", "currency": "USD" });
    let items = json!([{ "sku": "A", "name": "Product A", "unit_price": price, "stock": 10 }]);
    let request = json!({
        "order_id": "A-1", "customer": { "email": "ana@example.com" }, "items": [{ "sku": "A", "quantity": 2 }],
        "payment": { "token": "tok_visa" }, "shipping_address": { "city": "Iași", "country": "RO" },
    });
    let (order, priced) = (json!({ "order_id": "A-1" }), json!({ "order_id": "A-1", "shipping": { "base": "15.00" } }));
    let placement = json!({ "workflow": "checkout", "request": request, "request_hash": "1" });
    for (step, input) in [
        ("SeedInventory", &json!({ "items": items })),
        ("PlaceOrder", &placement),
        ("PriceAndReserve", &priced),
        ("ChargePayment", &order),
        ("ConfirmOrder", &order),
        ("GenerateReceipt", &order),
        ("SendMail", &order),
    ] {
        home.run_unseen(step, input).await.unwrap_or_else(|error| panic!("{step}: {error}"));
    }
}

async fn read(home: &Watched) {
    let ports = home.ports();
    assert!(ports.orders.get(&id()).await.expect("an answer").is_some());
    assert_eq!(ports.orders.by_idempotency_key("checkout/none").await, Ok(None));
    let text = OrderFilter { text: Some("ana".into()), ..OrderFilter::default() };
    assert_eq!(ports.orders.list(&text, None, 10).await.expect("an answer").items.len(), 1);
    assert_eq!(ports.catalog.products(&[sku("A")]).await.expect("an answer").len(), 1);
    assert_eq!(ports.catalog.list(None, None, 10).await.expect("an answer").items.len(), 1);
    assert_eq!(ports.catalog.reservations(&id()).await, Ok(Vec::new()));
    assert!(!ports.catalog.ledger(&sku("A"), None, 10).await.expect("an answer").items.is_empty());
    assert_eq!(ports.customers.list(None, None, 10).await.expect("an answer").items, []);
    assert_eq!(ports.customers.get(&CustomerId::parse("NOBODY").expect("an id")).await, Ok(None));
}

/// What operators change: the catalogue, customers, stock, and money that goes back.
async fn change(home: &Watched) {
    let at = home.ports().clock.now();
    let count = |on_hand| Change::CountStock { sku: sku("NEW"), on_hand, reason: None, at };
    let customer = Customer {
        id: CustomerId::parse("C-1").expect("an id"),
        company: None,
        contact: None,
        email: Email::parse("c@example.com").expect("an address"),
        address: None,
    };
    let put = Change::PutProduct { sku: sku("NEW"), name: "Tea".into(), unit_price: dollars(100), at };
    for changes in [
        vec![put, count(1)],
        vec![count(2)],
        vec![Change::MoveStock { sku: sku("A"), kind: EntryKind::Received, units: 1, reason: None, at }],
        vec![Change::PutCustomer(customer)],
    ] {
        home.apply(changes).await.expect("the changes are fit to be applied");
    }
    let payments = home.ports().payments;
    let charged = payments.events(&id()).await.expect("the gateway answers");
    let taken = charged.iter().find(|event| event.kind == PaymentEventKind::Captured).expect("it was charged");
    let (key, reference) = ("A-1/refund/1".to_owned(), taken.reference.clone());
    let refund = RefundRequest { key, order_id: id(), reference, amount: dollars(100) };
    let event = payments.refund(&refund).await.expect("it goes back");
    home.apply(vec![Change::RecordPayment { order_id: id(), event }]).await.expect("it is written down");
}

/// A receipt that is there, and one that is lost and made again.
async fn receipts(home: &Watched) {
    let receipts = home.ports().receipts;
    assert!(receipts.direct_link("receipts/A-1.pdf").await.expect("an answer").is_some());
    let lost = format!("receipts/{}.pdf", unique("lost"));
    assert_eq!(receipts.get(&lost).await, Ok(None));
    receipts.put(&lost, Bytes::from_static(b"%PDF")).await.expect("it is put");
}

async fn executions(machines: &StateMachines) {
    let execution = Execution { state_machine: "checkout".into(), name: "A-1".into(), input: json!({}) };
    let arn = machines.start(&execution).await.expect("it is started");
    machines.stop(&arn, None, None).await.expect("it is stopped");
    machines.wait(&arn).await.expect("it has ended");
    machines.history(&arn, HistoryPart::WHOLE).await.expect("it has a history");
    let listed = machines.list(&ExecutionFilter::default(), None, 10).await.expect("they are listed");
    assert_eq!(listed.items.len(), 1);
}

async fn messages(home: &Watched, alarm: String, letter: &str) {
    let shop = &home.shop;
    let clients = shop.clients.clone();
    let alarms = Alarms::new(clients.cloudwatch, [("TheAlarm".to_owned(), alarm)].into());
    let queues = Queues::new(clients.sqs, shop.queues.clone());
    let topics = (clients.sns, shop.topics.clone());
    let reader = MessageReader::new(clients.dynamodb, &shop.tables.outbox, topics, queues, alarms, shop.clock.clone());
    let mails = reader.mails(Some("A-1"), None, 10).await.expect("an answer").items;
    assert!(reader.mail(mails[0].id).await.expect("an answer").is_some());
    // Sent again, a mail is another one.
    let mut again = mails[0].mail.clone();
    again.key = "A-1/again".into();
    home.apply(vec![Change::SendMail(again)]).await.expect("it is put into the outbox");
    assert_eq!(reader.topics().await.expect("an answer").len(), shop.topics.len());
    assert_eq!(reader.topic_messages(TOPIC, None, 10).await.expect("an answer").items, []);
    assert!(!reader.queues().await.expect("an answer").is_empty());
    assert!(!reader.backlogs().await.expect("an answer").is_empty());
    assert_eq!(reader.dead_letters(None, 10).await.expect("an answer").items.len(), 1);
    reader.redeliver(letter).await.expect("it is pending again");
    assert_eq!(reader.alarms().await.expect("an answer").len(), 1);
}

/// A message that was given up.
async fn dead_letter(home: &Watched) -> String {
    let shop = &home.shop;
    let (key, at) = ("k".to_owned(), home.ports().clock.now());
    let message = Message::Queue(QueueMessage { queue: QUEUE.into(), key, body: "b".into(), at });
    let dead = OutboxItem {
        state: DeliveryState::Dead,
        next_attempt_at: None,
        dead_at: Some(at),
        last_error: Some("no".into()),
        ..OutboxItem::new(message, at, 1)
    };
    let put = shop.clients.dynamodb.put_item().table_name(&shop.tables.outbox).set_item(Some(dead.to_item()));
    put.send().await.expect("the item is put");
    let letters = shop.messages().dead_letters(None, 1).await.expect("the letters answer");
    letters.items[0].id.clone()
}

async fn alarm(home: &Watched) -> String {
    let name = unique("shop-TheAlarm");
    let put = home.shop.clients.cloudwatch.put_metric_alarm().alarm_name(&name).namespace("AWS/SQS");
    let put = put.metric_name("ApproximateNumberOfMessagesVisible").statistic(Statistic::Maximum).threshold(10.0);
    let put = put.comparison_operator(ComparisonOperator::GreaterThanThreshold).period(60).evaluation_periods(1);
    put.send().await.expect("the alarm is made");
    name
}
