use serde_json::{Value, json};

use super::{Case, Ends, as_it_is, check, order};
use crate::testing::{World, example};

const WORKFLOW: &str = "receipt-orders";

fn request(change: impl FnOnce(&mut Value)) -> Value {
    let mut request = example(WORKFLOW);
    change(&mut request);
    request
}

#[tokio::test]
async fn an_order_that_goes_through_has_its_receipt_and_mail() {
    let world = World::new();
    let (id, run) = order(&world, WORKFLOW, example(WORKFLOW)).await;
    let states = "ValidateOrder SaveOrder ProcessPayment UpdateInventory SendNotification GenerateReceipt SendEmail";
    assert_eq!(run.states.join(" "), states);
    assert_eq!(run.output()["saved"], json!({ "amount": 50.0, "currency": "USD" }));
    assert_eq!(run.output()["receipt"], json!({ "receiptKey": "receipts/T-1.pdf" }));
    assert!(!run.output().to_string().contains("https://"), "no link is kept in the history");
    assert_eq!(world.status(&id), "COMPLETED");
    assert_eq!(world.charged(&id), (5_000, 0));
    assert_eq!(world.stock("sku-001"), (8, 0, 2));
    assert!(world.document("receipts/T-1.pdf").is_some());
    assert_eq!(world.mails(&id)[0].attachments[0].object_key, "receipts/T-1.pdf");
    let messages = world.topic("OrderPlacedTopic");
    assert_eq!(messages.len(), 1);
    let message: Value = serde_json::from_str(&messages[0].message).expect("JSON");
    assert_eq!(message, json!({ "event": "OrderPlaced", "orderId": "T-1", "amount": 50.0, "currency": "USD" }));
}

#[tokio::test]
async fn a_failure_is_a_failure_with_its_reason() {
    let fails = "MarkOrderFailed OrderFailed";
    let invalid = format!("ValidateOrder {fails}");
    let unpaid = format!("ValidateOrder SaveOrder ProcessPayment {fails}");
    for (name, request, error, states, reason, mail) in [
        (
            "an unknown product",
            request(|request| request["productId"] = json!("NIX")),
            "UnknownProduct",
            &invalid,
            "there is no product NIX",
            "order_rejected",
        ),
        (
            "out of stock",
            request(|request| request["quantity"] = json!("11")),
            "OutOfStock",
            &invalid,
            "sku-001: 11 wanted, 10 available",
            "order_rejected",
        ),
        (
            "a refused payment",
            request(|request| request["payment_token"] = json!("tok_declined")),
            "PaymentDeclined",
            &unpaid,
            "the card was declined",
            "payment_failed",
        ),
        (
            "a provider that does not answer",
            request(|request| request["payment_token"] = json!("tok_unavailable")),
            "ServiceUnavailable",
            &unpaid,
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
                status: "FAILED",
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
