//! `POST /orders/{id}/cancel`, and what else follows a sale.

use reqwest::Method;
use serde_json::json;

use crate::support::{Server, checkout};

#[tokio::test]
async fn a_cancelled_order_is_refunded_and_restocked() {
    let server = Server::start();
    server.stock("A", 5).await;
    let placed = server.shop("/orders?wait=30", &checkout("c", "A", 2)).await.expect(200);
    let token = placed["access_token"].as_str().unwrap();
    let denied = server.send(server.request(Method::POST, "/orders/c/cancel")).await;
    assert_eq!(denied.status.as_u16(), 401);
    let path = format!("/orders/c/cancel?token={token}&wait=30");
    let cancelled = server.send(server.request(Method::POST, &path)).await.expect(200);
    assert_eq!(cancelled["status"], "cancelled", "{cancelled:#}");
    assert_eq!(cancelled["payment"]["status"], "refunded", "{cancelled:#}");
    assert_eq!(server.level("A").await, (5, 0, 0));
    assert_eq!(server.mails("c").await.len(), 2);
    server.send(server.request(Method::POST, &path)).await.expect(200);
    assert_eq!(server.mails("c").await.len(), 2, "cancelling twice is cancelling once");
    server.audit().await;
}

#[tokio::test]
async fn a_shipped_order_is_returned_not_cancelled() {
    let server = Server::start();
    server.stock("A", 5).await;
    server.place("/orders", &checkout("s", "A", 2)).await;
    for (action, status) in [("ship", "shipped"), ("deliver", "delivered")] {
        let order = server.post(&format!("/orders/s/{action}?wait=30"), &json!({})).await.expect(200);
        assert_eq!(order["status"], status, "{order:#}");
    }
    let refused = server.post("/orders/s/cancel", &json!({})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("shipped"), "{refused:#}");
    let order = server.post("/orders/s/return?wait=30", &json!({})).await.expect(200);
    assert_eq!(order["status"], "returned", "{order:#}");
    assert_eq!(order["payment"]["status"], "refunded", "{order:#}");
    assert_eq!(server.level("A").await, (5, 0, 0));
    server.audit().await;
}

#[tokio::test]
async fn an_order_without_a_sale_has_nothing_to_cancel() {
    let server = Server::start();
    server.stock("A", 1).await;
    server.place("/orders", &checkout("r", "A", 2)).await;
    server.post("/orders/r/cancel", &json!({})).await.expect(409);
    server.post("/orders/r/ship", &json!({})).await.expect(409);
    server.post("/orders/nobody/cancel", &json!({})).await.expect(404);
}
