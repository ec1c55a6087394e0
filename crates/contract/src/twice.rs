//! A step done twice has the effect of one.

use std::sync::Arc;

use order::{PaymentEventKind, Receipt, Status};
use ports::{BusEvent, Change, Execution, QueueMessage, TopicMessage};
use serde_json::json;

use crate::fixtures::{
    apply, customer, mail, now, order, payment, place, place_with_key, pricing, product, release, reserve, restock,
    seed, sell, status,
};
use crate::{QUEUE, TOPIC, World};

/// `MoveStock` is not among them: it is an operator's act, and two deliveries of ten are twenty.
pub(crate) async fn every_change_done_twice_has_the_effect_of_one(world: Arc<dyn World>) {
    let world = &*world;
    let at = now(world);
    let ordered = [("A", 3), ("B", 1)];
    let mut steps: Vec<Vec<Change>> = vec![
        product(world, "A", 10),
        product(world, "B", 5),
        vec![product(world, "C", 0).swap_remove(0), seed(world, "C", 7)],
        vec![Change::PutCustomer(customer("ALFKI", "Alfreds Futterkiste"))],
        vec![place_with_key(world, order("O-1", &ordered), "checkout/k", "hash")],
        vec![place(world, order("O-2", &ordered))],
        vec![Change::SetPricing { order_id: crate::fixtures::id("O-1"), pricing: pricing("A", 3) }],
        vec![reserve(world, "O-1", &ordered), status(world, "O-1", Status::Reserved)],
        vec![reserve(world, "O-2", &ordered)],
        vec![release(world, "O-2")],
        vec![status(world, "O-2", Status::Rejected)],
    ];
    let record = |kind, key| Change::RecordPayment {
        order_id: crate::fixtures::id("O-1"),
        event: payment(world, kind, 6_900, key),
    };
    let receipt = Receipt { object_key: "receipts/O-1.pdf".into(), issued_at: at };
    steps.extend([
        vec![record(PaymentEventKind::Authorised, "O-1/authorise")],
        vec![record(PaymentEventKind::Captured, "O-1/capture"), status(world, "O-1", Status::Paid)],
        vec![sell(world, "O-1", &ordered), status(world, "O-1", Status::Confirmed)],
        vec![Change::NoteExecution { order_id: crate::fixtures::id("O-1"), execution_arn: "arn:started:anew".into() }],
        vec![Change::IssueReceipt { order_id: crate::fixtures::id("O-1"), receipt }],
        vec![Change::SendMail(mail(world, "O-1", "outcome"))],
        vec![Change::Publish(TopicMessage {
            topic: TOPIC.into(),
            key: "O-1/Published".into(),
            subject: Some("Order completed".into()),
            message: r#"{"order_id":"O-1"}"#.into(),
            at,
        })],
        vec![Change::PutEvent(BusEvent {
            key: "O-1/OrderConfirmed".into(),
            source: "orderflow".into(),
            detail_type: "OrderConfirmed".into(),
            detail: json!({ "order_id": "O-1" }),
            at,
        })],
        vec![Change::SendMessage(QueueMessage { queue: QUEUE.into(), key: "O-1".into(), body: "{}".into(), at })],
        vec![Change::StartExecution(Execution {
            state_machine: "checkout".into(),
            name: "O-1".into(),
            input: json!({ "order_id": "O-1" }),
        })],
        vec![restock(world, "O-1"), status(world, "O-1", Status::Cancelled)],
    ]);
    for step in &steps {
        let before = world.snapshot().await;
        apply(world, step.clone()).await;
        let once = world.snapshot().await;
        assert_ne!(before, once, "it had no effect at all: {step:?}");
        apply(world, step.clone()).await;
        assert_eq!(once, world.snapshot().await, "a second time it had another effect: {step:?}");
    }
    // Also when much has happened in between, unless the order's life has gone on since.
    let ended = world.snapshot().await;
    for step in &steps {
        if !step.iter().any(|change| {
            matches!(change, Change::SetStatus { .. } | Change::CountStock { .. } | Change::Reserve { .. })
        }) {
            apply(world, step.clone()).await;
            assert_eq!(ended, world.snapshot().await, "done again at the end it had another effect: {step:?}");
        }
    }
}
