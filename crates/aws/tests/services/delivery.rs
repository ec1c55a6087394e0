//! What is in the outbox leaves: each message once, later when it must, never when it cannot.

use std::sync::Arc;

use aws::outbox_items::{self, Message, OutboxItem};
use aws::{BounceRecorder, Delivered, SnsEvent};
use bytes::Bytes;
use futures::future::join_all;
use jiff::SignedDuration;
use ports::{Attachment, Clock, DeliveryState, Messages, Receipts};
use serde_json::{Value, json};

use crate::desk::{Desk, IDLE, batch, event, mail, queue_message, start, topic_message};
use crate::stand_in::{ministack, moto};

fn delivered(delivered: u32) -> Delivered {
    Delivered { delivered, ..Delivered::default() }
}

#[tokio::test]
async fn a_message_of_every_kind_leaves_once() {
    let desk = Desk::new(ministack()).await.with_state_machine("checkout", IDLE).await;
    let messages = [
        mail(&desk.clock, "O-1", "Of every kind"),
        topic_message(&desk.clock, "order-errors"),
        event(&desk.clock),
        queue_message(&desk.clock, "OrdersQueue", "O-1"),
        start("checkout"),
    ];
    let mut records = Vec::new();
    for message in &messages {
        records.push(desk.put(message.clone()).await);
    }
    let deliverer = desk.deliverer();
    assert_eq!(deliverer.deliver(batch(records.clone())).await, (delivered(5), vec![]));
    assert_eq!(deliverer.deliver(batch(records)).await, (delivered(0), vec![]), "the stream told it twice");
    assert_eq!(deliverer.sweep(100).await, Ok(delivered(0)));
    for message in &messages {
        let item = desk.item(message).await;
        assert_eq!((item.state, item.attempts), (DeliveryState::Delivered, 1), "{}", message.key());
    }

    let mails = desk.sent("Of every kind");
    assert_eq!(mails.len(), 1);
    assert_eq!((&mails[0]["Source"], &mails[0]["To"]), (&json!("shop@example.com"), &json!(["Ana@example.com"])));
    let told = desk.drain(&desk.told).await;
    let notification: Value = serde_json::from_str(told[0].body().unwrap()).unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&notification["Message"], &notification["Subject"]),
        (&json!(r#"{"order_id":"O-1"}"#), &json!("An order failed"))
    );
    assert_eq!(notification["MessageAttributes"]["key"]["Value"], "O-1/failed");
    let heard = desk.drain(&desk.heard).await;
    let heard_event: Value = serde_json::from_str(heard[0].body().unwrap()).unwrap();
    assert_eq!(heard.len(), 1);
    assert_eq!(
        (&heard_event["detail-type"], &heard_event["detail"]),
        (&json!("OrderConfirmed"), &json!({"order_id":"O-1"}))
    );
    let queued = desk.drain(&desk.queues["OrdersQueue"]).await;
    assert_eq!((queued.len(), queued[0].body()), (1, Some("body of O-1")));
    assert_eq!(queued[0].message_attributes().unwrap()["key"].string_value(), Some("O-1"));
    let list = desk.clients.step_functions.list_executions().state_machine_arn(&desk.state_machines["checkout"]);
    let executions = list.send().await.unwrap().executions;
    assert_eq!(executions.iter().map(|execution| execution.name.as_str()).collect::<Vec<_>>(), ["O-1"]);
}

#[tokio::test]
async fn two_who_see_a_message_deliver_it_once() {
    for stand_in in [moto(), ministack()] {
        let desk = Desk::new(stand_in).await;
        let mut records = Vec::new();
        for number in 0..5 {
            records.push(desk.put(queue_message(&desk.clock, "OrdersQueue", &format!("O-{number}"))).await);
        }
        let deliverers: Vec<_> = (0..6).map(|_| desk.deliverer()).collect();
        let told = join_all(deliverers.iter().map(|deliverer| deliverer.deliver(batch(records.clone())))).await;
        let swept = join_all(deliverers.iter().map(|deliverer| deliverer.sweep(10))).await;
        let by_stream: u32 = told.iter().map(|(delivered, _)| delivered.delivered).sum();
        assert_eq!(by_stream, 5, "{told:?} {swept:?}");
        assert_eq!(desk.drain(&desk.queues["OrdersQueue"]).await.len(), 5);
    }
}

#[tokio::test]
async fn what_names_nobody_is_given_up_and_comes_again_when_it_is_told_to() {
    let mut desk = Desk::new(moto()).await;
    for (message, expected) in [
        (topic_message(&desk.clock, "none"), "there is no topic none in ORDERFLOW_TOPICS"),
        (queue_message(&desk.clock, "None", "O-1"), "there is no queue None in ORDERFLOW_QUEUES"),
        (start("none"), "there is no state machine of none in ORDERFLOW_STATE_MACHINES"),
    ] {
        let record = desk.put(message.clone()).await;
        let (told, again) = desk.deliverer().deliver(batch([record])).await;
        assert_eq!((told.dead, again.len()), (1, 0));
        let item = desk.item(&message).await;
        assert_eq!((item.state, item.last_error.as_deref()), (DeliveryState::Dead, Some(expected)));
    }
    let reader = desk.reader();
    let letters = reader.dead_letters(None, 10).await.unwrap().items;
    assert_eq!(letters.len(), 3);
    let letter = letters.iter().find(|letter| letter.kind == "queue_message").unwrap();
    assert_eq!((letter.destination.as_str(), letter.attempts), ("None", 1));
    let orders = desk.queues["OrdersQueue"].clone();
    desk.queues.insert("None".into(), orders.clone());
    assert_eq!(desk.deliverer().sweep(10).await, Ok(delivered(0)), "the dead stay dead");
    reader.redeliver(&letter.id).await.unwrap();
    assert!(reader.redeliver(&letter.id).await.is_err(), "it is no dead letter any more");
    assert_eq!(desk.deliverer().sweep(10).await, Ok(delivered(1)));
    assert_eq!(desk.drain(&orders).await.len(), 1);
    assert_eq!(reader.dead_letters(None, 10).await.unwrap().items.len(), 2);
}

