//! `POST /orders` while the payment provider does not answer.

use reqwest::Method;
use serde_json::json;

use crate::support::{Server, checkout, paid_with};

#[tokio::test]
async fn an_outage_that_outlasts_the_retries_fails_the_order_and_takes_nothing() {
    let server = Server::start();
    server.stock("A", 5).await;
    let order = server.place("/orders", &paid_with(checkout("out-1", "A", 2), "tok_unavailable")).await;
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("failed"), &json!("none")), "{order:#}");
    assert!(order["reason"].as_str().unwrap().contains("you were not charged"), "{order:#}");
    assert_eq!(server.level("A").await, (5, 0, 0), "what was held is given back");
    server.eventually("the customer is told", || async { server.mails("out-1").await.len() == 1 }).await;
    let mail = server.mails("out-1").await.remove(0);
    assert!(mail["text"].as_str().unwrap().contains("Nothing was charged"), "{mail:#}");
    assert!(!server.messages("order-errors").await.is_empty());
    server.audit().await;
}

#[tokio::test]
async fn an_order_goes_on_when_the_provider_answers_again() {
    let server = Server::start();
    server.stock("A", 5).await;
    let order = paid_with(checkout("out-2", "A", 2), "tok_unavailable");
    server.shop("/orders", &order).await.expect(202);
    server.put("/payment-gateway", &json!({ "unavailable_served": true })).await.expect(200);
    assert_eq!(server.finished("out-2").await["status"], "confirmed");
    assert_eq!(server.level("A").await, (3, 0, 2));
    let refused = server.request(Method::PUT, "/payment-gateway").json(&json!({ "unavailable_served": false }));
    server.send(refused).await.expect(401);
    server.audit().await;
}
