//! Streams, the event bus, queues and alarms: what pumps follow.

mod support;

use contract::{Home, QUEUE};
use jiff::SignedDuration;
use local::{alarms, cursors, events, queues, streams};
use order::{Contact, Email, Line, NewOrder, OrderId, Quantity, Sku, Status};
use ports::{BusEvent, Change, Clock, Messages, QueueMessage};
use serde_json::{Value, json};
use support::{DEAD_LETTERS, Shop};
use triggers::{AlarmState, Datapoint, Transition};

fn emag_order(name: &str) -> NewOrder {
    NewOrder {
        id: OrderId::parse(name).unwrap(),
        workflow: "emag-orderflow".into(),
        customer: Contact { id: None, name: None, email: Some(Email::parse("ana@example.com").unwrap()) },
        lines: vec![Line { sku: Sku::parse("A").unwrap(), quantity: Quantity::new(2).unwrap() }],
        shipping_address: None,
        currency: None,
        payment_token: "tok_visa".into(),
        payment_method: None,
    }
}

fn place(shop: &Shop, order: NewOrder) -> Change {
    let execution_arn = shop.ports().ids.execution_arn(&order.workflow, order.id.as_str());
    Change::PlaceOrder { order, execution_arn, idempotency: None, at: shop.clock.now() }
}

#[tokio::test]
async fn a_streamed_table_shows_every_change_once() {
    let shop = Shop::new();
    let change = |status, reason: Option<&str>| Change::SetStatus {
        order_id: OrderId::parse("O-1").unwrap(),
        status,
        reason: reason.map(str::to_owned),
        at: shop.clock.now(),
    };
    for _ in 0..2 {
        shop.apply(vec![place(&shop, emag_order("O-1"))]).await;
    }
    for _ in 0..2 {
        shop.apply(vec![change(Status::Rejected, Some("sold out"))]).await;
    }
    let mut other = emag_order("O-2");
    other.workflow = "checkout".into();
    shop.apply(vec![place(&shop, other)]).await;

    let table = shop.wiring.streams["emag-orderflow"].clone();
    let read = |after: i64, limit: usize| {
        shop.read(|connection| streams::after(connection, &shop.wiring.origin, &table, after, limit))
    };
    let records: Vec<Value> = read(0, 10).iter().map(|entry| entry.record.to_value()).collect();
    let seen: Vec<_> = records
        .iter()
        .map(|record| {
            let image = |name: &str| record["dynamodb"][name]["status"]["S"].clone();
            (record["eventName"].clone(), image("OldImage"), image("NewImage"))
        })
        .collect();
    let expected =
        [(json!("INSERT"), Value::Null, json!("PENDING")), (json!("MODIFY"), json!("PENDING"), json!("REJECTED"))];
    assert_eq!(seen, expected);
    assert_eq!(records[1]["dynamodb"]["NewImage"]["reason"]["S"], "sold out");
    assert_eq!(records[1]["dynamodb"]["Keys"], json!({ "order_id": { "S": "O-1" } }));
    assert_ne!(records[0]["eventID"], records[1]["eventID"]);

    let first = read(0, 1)[0].sequence;
    assert_eq!(read(first, 10).len(), 1);
    // Only what every consumer has passed may go.
    let late = shop.clock.now() + SignedDuration::from_hours(1);
    let prune = async |consumers: &'static [&'static str]| {
        shop.store.write(move |tx| streams::prune(tx, "orders", consumers, late)).await.unwrap()
    };
    assert_eq!(prune(&["pipe", "slow"]).await, 0);
    shop.store.write(move |tx| cursors::set(tx, "pipe", first + 1)).await.unwrap();
    shop.store.write(move |tx| cursors::set(tx, "slow", first)).await.unwrap();
    assert_eq!(prune(&["pipe", "slow"]).await, 1);
    assert_eq!(read(0, 10).len(), 1);
    // A cursor never goes back.
    shop.store.write(|tx| cursors::set(tx, "pipe", 0)).await.unwrap();
    assert_eq!(shop.read(|connection| cursors::get(connection, "pipe")), first + 1);
}

