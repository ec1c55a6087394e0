//! What may follow a sale: cancellation, shipment, delivery, return.

use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn a_cancelled_order_gives_everything_back() {
    for answers_are_lost in [false, true] {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        if answers_are_lost {
            world.lose_first_answers();
        }
        let run = world.execute("cancellation", "A-1-cancel", json!({ "order_id": "A-1" })).await;
        assert_eq!(run.states, ["CancelOrder", "RefundPayment", "SendMail"]);
        assert_eq!(run.output()["refund"], json!({ "refunded": 51.0, "currency": "USD" }));
        assert_eq!(world.status("A-1"), "cancelled");
        assert_eq!(world.stock("CHAI"), (10, 0, 0));
        assert_eq!(world.charged("A-1"), (5_100, 5_100));
        let mail = world.mails("A-1").pop().expect("a mail");
        assert_eq!(mail.kind, "order_cancelled");
        assert!(mail.text.contains("51.00 USD"), "{}", mail.text);
    }
}

#[tokio::test]
async fn an_order_that_is_never_decided_or_gone_too_far_is_not_cancelled() {
    let world = World::with_paid("A-1", &[("CHAI", 2)]).await;
    let run = world.execute("cancellation", "A-1-cancel", json!({ "order_id": "A-1" })).await;
    assert_eq!(run.failure().0, "OrderInProgress");
    assert_eq!(world.status("A-1"), "paid");

    let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
    world.run("ShipOrder", json!({ "order_id": "A-1" })).await.expect("it is confirmed");
    let run = world.execute("cancellation", "A-1-cancel", json!({ "order_id": "A-1" })).await;
    assert_eq!(run.failure().0, "StatusRefused");
    assert!(run.failure().1.contains("it has been shipped; it can be returned"), "{}", run.failure().1);
    assert_eq!(world.charged("A-1"), (5_100, 0));
}

#[tokio::test]
async fn an_order_is_shipped_delivered_and_returned() {
    let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
    for (workflow, name, status) in [
        ("shipment", "A-1-ship", "shipped"),
        ("delivery", "A-1-deliver", "delivered"),
        ("return", "A-1-return", "returned"),
    ] {
        let run = world.execute(workflow, name, json!({ "order_id": "A-1" })).await;
        assert_eq!(run.output()["order"], json!({ "order_id": "A-1", "status": status }));
        assert_eq!(world.status("A-1"), status);
    }
    let kinds: Vec<String> = world.mails("A-1").into_iter().map(|mail| mail.kind).collect();
    assert_eq!(kinds, ["order_shipped", "order_delivered", "order_returned"]);
    assert_eq!(world.stock("CHAI"), (10, 0, 0));
    assert_eq!(world.charged("A-1"), (5_100, 5_100));
    for (workflow, name) in [("shipment", "again-1"), ("delivery", "again-2"), ("cancellation", "again-3")] {
        let run = world.execute(workflow, name, json!({ "order_id": "A-1" })).await;
        assert_eq!(run.failure().0, "StatusRefused", "{workflow}");
    }
}
