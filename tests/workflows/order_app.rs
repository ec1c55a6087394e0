//! `POST /order-app/orders`: the insert is matched by a rule of the event bus.

use serde_json::{Value, json};

use super::ended;
use crate::support::Server;

const INTAKE: &str = "/order-app/orders";

fn order(id: &str, quantity: i64) -> Value {
    json!({
        "order_id": id,
        "client_details": { "name": "Ana Pop", "email": "ana@example.com" },
        "items": [{ "item_id": "A", "quantity": quantity }],
    })
}

async fn output(server: &Server, order: &Value) -> Value {
    let execution = server.get(&format!("/executions/{}", order["execution_arn"].as_str().unwrap())).await.expect(200);
    match &execution["output"] {
        Value::String(text) => serde_json::from_str(text).expect("an output is JSON"),
        other => other.clone(),
    }
}

#[tokio::test]
async fn shipping_follows_the_total() {
    let server = Server::start();
    server.stock("A", 50).await;
    let small = server.place(INTAKE, &order("a-1", 20)).await;
    ended(&server, &small, "CONFIRMED", "", "A", (30, 0, 20)).await;
    assert_eq!(small["totals"]["total"]["amount"], "250.00");
    let large = server.place(INTAKE, &order("a-2", 21)).await;
    assert_eq!(large["totals"]["total"]["amount"], "230.00");
    server.audit().await;
}

#[tokio::test]
async fn failing_paths_answer_400() {
    let server = Server::start();
    server.stock("A", 5).await;
    let mut unknown = order("a-3", 1);
    unknown["items"][0]["item_id"] = "none".into();
    let unknown = server.place(INTAKE, &unknown).await;
    ended(&server, &unknown, "CANCELLED_NO_STOCK", "none", "A", (5, 0, 0)).await;
    let short = server.place(INTAKE, &order("a-4", 6)).await;
    ended(&server, &short, "CANCELLED_NO_STOCK", "A: 6 wanted, 5 available", "A", (5, 0, 0)).await;
    assert_eq!(output(&server, &short).await, json!({ "statusCode": 400, "message": "wrong credentials" }));
    let mut declined = order("a-5", 1);
    declined["payment_token"] = "tok_fraud".into();
    let declined = server.place(INTAKE, &declined).await;
    ended(&server, &declined, "PAYMENT_FAILED", "fraud", "A", (5, 0, 0)).await;
    assert_eq!(output(&server, &declined).await, json!({ "statusCode": 400, "message": "payment failed" }));
    server.audit().await;
}