#[tokio::test]
async fn an_event_has_the_same_envelope_whenever_it_is_read() {
    let shop = Shop::new();
    let event = |key: &str| {
        Change::PutEvent(BusEvent {
            key: key.into(),
            source: "orderflow".into(),
            detail_type: "OrderConfirmed".into(),
            detail: json!({ "order_id": "O-1" }),
            at: shop.clock.now(),
        })
    };
    shop.apply(vec![event("O-1/OrderConfirmed"), event("O-1/OrderConfirmed"), event("O-2/OrderConfirmed")]).await;
    let read = || shop.read(|connection| events::after(connection, 0, 10));
    let envelopes: Vec<_> = read().iter().map(|logged| logged.envelope(&shop.wiring.origin).to_value()).collect();
    assert_eq!(envelopes.len(), 2);
    assert_eq!(envelopes[0]["detail-type"], "OrderConfirmed");
    assert_ne!(envelopes[0]["id"], envelopes[1]["id"]);
    assert_eq!(read()[0].envelope(&shop.wiring.origin).to_value(), envelopes[0]);
    let last = read()[1].sequence;
    let later = shop.clock.now() + SignedDuration::from_secs(1);
    shop.store.write(move |tx| cursors::set(tx, "bus", last)).await.unwrap();
    assert_eq!(shop.store.write(move |tx| events::prune(tx, &["bus"], later)).await.unwrap(), 2);
    // Numbers never come again: a consumer would pass over what has one.
    shop.apply(vec![event("O-3/OrderConfirmed")]).await;
    assert!(read()[0].sequence > last);
}

async fn send(shop: &Shop, key: &str) {
    let message =
        QueueMessage { queue: QUEUE.into(), key: key.into(), body: format!("body {key}"), at: shop.clock.now() };
    shop.apply(vec![Change::SendMessage(message)]).await;
}

async fn receive(shop: &Shop, queue: &'static str, max: usize) -> Vec<queues::Received> {
    let (wiring, now) = (shop.wiring.clone(), shop.clock.now());
    shop.store.write(move |tx| queues::receive(tx, queue, max, now, &wiring)).await.unwrap()
}

async fn delete(shop: &Shop, handle: &str) -> bool {
    let (handle, now) = (handle.to_owned(), shop.clock.now());
    shop.store.write(move |tx| queues::delete(tx, &handle, now)).await.unwrap()
}

fn depth(shop: &Shop, queue: &str) -> (i64, i64) {
    let depth = shop.read(|connection| queues::depth(connection, queue, shop.clock.now()));
    (depth.visible, depth.hidden)
}

#[tokio::test]
async fn a_message_is_hidden_while_it_is_worked_on_and_comes_back() {
    let shop = Shop::new();
    for key in ["a", "b"] {
        send(&shop, key).await;
    }
    let first = receive(&shop, QUEUE, 1).await;
    assert_eq!((first[0].body.as_str(), first[0].state.receive_count), ("body a", 1));
    assert_eq!(depth(&shop, QUEUE), (1, 1));
    let others = receive(&shop, QUEUE, 10).await;
    assert_eq!(others.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["body b"]);
    assert!(delete(&shop, &others[0].receipt_handle).await);
    assert!(!delete(&shop, &others[0].receipt_handle).await);
    // Deleted or not, what was sent once is not sent again.
    send(&shop, "b").await;
    assert_eq!(depth(&shop, QUEUE), (0, 1));
    assert!(receive(&shop, QUEUE, 10).await.is_empty());
    let next = shop.read(|connection| queues::next_visible_at(connection, QUEUE));
    assert_eq!(next, Some(shop.clock.now() + SignedDuration::from_secs(30)));

    shop.advance(SignedDuration::from_secs(30));
    let again = receive(&shop, QUEUE, 10).await;
    assert_eq!((again[0].message_id.as_str(), again[0].state.receive_count), (first[0].message_id.as_str(), 2));
    assert_eq!(again[0].first_received_at, first[0].first_received_at);
    assert!(!delete(&shop, &first[0].receipt_handle).await, "it belongs to whoever has it now");
    let (handle, now) = (again[0].receipt_handle.clone(), shop.clock.now());
    assert!(shop.store.write(move |tx| queues::release(tx, &handle, now)).await.unwrap());
    let record = serde_json::to_value(receive(&shop, QUEUE, 10).await[0].record(&shop.wiring.origin)).unwrap();
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "3");
    for handle in ["", "x", "1", "1.x", "99.1"] {
        assert!(!delete(&shop, handle).await, "{handle}");
    }
}

