use serde_json::{Value, json};

use super::{Case, Ends, as_it_is, check, order};
use crate::testing::{World, example};

const WORKFLOW: &str = "confirmed-orders";
const CHARGED: &str = "ReceiveOrder CheckInventory InventoryConfirmation ChargePayment";

fn request(change: impl FnOnce(&mut Value)) -> Value {
    let mut request = example(WORKFLOW);
    change(&mut request);
    request
}

#[tokio::test]
async fn the_documents_sample_runs_as_it_is() {
    let world = World::new();
    let run = world.execute(WORKFLOW, "by-hand", example(WORKFLOW)).await;
    let states = format!("{CHARGED} PaymentConfirmation SendConfirmation PublishOrderCompleted");
    assert_eq!(run.states.join(" "), states);
    assert_eq!(run.output()["confirmation"], json!({ "status": "CONFIRMED", "emailSent": true }));
    assert_eq!(world.status("12345"), "CONFIRMED");
    assert_eq!(world.order("12345").execution_arn, world.execution_arn(WORKFLOW, "by-hand"));
    assert_eq!(world.mails("12345")[0].to.as_str(), "user@example.com");
    let messages = world.topic("OrderCompletedTopic");
    assert_eq!(messages.len(), 1);
    let message: Value = serde_json::from_str(&messages[0].message).expect("JSON");
    let expected = json!({ "event": "OrderCompleted", "order_id": "12345", "product_id": "sku-001", "quantity": 1 });
    assert_eq!(message, expected);

    world.execute(WORKFLOW, "by-hand-again", example(WORKFLOW)).await;
    assert_eq!(world.charged("12345"), (2_500, 0), "the same order is not charged twice");
    assert_eq!(world.stock("sku-001"), (9, 0, 1));
    assert_eq!(world.mails("12345").len(), 1);
}

#[tokio::test]
async fn orders_end_as_the_document_says() {
    let unavailable = "ReceiveOrder CheckInventory InventoryConfirmation NoteInventoryFailure RecordInventoryFailure \
                       InventoryFailed";
    let declined = format!("{CHARGED} PaymentConfirmation NotePaymentFailure RecordPaymentFailure PaymentFailed");
    let unanswered = format!("{CHARGED} RecordPaymentFailure PaymentFailed");
    for (name, request, error, states, status, reason, mail) in [
        (
            "an unknown product",
            request(|request| request["product_id"] = json!("NIX")),
            "InventoryFailed",
            unavailable,
            "INVENTORY_FAILED",
            "there is no product NIX",
            "order_rejected",
        ),
        (
            "out of stock",
            request(|request| request["quantity"] = json!(11)),
            "InventoryFailed",
            unavailable,
            "INVENTORY_FAILED",
            "sku-001: 11 wanted, 10 available",
            "order_rejected",
        ),
        (
            "a refused payment",
            request(|request| request["payment_token"] = json!("tok_expired")),
            "PaymentFailed",
            declined.as_str(),
            "PAYMENT_FAILED",
            "the card has expired",
            "payment_failed",
        ),
        (
            "a provider that does not answer",
            request(|request| request["payment_token"] = json!("tok_unavailable")),
            "PaymentFailed",
            unanswered.as_str(),
            "FAILED",
            "The payment provider did not answer; you were not charged.",
            "order_failed",
        ),
    ] {
        check(
            WORKFLOW,
            &Case {
                name,
                request,
                prepare: as_it_is,
                ends: Ends::Fails(error),
                states,
                status,
                reason,
                mails: &[mail],
                topics: &[],
                sold: &[],
                kept: 0,
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_bad_request_fails_the_execution_and_touches_nothing() {
    let world = World::new();
    let run = world.execute(WORKFLOW, "mine", json!({ "order_id": "12345", "quantity": 0 })).await;
    assert_eq!(run.failure().0, "InvalidRequest");
    assert_eq!(run.states, ["ReceiveOrder"]);
    assert_eq!(world.orders(), 0);

    order(&world, WORKFLOW, example(WORKFLOW)).await;
    let other = request(|request| {
        request["order_id"] = json!("T-1");
        request["quantity"] = json!(3);
    });
    let run = world.execute(WORKFLOW, "theirs", other).await;
    assert_eq!(run.failure().0, "OrderIdTaken");
    assert_eq!(world.status("T-1"), "CONFIRMED", "somebody else's order is left alone");
}
