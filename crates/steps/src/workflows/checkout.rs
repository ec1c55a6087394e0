use serde_json::{Value, json};

use super::{Case, Ends, as_it_is, check};
use crate::testing::{World, example};

fn request(sku: &str, quantity: i64, token: &str) -> Value {
    let mut request = example("checkout");
    request["items"] = json!([{ "sku": sku, "quantity": quantity }]);
    request["payment"]["token"] = json!(token);
    request
}

fn refused(status: &str, error: &str, reason: &str) -> Ends<'static> {
    Ends::Succeeds(json!({
        "order_id": "", "status": status, "outage": false, "error": error, "reason": reason
    }))
}

fn confirmed() -> Ends<'static> {
    Ends::Succeeds(json!({ "order_id": "", "status": "confirmed" }))
}

const SOLD: &str = "ValidateOrder PriceOrder ReserveStock ChargePayment ConfirmOrder Announce";

#[tokio::test]
async fn orders_go_through() {
    let sold = format!("{SOLD} GenerateReceipt PublishOrderConfirmed SendMail OrderConfirmed");
    for token in ["tok_visa", "tok_timeout"] {
        let case = Case {
            name: token,
            request: {
                let mut request = example("checkout");
                request["payment"]["token"] = json!(token);
                request
            },
            prepare: as_it_is,
            ends: confirmed(),
            states: &sold,
            status: "confirmed",
            reason: "",
            mails: &["order_confirmed"],
            topics: &["OrderConfirmedTopic"],
            sold: &[("sku-001", 2), ("sku-003", 1)],
            kept: 7_450,
        };
        check("checkout", &case).await;
    }
}

#[tokio::test]
async fn orders_that_cannot_be_taken_are_refused() {
    let refusal = "FailOrder PublishOrderFailed HowItFailed OrderRefused";
    check(
        "checkout",
        &Case {
            name: "out of stock",
            request: request("sku-001", 40, "tok_visa"),
            prepare: as_it_is,
            ends: refused("rejected", "OutOfStock", "sku-001: 40 wanted, 10 available"),
            states: &format!("ValidateOrder {refusal}"),
            status: "rejected",
            reason: "sku-001: 40 wanted, 10 available",
            mails: &["order_rejected"],
            topics: &["OrderErrorsTopic"],
            sold: &[],
            kept: 0,
        },
    )
    .await;
    for (token, reason) in [
        ("tok_declined", "the card was declined"),
        ("tok_insufficient_funds", "the card has insufficient funds"),
        ("tok_expired", "the card has expired"),
        ("tok_fraud", "the payment was refused as suspected fraud"),
    ] {
        check(
            "checkout",
            &Case {
                name: token,
                request: request("sku-001", 1, token),
                prepare: as_it_is,
                ends: refused("payment_failed", "PaymentDeclined", reason),
                states: &format!("ValidateOrder PriceOrder ReserveStock ChargePayment {refusal}"),
                status: "payment_failed",
                reason,
                mails: &["payment_failed"],
                topics: &["OrderErrorsTopic"],
                sold: &[],
                kept: 0,
            },
        )
        .await;
    }
}

#[tokio::test]
async fn an_outage_fails_the_execution_and_costs_nobody_anything() {
    check(
        "checkout",
        &Case {
            name: "the provider does not answer",
            request: request("sku-001", 1, "tok_unavailable"),
            prepare: as_it_is,
            ends: Ends::Fails("ServiceUnavailable"),
            states: "ValidateOrder PriceOrder ReserveStock ChargePayment FailOrder PublishOrderFailed HowItFailed \
                     OrderProcessingFailed",
            status: "failed",
            reason: "The payment provider did not answer; you were not charged.",
            mails: &["order_failed"],
            topics: &["OrderErrorsTopic"],
            sold: &[],
            kept: 0,
        },
    )
    .await;
}

#[tokio::test]
async fn a_customer_who_vanished_is_an_invalid_order() {
    let world = World::new();
    world.place_with("A-1", &[("CHAI", 1)], |order| {
        order.customer.id = Some(order::CustomerId::parse("WHO").expect("an id"));
    });
    let run = world.execute("checkout", "A-1", json!({ "order_id": "A-1" })).await;
    assert_eq!(run.output()["error"], "InvalidOrder");
    assert_eq!(world.status("A-1"), "rejected");
    assert_eq!(world.mails("A-1").len(), 1);
}

#[tokio::test]
async fn a_sale_whose_answer_was_lost_for_good_is_announced_all_the_same() {
    let world = World::with_order("A-1", &[("CHAI", 2)]);
    // As often as it is tried: what catches the failure finds a sale.
    world.lose_answers("ConfirmOrder", 4);
    let run = world.execute("checkout", "A-1", json!({ "order_id": "A-1" })).await;
    assert_eq!(run.output()["status"], "confirmed");
    assert!(run.states.iter().any(|state| state == "SoldAfterAll"), "{:?}", run.states);
    assert_eq!(world.status("A-1"), "confirmed");
    assert_eq!(world.mails("A-1").len(), 1);
    assert_eq!(world.charged("A-1"), (5_100, 0));
}

#[tokio::test]
async fn reads_that_fail_for_a_while_are_outlived() {
    let world = World::new();
    world.place("A-1", &[("CHAI", 2)]);
    world.fail_next_reads(3);
    let run = world.execute("checkout", "A-1", json!({ "order_id": "A-1" })).await;
    assert_eq!(run.output()["status"], "confirmed");
    assert!(world.document("receipts/A-1.pdf").is_some());
}

#[tokio::test]
async fn the_last_units_are_sold_once() {
    let world = World::new();
    for order in ["A-1", "A-2", "A-3"] {
        world.place(order, &[("TOFU", 2)]);
    }
    for order in ["A-1", "A-2", "A-3"] {
        world.execute("checkout", order, json!({ "order_id": order })).await;
    }
    let statuses = ["A-1", "A-2", "A-3"].map(|order| world.status(order));
    assert_eq!(statuses, ["confirmed", "confirmed", "rejected"]);
    assert_eq!(world.stock("TOFU"), (0, 0, 4));
    assert_eq!(world.order("A-3").reason.as_deref(), Some("TOFU: 2 wanted, 0 available"));
}
