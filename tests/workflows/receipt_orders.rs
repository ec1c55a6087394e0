//! `POST /receipt-orders/place-order`.

use serde_json::{Value, json};

use super::ended;
use crate::support::Server;

const INTAKE: &str = "/receipt-orders/place-order";

fn order(id: &str, product: &str, quantity: Value) -> Value {
    json!({ "orderId": id, "productId": product, "quantity": quantity, "customerEmail": "ana@example.com", "paymentMethod": "creditCard" })
}

#[tokio::test]
async fn a_good_order_is_completed_with_its_receipt() {
    let server = Server::start();
    server.stock("A", 5).await;
    let body = json!({ "productId": "A", "quantity": "2", "customerEmail": "ana@example.com" });
    let placed = server.shop(INTAKE, &body).await.expect(202);
    assert!(placed["message"].is_string() && placed["executionArn"].is_string(), "{placed:#}");
    let id = placed["orderId"].as_str().expect("the document's own answer names the order");
    let order = server.finished(id).await;
    ended(&server, &order, "COMPLETED", "", "A", (3, 0, 2)).await;
    assert_eq!(order["totals"]["total"]["amount"], "20.00");
    assert_eq!(
        server.states(&order).await,
        [
            "ValidateOrder",
            "SaveOrder",
            "ProcessPayment",
            "UpdateInventory",
            "SendNotification",
            "GenerateReceipt",
            "SendEmail"
        ]
    );
    assert_eq!(server.messages("order-placed").await.len(), 1);
    let mails = server.mails(id).await;
    assert_eq!(mails[0]["attachments"][0]["object_key"], format!("receipts/{id}.pdf"), "{mails:#?}");
    assert!(mails[0]["text"].as_str().unwrap().contains("/receipt?"), "the mail links to the receipt");
    server.audit().await;
}

#[tokio::test]
async fn failing_paths_mark_the_order_failed() {
    let server = Server::start();
    server.stock("A", 5).await;
    let unknown = server.place(INTAKE, &order("r-1", "none", json!(1))).await;
    ended(&server, &unknown, "FAILED", "none", "A", (5, 0, 0)).await;
    let short = server.place(INTAKE, &order("r-2", "A", json!(6))).await;
    ended(&server, &short, "FAILED", "A: 6 wanted, 5 available", "A", (5, 0, 0)).await;
    let mut declined = order("r-3", "A", json!(1));
    declined["payment_token"] = "tok_declined".into();
    let declined = server.place(INTAKE, &declined).await;
    ended(&server, &declined, "FAILED", "declined", "A", (5, 0, 0)).await;
    assert_eq!(server.messages("order-placed").await.len(), 0);
    server.shop(INTAKE, &order("r-4", "A", json!("two"))).await.names(400, "quantity");
    server.shop(INTAKE, &json!({ "productId": "A", "quantity": 1 })).await.names(400, "customerEmail");
    server.audit().await;
}
