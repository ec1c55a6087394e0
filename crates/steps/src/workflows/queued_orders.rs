use serde_json::{Value, json};
use triggers::document::Method;

use super::{Case, Ends, as_it_is, bindings, check, order};
use crate::testing::{World, example};

const WORKFLOW: &str = "queued-orders";

fn request(change: impl FnOnce(&mut Value)) -> Value {
    let mut request = example(WORKFLOW);
    change(&mut request);
    request
}

#[tokio::test]
async fn an_order_that_goes_through_is_told_by_the_success_handler() {
    let world = World::new();
    let (id, run) = order(&world, WORKFLOW, example(WORKFLOW)).await;
    assert_eq!(run.states.join(" "), "ValidateOrder ProcessPayment UpdateInventory");
    assert_eq!(run.output()["inventory"], json!({ "status": "CONFIRMED" }));
    assert_eq!(world.status(&id), "CONFIRMED");
    assert_eq!(world.charged(&id), (5_000, 0));
    assert_eq!(world.stock("sku-001"), (8, 0, 2));
    assert_eq!(world.mails(&id).len(), 1, "OrderConfirmationRule has OrderSuccessHandler write it");
    assert_eq!(world.topic("OrderAlertsTopic").len(), 1);
}

#[tokio::test]
async fn any_error_ends_in_order_failed_and_a_notification() {
    let fails = "OrderFailed NotifyOrderError OrderProcessingFailed";
    let invalid = format!("ValidateOrder {fails}");
    let unpaid = format!("ValidateOrder ProcessPayment {fails}");
    for (name, request, error, states, reason, mail) in [
        (
            "an unknown product",
            request(|request| request["ProductID"] = json!("NIX")),
            "UnknownProduct",
            &invalid,
            "there is no product NIX",
            "order_rejected",
        ),
        (
            "out of stock",
            request(|request| request["Quantity"] = json!("11")),
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
                topics: &["OrderAlertsTopic", "OrderErrorNotificationTopic"],
                sold: &[],
                kept: 0,
            },
        )
        .await;
    }
}

#[test]
fn the_documents_parameters_and_alarms_are_there() {
    let bindings = bindings(WORKFLOW);
    assert_eq!(bindings.api[0].methods, [Method::Get, Method::Post]);
    let queue = &bindings.queues["OrdersQueue"];
    assert_eq!(queue.redrive.as_ref().map(|redrive| redrive.max_receive_count), Some(3));
    let names: Vec<&str> = bindings.alarms.keys().map(String::as_str).collect();
    assert_eq!(names, ["OrderProcessingWorkflowFailureAlarm", "OrdersQueueDepthAlarm"]);
    assert_eq!(bindings.logs.map(|logs| logs.retention_days), Some(30));
    assert!(bindings.topics.values().all(|topic| topic.subscriptions.is_empty()), "nobody is told by default");
}
