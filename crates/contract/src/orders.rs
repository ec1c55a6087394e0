//! Orders as they are read.

use std::sync::Arc;

use jiff::SignedDuration;
use order::{CustomerId, Email, NewOrder, PaymentEventKind, Receipt, Status};
use ports::{Change, ErrorName, OrderFilter};

use crate::World;
use crate::fixtures::{apply, id, now, order, payment, place, place_with_key, pricing, status};

pub(crate) async fn an_order_reads_back_with_all_that_became_of_it(world: Arc<dyn World>) {
    let world = &*world;
    let orders = world.ports().orders;
    let placed = order("O-1", &[("A", 3)]);
    apply(world, vec![place(world, placed.clone())]).await;
    let at = now(world);
    let receipt = Receipt { object_key: "receipts/O-1.pdf".into(), issued_at: at };
    let events = [
        payment(world, PaymentEventKind::Authorised, 6_900, "O-1/authorise"),
        payment(world, PaymentEventKind::Captured, 6_900, "O-1/capture"),
    ];
    let record = |index: usize| Change::RecordPayment { order_id: id("O-1"), event: events[index].clone() };
    let note = |execution: &str| Change::NoteExecution { order_id: id("O-1"), execution_arn: execution.into() };
    let changes = vec![
        note("arn:started:first"),
        note("arn:started:anew"),
        Change::SetPricing { order_id: id("O-1"), pricing: pricing("A", 3) },
        // The first prices and the first receipt stay, and the latest execution.
        Change::SetPricing { order_id: id("O-1"), pricing: pricing("A", 99) },
        record(0),
        record(1),
        Change::IssueReceipt { order_id: id("O-1"), receipt: receipt.clone() },
        Change::IssueReceipt {
            order_id: id("O-1"),
            receipt: Receipt { object_key: "elsewhere".into(), ..receipt.clone() },
        },
        status(world, "O-1", Status::Confirmed),
        Change::SetStatus {
            order_id: id("O-1"),
            status: Status::Cancelled,
            reason: Some("the customer called it off".into()),
            at,
        },
    ];
    apply(world, changes).await;

    let found = orders.get(&id("O-1")).await.expect("the orders answer").expect("the order is there");
    assert_eq!(found.placed, placed);
    assert_eq!(found.placed_at, at);
    assert_eq!(found.execution_arn, "arn:started:anew");
    assert_eq!(found.pricing, Some(pricing("A", 3)));
    assert_eq!(found.payment_events, events);
    assert_eq!(found.receipt, Some(receipt));
    assert_eq!((found.status, found.reason.as_deref()), (Status::Cancelled, Some("the customer called it off")));
    let history: Vec<_> = found.history.iter().map(|row| (row.status, row.reason.as_deref())).collect();
    let expected =
        [(Status::Placed, None), (Status::Confirmed, None), (Status::Cancelled, Some("the customer called it off"))];
    assert_eq!(history, expected);
    assert_eq!(orders.get(&id("O-9")).await.expect("the orders answer"), None);
}

pub(crate) async fn the_same_request_is_one_order(world: Arc<dyn World>) {
    let world = &*world;
    let orders = world.ports().orders;
    let ordered = [("A", 1)];
    apply(world, vec![place_with_key(world, order("O-1", &ordered), "checkout/k", "hash")]).await;
    world.advance(SignedDuration::from_secs(5));
    apply(world, vec![place_with_key(world, order("O-1", &ordered), "checkout/k", "hash")]).await;
    // Another key may be bound to the same order.
    apply(world, vec![place_with_key(world, order("O-1", &ordered), "checkout/l", "hash")]).await;
    for key in ["checkout/k", "checkout/l"] {
        let bound = orders.by_idempotency_key(key).await.expect("the orders answer");
        assert_eq!(bound, Some((id("O-1"), "hash".to_owned())), "{key}");
    }
    assert_eq!(orders.by_idempotency_key("k").await.expect("the orders answer"), None);
    let all = orders.list(&OrderFilter::default(), None, 10).await.expect("the orders answer");
    assert_eq!(all.items.len(), 1);
}

