//! `POST /orders`: checkout.

use serde_json::{Value, json};

use crate::support::{Server, checkout, paid_with};

#[tokio::test]
async fn an_order_is_confirmed_receipted_and_told() {
    let server = Server::start();
    server.stock("A", 5).await;
    let placed = server.shop("/orders?wait=30", &checkout("o-1", "A", 2)).await.expect(200);
    assert_eq!(placed["status"], "confirmed", "{placed:#}");
    let order = server.get("/orders/o-1").await.expect(200);
    assert_eq!(order["workflow"], "checkout");
    assert_eq!(order["totals"]["subtotal"], json!({ "amount": "20.00", "currency": "USD" }));
    let minor = |name: &str| {
        let amount = order["totals"][name]["amount"].as_str().expect("an amount is text").replace('.', "");
        amount.parse::<i64>().expect("an amount is a decimal")
    };
    assert_eq!(minor("total"), minor("subtotal") + minor("shipping") + minor("tax"));
    assert_eq!(order["items"][0]["amount"], json!({ "amount": "20.00", "currency": "USD" }));
    assert!(order["receipt_url"].is_string(), "{order:#}");
    let words: Vec<&str> =
        order["history"].as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(words, ["placed", "reserved", "paid", "confirmed"]);
    assert_eq!(server.level("A").await, (3, 0, 2));
    assert_eq!(server.mails("o-1").await.len(), 1);
    assert_eq!(server.messages("order-confirmed").await.len(), 1);
    server.audit().await;
}

#[tokio::test]
async fn every_failing_path_gives_the_stock_back_and_says_why() {
    let server = Server::start();
    server.stock("A", 5).await;
    for (id, order, status, reason) in [
        ("short", checkout("short", "A", 6), "rejected", "A: 6 wanted, 5 available"),
        ("declined", paid_with(checkout("declined", "A", 1), "tok_declined"), "payment_failed", "declined"),
        ("poor", paid_with(checkout("poor", "A", 1), "tok_insufficient_funds"), "payment_failed", "insufficient funds"),
        ("expired", paid_with(checkout("expired", "A", 1), "tok_expired"), "payment_failed", "expired"),
        ("fraud", paid_with(checkout("fraud", "A", 1), "tok_fraud"), "payment_failed", "fraud"),
    ] {
        let order = server.place("/orders", &order).await;
        assert_eq!(order["status"], status, "{order:#}");
        assert!(order["reason"].as_str().unwrap_or_default().contains(reason), "{id}: {order:#}");
        assert_eq!(server.mails(id).await.len(), 1, "{id}");
        assert!(order["receipt_url"].is_null(), "{id}");
        assert_eq!(server.level("A").await, (5, 0, 0), "{id}");
    }
    assert_eq!(server.messages("order-errors").await.len(), 5);
    server.audit().await;
}

#[tokio::test]
async fn an_outage_is_retried_and_charged_once() {
    let server = Server::start();
    server.stock("A", 5).await;
    let order = server.place("/orders", &paid_with(checkout("slow", "A", 1), "tok_timeout")).await;
    assert_eq!(order["status"], "confirmed", "{order:#}");
    assert_eq!(server.level("A").await, (4, 0, 1));
    server.audit().await;
}

#[tokio::test]
async fn the_same_order_twice_is_one_order() {
    let server = Server::start();
    server.stock("A", 5).await;
    let order = checkout("twice", "A", 1);
    let first = server.shop("/orders", &order).await.expect(202);
    let second = server.shop("/orders", &order).await.expect(202);
    for field in ["order_id", "execution_arn", "access_token"] {
        assert_eq!(first[field], second[field], "{field}");
    }
    server.finished("twice").await;
    server.shop("/orders", &checkout("twice", "A", 2)).await.expect(409);
    assert_eq!(server.level("A").await, (4, 0, 1));
    assert_eq!(server.mails("twice").await.len(), 1);
    server.audit().await;
}

#[tokio::test]
async fn an_idempotency_key_makes_one_order_of_many_requests() {
    let server = Server::start();
    server.stock("A", 50).await;
    let mut order = checkout("x", "A", 1);
    order.as_object_mut().unwrap().remove("order_id");
    let place = |order: Value| {
        let request =
            server.request(reqwest::Method::POST, "/orders?wait=30").header("Idempotency-Key", "k-1").json(&order);
        server.send(request)
    };
    let answers = futures::future::join_all((0..10).map(|_| place(order.clone()))).await;
    let ids: std::collections::BTreeSet<String> = answers
        .into_iter()
        .map(|answer| {
            assert!(answer.status.is_success(), "{answer:?}");
            answer.body["order_id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    order["items"][0]["quantity"] = 2.into();
    place(order).await.expect(422);
    assert_eq!(server.level("A").await, (49, 0, 1));
    server.audit().await;
}

#[tokio::test]
async fn the_last_units_are_sold_once() {
    let server = Server::start();
    server.stock("A", 7).await;
    let bodies: Vec<Value> = (0..40).map(|n| checkout(&format!("rush-{n}"), "A", 1)).collect();
    let orders = futures::future::join_all(bodies.iter().map(|body| server.place("/orders", body))).await;
    let confirmed = orders.iter().filter(|order| order["status"] == "confirmed").count();
    let rejected = orders.iter().filter(|order| order["status"] == "rejected").count();
    assert_eq!((confirmed, rejected), (7, 33));
    assert_eq!(server.level("A").await, (0, 0, 7));
    server.audit().await;
}

#[tokio::test]
async fn repeated_lines_are_summed_before_stock_is_checked() {
    let server = Server::start();
    server.stock("A", 3).await;
    let mut order = checkout("sum", "A", 2);
    order["items"] = json!([{ "sku": "A", "quantity": 2 }, { "sku": "A", "quantity": 2 }]);
    let order = server.place("/orders", &order).await;
    assert_eq!(order["status"], "rejected");
    assert!(order["reason"].as_str().unwrap().contains("4 wanted, 3 available"), "{order:#}");
    server.audit().await;
}
