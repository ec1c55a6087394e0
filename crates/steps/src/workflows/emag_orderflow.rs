use serde_json::{Value, json};

use super::{Case, Ends, as_it_is, check, order, test_order};
use crate::testing::{World, example};

const WORKFLOW: &str = "emag-orderflow";

fn request(change: impl FnOnce(&mut Value)) -> Value {
    let mut request = example(WORKFLOW);
    change(&mut request);
    request
}

#[tokio::test]
async fn orders_end_as_the_document_says() {
    let fails = "UpdateOrderStatusFailed SendFailMail Fail";
    let case = |name, request, states, status, reason, mails| Case {
        name,
        request,
        prepare: as_it_is,
        ends: Ends::Fails("ValidationOrPaymentFailed"),
        states,
        status,
        reason,
        mails,
        topics: &[],
        sold: &[],
        kept: 0,
    };
    let invalid = format!("NormalizeInput ValidateOrder IsValidOrder NoteValidationFailure {fails}");
    let until_payment =
        "NormalizeInput ValidateOrder IsValidOrder OrderReservation CalculateTransportPrice InitiatePayment";
    let declined = format!("{until_payment} IsPaymentSuccessful NotePaymentFailure {fails}");
    let unanswered = format!("{until_payment} {fails}");
    for case in [
        case(
            "a stranger",
            request(|request| request["customer_id"] = json!("WHO")),
            &invalid,
            "REJECTED",
            "there is no customer WHO",
            &["order_rejected"],
        ),
        case(
            "an unknown item",
            request(|request| request["items"] = json!([{ "item_id": "NIX" }])),
            &invalid,
            "REJECTED",
            "there is no product NIX",
            &["order_rejected"],
        ),
        case(
            "two lines of one item, together too many",
            request(|request| {
                request["items"] =
                    json!([{ "item_id": "sku-001", "quantity": 6 }, { "item_id": "sku-001", "quantity": 6 }]);
            }),
            &invalid,
            "REJECTED",
            "sku-001: 12 wanted, 10 available",
            &["order_rejected"],
        ),
        case(
            "a refused payment",
            request(|request| request["payment_token"] = json!("tok_insufficient_funds")),
            &declined,
            "PAYMENT_FAILED",
            "the card has insufficient funds",
            &["payment_failed"],
        ),
        case(
            "a provider that does not answer",
            request(|request| request["payment_token"] = json!("tok_unavailable")),
            &unanswered,
            "FAILED",
            "The payment provider did not answer; you were not charged.",
            &["order_failed"],
        ),
    ] {
        check(WORKFLOW, &case).await;
    }
}

#[tokio::test]
async fn an_order_that_goes_through_leaves_the_documents_results() {
    for (country, cost) in [("RO", 15.0), ("DE", 35.0)] {
        let world = World::new();
        let request = request(|request| request["shipping_address"]["country"] = json!(country));
        let (id, run) = order(&world, WORKFLOW, request).await;
        let states = "NormalizeInput ValidateOrder IsValidOrder OrderReservation CalculateTransportPrice \
                      InitiatePayment IsPaymentSuccessful UpdateOrderStatusPaid SendMail";
        assert_eq!(run.states.join(" "), states);
        let output = run.output();
        assert_eq!(output["order"]["items"]["item_1"], json!({ "item_id": "sku-003", "quantity": 1 }));
        assert_eq!(output["validationResult"]["isValid"], true);
        assert_eq!(output["reservationResult"], json!({ "reserved": true }));
        assert_eq!(output["shippingResult"], json!({ "shipping_cost": cost, "currency": "USD" }));
        assert_eq!(output["paymentResult"]["isSuccess"], true);
        assert_eq!(output["updateStatusResult"], json!({ "updated": true, "status": "PAID" }));
        assert_eq!(output["sendMailResult"], json!({ "emailSent": true }));
        assert_eq!(id, test_order().as_str());
        assert_eq!(world.status(&id), "PAID");
        assert_eq!(world.stock("sku-001"), (8, 0, 2));
        assert_eq!(world.mails(&id).len(), 1);
    }
}

#[tokio::test]
async fn prices_in_lei_are_shipped_in_lei() {
    let world = World::new();
    let request = request(|request| {
        request["items"] = json!({ "item_0": { "item_id": "CARTE" } });
        request["currency"] = json!("RON");
        request.as_object_mut().expect("an object").remove("shipping_address");
    });
    let (id, run) = order(&world, WORKFLOW, request).await;
    assert_eq!(run.output()["shippingResult"], json!({ "shipping_cost": 15.0, "currency": "RON" }));
    assert_eq!(world.charged(&id), (6_500, 0));
}

#[test]
fn no_order_of_a_batch_is_dropped() {
    let pipe = super::bindings(WORKFLOW).pipe.expect("a pipe");
    assert_eq!(pipe.batch_size, 1, "the state machine takes the first order of its list and no other");
}