#[tokio::test]
async fn a_message_that_keeps_failing_is_put_aside_and_can_be_tried_again() {
    let shop = Shop::new();
    send(&shop, "a").await;
    for count in 1..=3 {
        assert_eq!(receive(&shop, QUEUE, 1).await[0].state.receive_count, count);
        shop.advance(SignedDuration::from_secs(31));
    }
    assert!(receive(&shop, QUEUE, 1).await.is_empty());
    assert_eq!((depth(&shop, QUEUE), depth(&shop, DEAD_LETTERS)), ((0, 0), (1, 0)));
    let reader = shop.message_reader();
    let letters = reader.dead_letters(None, 10).await.unwrap().items;
    assert_eq!((letters[0].kind.as_str(), letters[0].destination.as_str()), ("queue_message", QUEUE));
    assert_eq!((letters[0].content["body"].clone(), letters[0].attempts), (json!("body a"), 3));
    reader.redeliver(&letters[0].id).await.unwrap();
    assert!(reader.redeliver(&letters[0].id).await.is_err());
    assert_eq!(receive(&shop, QUEUE, 1).await[0].state.receive_count, 1);

    // All of a dead-letter queue at once.
    for _ in 0..3 {
        shop.advance(SignedDuration::from_secs(31));
        receive(&shop, QUEUE, 1).await;
    }
    let now = shop.clock.now();
    assert_eq!(shop.store.write(move |tx| queues::redrive(tx, DEAD_LETTERS, 10, now)).await.unwrap(), 1);
    assert_eq!((depth(&shop, QUEUE), depth(&shop, DEAD_LETTERS)), ((1, 0), (0, 0)));
    // Past its retention a message is dropped, and what was dropped is forgotten in time.
    shop.advance(SignedDuration::from_hours(24 * 5));
    assert!(receive(&shop, QUEUE, 1).await.is_empty());
    assert_eq!(depth(&shop, QUEUE), (0, 0));
    let later = shop.clock.now() + SignedDuration::from_secs(1);
    assert_eq!(shop.store.write(move |tx| queues::prune(tx, later, 10)).await.unwrap(), 1);
}

#[tokio::test]
async fn dead_letters_of_one_moment_are_listed_page_by_page_once_each() {
    let shop = Shop::new();
    for key in ["a", "b", "c", "d", "e"] {
        send(&shop, key).await;
    }
    for _ in 0..4 {
        receive(&shop, QUEUE, 10).await;
        shop.advance(SignedDuration::from_secs(31));
    }
    let reader = shop.message_reader();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = reader.dead_letters(cursor.as_deref(), 2).await.unwrap();
        seen.extend(page.items.into_iter().map(|letter| letter.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((seen.len(), distinct.len()), (5, 5), "{seen:?}");
}

#[tokio::test]
async fn an_alarm_keeps_its_state_and_changes_it_once() {
    let shop = Shop::new();
    let now = shop.clock.now();
    let rule = json!({ "MetricName": "ApproximateNumberOfMessagesVisible", "Threshold": 10 });
    let declare = |rule: Value| shop.store.write(move |tx| alarms::declare(tx, "depth", &rule));
    assert_eq!(declare(rule.clone()).await.unwrap(), AlarmState::InsufficientData);
    let change = Transition {
        old_state: AlarmState::InsufficientData,
        new_state: AlarmState::Alarm,
        reason: "Threshold Crossed".into(),
        at: now,
    };
    for first in [true, false] {
        let change = change.clone();
        assert_eq!(shop.store.write(move |tx| alarms::transition(tx, "depth", &change)).await.unwrap(), first);
    }
    assert_eq!(declare(rule.clone()).await.unwrap(), AlarmState::Alarm);
    let views = shop.message_reader().alarms().await.unwrap();
    assert_eq!((views[0].state.as_str(), views[0].since, views[0].history.len()), ("ALARM", Some(now), 1));
    assert_eq!(views[0].rule, rule);

    let record = |value| shop.store.write(move |tx| alarms::record(tx, "s", Datapoint::sample(now, value)));
    record(4.0).await.unwrap();
    record(6.0).await.unwrap();
    let points = shop.read(|connection| alarms::points(connection, "s", now));
    let shown: Vec<_> =
        points.iter().map(|p| format!("{} {} {} {}", p.sample_count, p.sum, p.minimum, p.maximum)).collect();
    assert_eq!(shown, ["2 10 4 6"]);
    shop.store.write(|tx| alarms::keep_only(tx, &[])).await.unwrap();
    assert!(shop.message_reader().alarms().await.unwrap().is_empty());
}
