//! Every refusal has its name, and leaves no trace.

use std::sync::Arc;

use order::{EntryKind, PaymentEventKind, Receipt, Status};
use ports::{Change, ErrorName, QueueMessage, TopicMessage};

use crate::World;
use crate::fixtures::{
    apply, book, count, id, now, order, payment, place, place_with_key, pricing, product, refused, release, reserve,
    restock, seed, sell, status,
};

pub(crate) async fn every_refusal_has_its_name_and_changes_nothing(world: Arc<dyn World>) {
    let world = &*world;
    let at = now(world);
    let ordered = [("A", 3)];
    apply(world, product(world, "A", 5)).await;
    apply(world, vec![place_with_key(world, order("O-1", &ordered), "checkout/k", "hash")]).await;
    apply(world, vec![reserve(world, "O-1", &ordered)]).await;
    apply(world, vec![place(world, order("O-2", &ordered)), status(world, "O-2", Status::Rejected)]).await;
    apply(world, vec![place(world, order("O-3", &[("A", 3), ("NONE", 1)]))]).await;

    let unknown = "O-9";
    let event = payment(world, PaymentEventKind::Authorised, 100, "O-9/authorise");
    let receipt = Receipt { object_key: "receipts/O-9.pdf".into(), issued_at: at };
    let topic = TopicMessage { topic: "none".into(), key: "k".into(), subject: None, message: "m".into(), at };
    let message = QueueMessage { queue: "none".into(), key: "k".into(), body: "b".into(), at };
    let refusals = [
        (place(world, order("O-1", &[("A", 4)])), ErrorName::OrderIdTaken),
        (place_with_key(world, order("O-1", &ordered), "checkout/k", "other"), ErrorName::IdempotencyKeyReused),
        (place_with_key(world, order("O-8", &ordered), "checkout/k", "other"), ErrorName::IdempotencyKeyReused),
        (place_with_key(world, order("O-1", &[("A", 4)]), "checkout/new", "hash"), ErrorName::OrderIdTaken),
        (Change::SetPricing { order_id: id(unknown), pricing: pricing("A", 1) }, ErrorName::OrderNotFound),
        (reserve(world, unknown, &ordered), ErrorName::OrderNotFound),
        (reserve(world, "O-2", &ordered), ErrorName::OutOfStock),
        (reserve(world, "O-3", &[("A", 1), ("NONE", 1)]), ErrorName::UnknownProduct),
        (release(world, unknown), ErrorName::OrderNotFound),
        (sell(world, unknown, &ordered), ErrorName::OrderNotFound),
        (sell(world, "O-2", &ordered), ErrorName::ReservationExpired),
        (restock(world, unknown), ErrorName::OrderNotFound),
        (status(world, unknown, Status::Paid), ErrorName::OrderNotFound),
        (status(world, "O-2", Status::Confirmed), ErrorName::StatusRefused),
        (status(world, "O-1", Status::Shipped), ErrorName::StatusRefused),
        (Change::RecordPayment { order_id: id(unknown), event }, ErrorName::OrderNotFound),
        (Change::IssueReceipt { order_id: id(unknown), receipt }, ErrorName::OrderNotFound),
        (Change::NoteExecution { order_id: id(unknown), execution_arn: "arn".into() }, ErrorName::OrderNotFound),
        (Change::Publish(topic), ErrorName::NotFound),
        (Change::SendMessage(message), ErrorName::NotFound),
        (book(world, "NONE", EntryKind::Received, 1), ErrorName::NotFound),
        (book(world, "A", EntryKind::Adjusted, -3), ErrorName::OutOfStock),
        (book(world, "A", EntryKind::Received, -1), ErrorName::InvalidRequest),
        (book(world, "A", EntryKind::Received, i64::MAX), ErrorName::InvalidRequest),
        (book(world, "A", EntryKind::Adjusted, i64::MIN), ErrorName::InvalidRequest),
        (book(world, "A", EntryKind::Sold, 1), ErrorName::InvalidRequest),
        (count(world, "NONE", 1), ErrorName::NotFound),
        (seed(world, "NONE", 1), ErrorName::NotFound),
        (seed(world, "NONE", -1), ErrorName::InvalidRequest),
        (count(world, "A", 2), ErrorName::OutOfStock),
        (count(world, "A", -1), ErrorName::InvalidRequest),
    ];
    let before = world.snapshot().await;
    for (change, name) in refusals {
        let shown = format!("{change:?}");
        refused(world, change, name).await;
        assert_eq!(before, world.snapshot().await, "it was refused, but left a trace: {shown}");
    }
    let free = world.ports().orders.by_idempotency_key("checkout/new").await.expect("the orders answer");
    assert_eq!(free, None, "a refused order must not bind its key");
}

pub(crate) async fn one_refusal_takes_back_the_whole_step(world: Arc<dyn World>) {
    let world = &*world;
    let ordered = [("A", 3)];
    apply(world, product(world, "A", 5)).await;
    let before = world.snapshot().await;
    let step = vec![
        place(world, order("O-1", &ordered)),
        reserve(world, "O-1", &ordered),
        Change::SendMail(crate::fixtures::mail(world, "O-1", "outcome")),
        status(world, "O-1", Status::Shipped),
    ];
    let error = world.apply(step).await.expect_err("an order that is not confirmed cannot be shipped");
    assert_eq!(error.name, ErrorName::StatusRefused);
    assert_eq!(before, world.snapshot().await);
}