pub(crate) async fn listings_are_newest_first_and_filtered(world: Arc<dyn World>) {
    let world = &*world;
    let orders = world.ports().orders;
    let start = now(world);
    let of = |name: &str, workflow: &str, customer: &str| {
        let mut placed: NewOrder = order(name, &[("A", 1)]);
        placed.workflow = workflow.into();
        placed.customer.id = Some(CustomerId::parse(customer).expect("a customer's id"));
        placed.customer.email = Some(Email::parse(format!("{customer}@example.com")).expect("an address"));
        placed
    };
    for (name, workflow, customer) in [
        ("O-1", "checkout", "ana"),
        ("O-2", "emag-orderflow", "ion"),
        ("O-3", "checkout", "ion"),
        ("O-4", "emag-orderflow", "ana"),
        ("O_5", "receipt-orders", "ana"),
    ] {
        apply(world, vec![place(world, of(name, workflow, customer))]).await;
        world.advance(SignedDuration::from_secs(60));
    }
    for (name, to) in
        [("O-1", Status::Confirmed), ("O-2", Status::Confirmed), ("O-3", Status::Rejected), ("O-4", Status::Paid)]
    {
        apply(world, vec![status(world, name, to)]).await;
    }
    let none = OrderFilter::default;
    let some = |text: &str| Some(text.to_owned());
    for (filter, expected) in [
        (none(), vec!["O_5", "O-4", "O-3", "O-2", "O-1"]),
        (OrderFilter { workflow: some("checkout"), ..none() }, vec!["O-3", "O-1"]),
        // `PAID` is what one workflow calls a confirmed order; one that is only paid is still `PENDING` there.
        (OrderFilter { statuses: vec!["PAID".to_owned()], ..none() }, vec!["O-2"]),
        (OrderFilter { statuses: vec!["confirmed".to_owned()], ..none() }, vec!["O-2", "O-1"]),
        (OrderFilter { statuses: vec!["PENDING".to_owned()], ..none() }, vec!["O_5", "O-4"]),
        (OrderFilter { statuses: vec!["no such status".to_owned()], ..none() }, vec![]),
        (OrderFilter { customer: some("ana"), ..none() }, vec!["O_5", "O-4", "O-1"]),
        (OrderFilter { customer: some("ion@example.com"), ..none() }, vec!["O-3", "O-2"]),
        (
            OrderFilter { placed_after: Some(start + SignedDuration::from_secs(120)), ..none() },
            vec!["O_5", "O-4", "O-3"],
        ),
        (OrderFilter { placed_after: Some(start + SignedDuration::from_secs(121)), ..none() }, vec!["O_5", "O-4"]),
        (OrderFilter { statuses: vec!["confirmed".to_owned(), "PAID".to_owned()], ..none() }, vec!["O-2", "O-1"]),
        (OrderFilter { placed_before: Some(start + SignedDuration::from_secs(120)), ..none() }, vec!["O-2", "O-1"]),
        (OrderFilter { text: some("ION@"), ..none() }, vec!["O-3", "O-2"]),
        // Not a wildcard.
        (OrderFilter { text: some("_5"), ..none() }, vec!["O_5"]),
        (OrderFilter { text: some("%"), ..none() }, vec![]),
        (OrderFilter { workflow: some("checkout"), customer: some("ana"), ..none() }, vec!["O-1"]),
    ] {
        // In pages of two, to meet every cursor.
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = orders.list(&filter, cursor.as_deref(), 2).await.expect("the orders answer");
            found.extend(page.items.iter().map(|order| order.id().to_string()));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "{filter:?}");
    }
    let error = orders.list(&none(), Some("made up"), 2).await.expect_err("that is no cursor");
    assert_eq!(error.name, ErrorName::InvalidRequest);
}