#[tokio::test]
async fn what_fails_for_now_comes_again_when_it_is_due() {
    let desk = Desk::new(ministack()).await;
    let Message::Mail(mut with_receipt) = mail(&desk.clock, "O-2", "With a receipt") else { unreachable!() };
    let (file_name, object_key) = ("receipt-O-2.pdf".to_owned(), "receipts/O-2.pdf".to_owned());
    let attachment = Attachment { file_name, media_type: "application/pdf".into(), object_key: object_key.clone() };
    with_receipt.attachments.push(attachment);
    let message = Message::Mail(with_receipt);
    let record = desk.put(message.clone()).await;
    let deliverer = desk.deliverer();
    let (told, again) = deliverer.deliver(batch([record])).await;
    assert_eq!((told.retried, again.len()), (1, 0));
    let waiting = desk.item(&message).await;
    assert_eq!(waiting.last_error.as_deref(), Some("receipts/O-2.pdf is not in the object store"));
    assert!(waiting.next_attempt_at.is_some_and(|at| at > desk.clock.now()));
    desk.receipts.put(&object_key, Bytes::from_static(b"%PDF-1.7")).await.unwrap();
    assert_eq!(deliverer.sweep(10).await, Ok(delivered(0)), "it is not due yet");
    desk.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(deliverer.sweep(10).await, Ok(delivered(1)));
    assert_eq!(desk.sent("With a receipt").len(), 1);
    assert_eq!(desk.item(&message).await.attempts, 2);
}

#[tokio::test]
async fn what_somebody_claimed_and_left_is_taken_over_when_the_lease_is_out() {
    let desk = Desk::new(moto()).await;
    let message = queue_message(&desk.clock, "OrdersQueue", "O-1");
    let record = desk.put(message.clone()).await;
    let put = desk.item(&message).await;
    let lease = desk.clock.now() + SignedDuration::from_mins(5);
    let claimed = OutboxItem { attempts: 1, next_attempt_at: Some(lease), ..put };
    let item = Some(claimed.to_item());
    desk.clients.dynamodb.put_item().table_name(&desk.table).set_item(item).send().await.unwrap();
    let deliverer = desk.deliverer();
    assert_eq!(deliverer.deliver(batch([record])).await, (delivered(0), vec![]));
    assert_eq!(deliverer.sweep(10).await, Ok(delivered(0)));
    desk.clock.advance(SignedDuration::from_mins(6));
    assert_eq!(deliverer.sweep(10).await, Ok(delivered(1)));
    assert_eq!(desk.drain(&desk.queues["OrdersQueue"]).await.len(), 1);
}

#[tokio::test]
async fn a_bounce_shows_with_its_mail() {
    let desk = Desk::new(moto()).await;
    let message = mail(&desk.clock, "O-3", "Into the void");
    desk.put(message.clone()).await;
    let number = outbox_items::number(&message.key());
    let recorder = BounceRecorder::new(desk.clients.dynamodb.clone(), Arc::clone(&desk.clock) as Arc<dyn Clock>);
    let told = |kind: &str, number: i64| -> SnsEvent {
        let ses = json!({
            "eventType": kind,
            "bounce": { "bounceType": "Permanent", "bounceSubType": "NoEmail", "bouncedRecipients": [] },
            "mail": { "tags": { "outbox": [desk.table], "mail": [number.to_string()] } },
        });
        let records = json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Message": ses.to_string() } }] });
        serde_json::from_value(records).unwrap()
    };
    assert_eq!(recorder.record(&told("Delivery", number)).await, Ok(0));
    assert_eq!(recorder.record(&told("Bounce", 7)).await, Ok(0), "nobody knows that mail");
    assert_eq!(recorder.record(&told("Bounce", number)).await, Ok(1));
    assert_eq!(recorder.record(&told("Bounce", number)).await, Ok(0), "told twice");
    let shown = desk.reader().mails(Some("O-3"), None, 10).await.unwrap().items;
    assert_eq!(shown[0].delivery.state, DeliveryState::Dead);
    assert_eq!(shown[0].delivery.last_error.as_deref(), Some("bounced: Permanent NoEmail"));
    let malformed = serde_json::from_value(json!({ "Records": [{ "Sns": { "Message": "hello" } }] })).unwrap();
    let error = recorder.record(&malformed).await.unwrap_err();
    assert_eq!(error.message, "Records.0.Sns.Message: expected an event of SES as JSON");
}
