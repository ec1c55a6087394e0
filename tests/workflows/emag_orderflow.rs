//! `POST /emag-orderflow/orders`: table stream, pipe, enrichment, workflow.

use serde_json::{Value, json};

use super::ended;
use crate::support::Server;

const INTAKE: &str = "/emag-orderflow/orders";

fn order(id: &str, quantity: i64) -> Value {
    json!({
        "order_id": id,
        "customer_id": "c-1",
        "customer_email": "ana@example.com",
        "currency": "RON",
        "shipping_address": { "country": "RO" },
        "items": [{ "item_id": "A", "quantity": quantity }],
    })
}

async fn shop() -> Server {
    let server = Server::start();
    let product = json!({ "name": "Laptop", "unit_price": { "amount": "100.00", "currency": "RON" }, "on_hand": 5 });
    server.put("/inventory/A", &product).await.expect(201);
    server.put("/customers/c-1", &json!({ "contact": "Ana", "email": "ana@example.com" })).await.expect(201);
    server
}

#[tokio::test]
async fn a_good_order_is_paid() {
    let server = shop().await;
    let paid = server.place(INTAKE, &order("e-1", 2)).await;
    ended(&server, &paid, "PAID", "", "A", (3, 0, 2)).await;
    assert_eq!(paid["totals"]["shipping"]["amount"], "15.00");
    assert_eq!(paid["totals"]["total"]["amount"], "215.00");
    let states = server.states(&paid).await;
    assert_eq!(
        states,
        [
            "NormalizeInput",
            "ValidateOrder",
            "IsValidOrder",
            "OrderReservation",
            "CalculateTransportPrice",
            "InitiatePayment",
            "IsPaymentSuccessful",
            "UpdateOrderStatusPaid",
            "SendMail",
        ]
    );
    server.audit().await;
}

#[tokio::test]
async fn abroad_costs_more_and_items_may_be_a_map() {
    let server = shop().await;
    let mut abroad = order("e-2", 1);
    abroad["shipping_address"]["country"] = "DE".into();
    abroad["items"] = json!({ "item_0": { "item_id": "A" } });
    let paid = server.place(INTAKE, &abroad).await;
    assert_eq!(paid["status"], "PAID", "{paid:#}");
    assert_eq!(paid["totals"]["shipping"]["amount"], "35.00");
    server.audit().await;
}

#[tokio::test]
async fn failing_paths_give_the_stock_back() {
    let server = shop().await;
    let mut stranger = order("e-3", 1);
    stranger["customer_id"] = "nobody".into();
    let rejected = server.place(INTAKE, &stranger).await;
    ended(&server, &rejected, "REJECTED", "nobody", "A", (5, 0, 0)).await;
    let rejected = server.place(INTAKE, &order("e-4", 6)).await;
    ended(&server, &rejected, "REJECTED", "A: 6 wanted, 5 available", "A", (5, 0, 0)).await;
    let mut declined = order("e-5", 1);
    declined["payment_token"] = "tok_declined".into();
    let failed = server.place(INTAKE, &declined).await;
    ended(&server, &failed, "PAYMENT_FAILED", "declined", "A", (5, 0, 0)).await;
    let states = server.states(&failed).await;
    assert!(states.ends_with(&["UpdateOrderStatusFailed".into(), "SendFailMail".into(), "Fail".into()]), "{states:?}");
    let execution = server.get(&format!("/executions/{}", failed["execution_arn"].as_str().unwrap())).await.expect(200);
    assert_eq!((&execution["status"], &execution["error"]), (&json!("FAILED"), &json!("ValidationOrPaymentFailed")));
    server.audit().await;
}

#[tokio::test]
async fn many_inserts_at_once_are_as_many_executions() {
    let server = shop().await;
    server
        .put(
            "/inventory/A",
            &json!({ "name": "Laptop", "unit_price": { "amount": "1.00", "currency": "RON" }, "on_hand": 100 }),
        )
        .await;
    let bodies: Vec<Value> = (0..30).map(|n| order(&format!("burst-{n}"), 1)).collect();
    let orders = futures::future::join_all(bodies.iter().map(|body| server.place(INTAKE, body))).await;
    assert!(orders.iter().all(|order| order["status"] == "PAID"), "{orders:#?}");
    assert_eq!(server.level("A").await, (70, 0, 30));
    server.audit().await;
}
