//! `POST /confirmed-orders/executions`.

use serde_json::{Value, json};

use super::ended;
use crate::support::Server;

const INTAKE: &str = "/confirmed-orders/executions";

fn order(id: &str, quantity: i64) -> Value {
    json!({ "order_id": id, "product_id": "sku-001", "quantity": quantity, "customer_email": "user@example.com" })
}

#[tokio::test]
async fn the_document_s_sample_runs_as_it_is_on_the_demo_catalogue() {
    let server = Server::demo();
    let (on_hand, _, _) = server.level("sku-001").await;
    let confirmed = server.place(INTAKE, &order("12345", 1)).await;
    ended(&server, &confirmed, "CONFIRMED", "", "sku-001", (on_hand - 1, 0, 1)).await;
    assert_eq!(
        server.states(&confirmed).await,
        [
            "ReceiveOrder",
            "CheckInventory",
            "InventoryConfirmation",
            "ChargePayment",
            "PaymentConfirmation",
            "SendConfirmation",
            "PublishOrderCompleted",
        ]
    );
    assert_eq!(server.messages("order-completed").await.len(), 1);
    server.audit().await;
}

#[tokio::test]
async fn failing_paths_end_in_the_document_s_fail_states() {
    let server = Server::start();
    server.stock("sku-001", 5).await;
    let mut unknown = order("f-1", 1);
    unknown["product_id"] = "none".into();
    let mut declined = order("f-3", 1);
    declined["payment_token"] = "tok_declined".into();
    for (body, status, reason, state) in [
        (unknown, "INVENTORY_FAILED", "none", "InventoryFailed"),
        (order("f-2", 6), "INVENTORY_FAILED", "sku-001: 6 wanted, 5 available", "InventoryFailed"),
        (declined, "PAYMENT_FAILED", "declined", "PaymentFailed"),
    ] {
        let failed = server.place(INTAKE, &body).await;
        ended(&server, &failed, status, reason, "sku-001", (5, 0, 0)).await;
        assert_eq!(server.states(&failed).await.last().map(String::as_str), Some(state));
        let execution =
            server.get(&format!("/executions/{}", failed["execution_arn"].as_str().unwrap())).await.expect(200);
        assert_eq!(execution["status"], "FAILED");
        assert!(execution["error"].is_string() && execution["cause"].is_string(), "{execution:#}");
    }
    assert_eq!(server.messages("order-completed").await.len(), 0);
    server.audit().await;
}
