use serde_json::{Value, json};

use super::{Case, Ends, as_it_is, check, order};
use crate::testing::{World, example};

const WORKFLOW: &str = "order-app";

fn request(change: impl FnOnce(&mut Value)) -> Value {
    let mut request = example(WORKFLOW);
    change(&mut request);
    request
}

const PAID: &str = "ReadOrder StockVerification IsStockVerified PriceCalculation PaymentProcessing";

#[tokio::test]
async fn orders_end_as_the_document_says() {
    let wrong = json!({ "statusCode": 400, "message": "wrong credentials" });
    let unpaid = json!({ "statusCode": 400, "message": "payment failed" });
    let done = json!({ "statusCode": 200, "message": "order confirmed", "order_status": "CONFIRMED" });
    let verified = "ReadOrder StockVerification IsStockVerified NoteVerificationFailure CloseOrder HowItEnded";
    let refused = format!("{verified} WrongCredentials");
    let declined = format!("{PAID} IsPaymentSuccessful NotePaymentFailure CloseOrder HowItEnded PaymentFailed");
    let completed = format!("{PAID} IsPaymentSuccessful OrderCompletion");
    let unanswered = format!("{PAID} CloseOrder HowItEnded OrderProcessingFailed");
    let case = |name, request, ends, states, status, reason, mails| Case {
        name,
        request,
        prepare: as_it_is,
        ends,
        states,
        status,
        reason,
        mails,
        topics: &[],
        sold: &[],
        kept: 0,
    };
    for case in [
        Case {
            sold: &[("sku-001", 2), ("sku-002", 1)],
            // 170.00 of goods, and 50.00 for shipping.
            kept: 22_000,
            ..case(
                "the example",
                example(WORKFLOW),
                Ends::Succeeds(done),
                &completed,
                "CONFIRMED",
                "",
                &["order_confirmed"],
            )
        },
        case(
            "a client nobody knows",
            request(|request| request["client_details"] = json!({ "id": "WHO", "email": "who@example.com" })),
            Ends::Succeeds(wrong.clone()),
            &refused,
            "CANCELLED_NO_STOCK",
            "there is no customer WHO",
            &["order_rejected"],
        ),
        case(
            "a client who says nothing",
            request(|request| request["client_details"] = json!({ "name": "Ana" })),
            Ends::Succeeds(wrong.clone()),
            &refused,
            "CANCELLED_NO_STOCK",
            "the order does not say who the customer is",
            &[],
        ),
        case(
            "out of stock",
            request(|request| request["items"][0]["quantity"] = json!(11)),
            Ends::Succeeds(wrong),
            &refused,
            "CANCELLED_NO_STOCK",
            "sku-001: 11 wanted, 10 available",
            &["order_rejected"],
        ),
        case(
            "a refused payment",
            request(|request| request["payment_token"] = json!("tok_fraud")),
            Ends::Succeeds(unpaid),
            &declined,
            "PAYMENT_FAILED",
            "the payment was refused as suspected fraud",
            &["payment_failed"],
        ),
        case(
            "a provider that does not answer",
            request(|request| request["payment_token"] = json!("tok_unavailable")),
            Ends::Fails("ServiceUnavailable"),
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
async fn shipping_is_cheaper_above_200() {
    for (quantity, paid) in [(8, 25_000), (9, 24_500)] {
        let world = World::new();
        let request = request(|request| request["items"] = json!([{ "item_id": "sku-001", "quantity": quantity }]));
        let (id, _) = order(&world, WORKFLOW, request).await;
        assert_eq!(world.charged(&id), (paid, 0), "{quantity} x 25.00");
    }
}
