//! The functions that no order waits for: what is in the outbox leaves, what ran out is let go, stock is evened out,
//! bounces are noted.

use std::sync::Arc;

use adapter::Sender;
use aws::outbox_items::{self, Message};
use aws::{
    BounceRecorder, Carriers, Deliverer, EventBus, Mailer, Queues, SnsEvent, Starter, StreamEvent, TopicPublisher,
};
use bytes::Bytes;
use contract::{Home, QUEUE, TOPIC};
use jiff::SignedDuration;
use order::{Email, EntryKind, OrderId, Sku};
use ports::{Attachment, BusEvent, Change, Clock, Execution, Mail, QueueMessage, Receipts, TopicMessage};
use serde_json::{Value, json};

use crate::recorder::Recorder;
use crate::steps::Watched;

pub async fn run(recorder: &Recorder) {
    let home = Watched::new(recorder).await;
    deliver(&home).await;
    expire(&home).await;
    rebalance(&home).await;
}

async fn deliver(home: &Watched) {
    let shop = &home.shop;
    shop.receipts.put("receipts/O-1.pdf", Bytes::from_static(b"%PDF-1.7")).await.expect("it is put");
    let machine = shop.state_machine("checkout").await;
    home.apply(messages(shop.clock.now())).await.expect("they are put into the outbox");
    let from = Email::parse("shop@example.com").expect("an address");
    let sender = Sender::new(&from, "The Corner Shop").expect("mail can come from it");
    let verified = shop.clients.ses.create_email_identity().email_identity(from.as_str()).send().await;
    verified.expect("the sender is made known");
    let clients = shop.clients.clone();
    let carriers = Carriers {
        mail: Mailer::new(clients.ses, sender, Arc::new(shop.receipts.clone()), None),
        topics: TopicPublisher::new(clients.sns, shop.topics.clone()),
        queues: Queues::new(clients.sqs, shop.queues.clone()),
        events: EventBus::new(clients.events, "default"),
        executions: Starter::new(clients.step_functions, [("checkout".to_owned(), machine)].into()),
    };
    let deliverer = Deliverer::new(clients.dynamodb, &shop.tables.outbox, carriers, shop.clock.clone());
    let waiting = shop.items(&shop.tables.outbox).await;
    let (by_stream, by_schedule) = waiting.split_at(2);
    let records = by_stream.iter().map(|item| {
        let image = serde_json::to_value(serde_dynamo::Item::from(item.clone())).expect("an item is JSON");
        json!({ "eventName": "INSERT", "dynamodb": { "SequenceNumber": "1", "NewImage": image } })
    });
    let records: Vec<Value> = records.collect();
    let batch: StreamEvent = serde_json::from_value(json!({ "Records": records })).expect("records of a stream");
    home.recorder
        .record("DeliverOutbox", async {
            let (delivered, again) = deliverer.deliver(batch).await;
            assert_eq!((delivered.delivered, again.len()), (2, 0));
            let delivered = deliverer.sweep(100).await.expect("the outbox answers");
            assert_eq!(delivered.delivered as usize, by_schedule.len(), "{delivered:?}");
        })
        .await;
    bounce(home).await;
}

fn messages(at: jiff::Timestamp) -> Vec<Change> {
    let object_key = "receipts/O-1.pdf".to_owned();
    vec![
        Change::SendMail(mail(object_key, at)),
        Change::Publish(TopicMessage { topic: TOPIC.into(), key: "k".into(), subject: None, message: "m".into(), at }),
        Change::PutEvent(BusEvent {
            key: "k".into(),
            source: "orderflow".into(),
            detail_type: "OrderConfirmed".into(),
            detail: json!({}),
            at,
        }),
        Change::SendMessage(QueueMessage { queue: QUEUE.into(), key: "k".into(), body: "b".into(), at }),
        Change::StartExecution(Execution { state_machine: "checkout".into(), name: "O-1".into(), input: json!({}) }),
    ]
}

fn mail(object_key: String, at: jiff::Timestamp) -> Mail {
    let attachment = Attachment { file_name: "r.pdf".into(), media_type: "application/pdf".into(), object_key };
    Mail {
        key: "O-1/outcome".into(),
        order_id: OrderId::parse("O-1").expect("an id"),
        kind: "order_confirmed".into(),
        to: Email::parse("ana@example.com").expect("an address"),
        to_name: None,
        subject: "s".into(),
        text: "t".into(),
        html: "h".into(),
        attachments: vec![attachment],
        at,
    }
}

async fn bounce(home: &Watched) {
    let shop = &home.shop;
    let number = outbox_items::number(&Message::Mail(mail(String::new(), shop.clock.now())).key());
    let told = json!({
        "eventType": "Bounce", "bounce": { "bounceType": "Permanent" },
        "mail": { "tags": { "outbox": [shop.tables.outbox], "mail": [number.to_string()] } },
    });
    let event: SnsEvent =
        serde_json::from_value(json!({ "Records": [{ "Sns": { "Message": told.to_string() } }] })).expect("an event");
    let bounces = BounceRecorder::new(shop.clients.dynamodb.clone(), shop.clock.clone());
    assert_eq!(home.recorder.record("RecordBounce", bounces.record(&event)).await, Ok(1));
}

async fn expire(home: &Watched) {
    home.run_unseen("SeedInventory", &seeds()).await.expect("the product is new");
    let request = json!({
        "order_id": "E-1", "customer": { "email": "ana@example.com" }, "items": [{ "sku": "A", "quantity": 2 }],
        "payment": { "token": "tok_visa" }, "shipping_address": { "city": "Iași", "country": "RO" },
    });
    let placement = json!({ "workflow": "checkout", "request": request, "request_hash": "1" });
    home.run_unseen("PlaceOrder", &placement).await.expect("the order is placed");
    let order = json!({ "order_id": "E-1", "shipping": { "base": "15.00" } });
    home.run_unseen("PriceAndReserve", &order).await.expect("the units are there");
    home.advance(SignedDuration::from_hours(25));
    let now = home.shop.clock.now();
    let expired = home.recorder.record("ExpireReservations", home.shop.applier.expire_reservations(now)).await;
    assert_eq!(expired, Ok(1));
}

fn seeds() -> Value {
    let price = json!({ "amount": "18.00", "currency": "USD" });
    json!({ "items": [{ "sku": "A", "name": "Product A", "unit_price": price, "stock": 10 }] })
}

/// A product that is spread over four shards is to be spread over six.
async fn rebalance(home: &Watched) {
    let at = home.shop.clock.now();
    let sku = Sku::parse("A").expect("a sku");
    let kind = EntryKind::Received;
    home.apply(vec![Change::MoveStock { sku, kind, units: 100, reason: None, at }]).await.expect("it is booked");
    let moved = home.recorder.record("RebalanceStock", home.shop.shards(6).rebalance_all()).await;
    assert!(moved.is_ok_and(|moved| moved > 0), "two new shards were filled");
}
