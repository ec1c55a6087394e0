//! `POST /orders` with what is no order: a 4xx that names the field, and nothing changed.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, checkout};

fn with(pointer: &str, value: Value) -> Value {
    let mut order = checkout("bad", "A", 1);
    let (parent, name) = pointer.rsplit_once('/').expect("a JSON pointer");
    let parent = order.pointer_mut(parent).expect("the parent is there");
    parent.as_object_mut().expect("the parent is an object").insert(name.to_owned(), value);
    order
}

fn without(name: &str) -> Value {
    let mut order = checkout("bad", "A", 1);
    order.as_object_mut().expect("an order is an object").remove(name);
    order
}

#[tokio::test]
async fn bad_orders_are_refused_by_field() {
    let server = Server::start();
    server.stock("A", 5).await;
    let many: Vec<Value> = (0..10_000).map(|_| json!({ "sku": "A", "quantity": 1 })).collect();
    for (order, field) in [
        (with("/items/0/sku", json!("nope")), "items/0/sku"),
        (with("/items/0/sku", json!("")), "items/0/sku"),
        (with("/items/0/sku", json!(7)), "items/0/sku"),
        (with("/items/0/quantity", json!(0)), "items/0/quantity"),
        (with("/items/0/quantity", json!(-1)), "items/0/quantity"),
        (with("/items/0/quantity", json!(1.5)), "items/0/quantity"),
        (with("/items/0/quantity", json!(1_000_000_000_000_i64)), "items/0/quantity"),
        (with("/items/0/quantity", json!(null)), "items/0/quantity"),
        (with("/items/0/colour", json!("red")), "items/0/colour"),
        (with("/items", json!([])), "items"),
        (with("/items", json!({})), "items"),
        (with("/items", json!(many)), "items"),
        (without("items"), "items"),
        (without("customer"), "customer"),
        (with("/customer", json!({})), "customer/email"),
        (with("/customer", json!({ "id": "nobody" })), "customer/id"),
        (with("/customer/email", json!("nobody")), "customer/email"),
        (with("/customer/email", json!("a@example.com\r\nBcc: b@example.com")), "customer/email"),
        (with("/shipping_address/country", json!("Atlantis")), "shipping_address/country"),
        (with("/shipping_address/planet", json!("Mars")), "shipping_address/planet"),
        (without("shipping_address"), "shipping_address"),
        (with("/currency", json!("ZZZ")), "currency"),
        (with("/currency", json!("EUR")), "currency"),
        (with("/order_id", json!("a b")), "order_id"),
        (with("/order_id", json!("x".repeat(65))), "order_id"),
        (with("/payment", json!({ "card": "4242" })), "payment/card"),
        (with("/coupon", json!("HALF")), "coupon"),
    ] {
        server.shop("/orders", &order).await.names(400, field);
    }
    nothing_changed(&server).await;
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let server = Server::start();
    server.stock("A", 5).await;
    let post = |body: Vec<u8>, media_type: &'static str| {
        server.send(server.request(Method::POST, "/orders").header("content-type", media_type).body(body))
    };
    let json = "application/json";
    for (body, media_type, status) in [
        (b"{\"items\": [".to_vec(), json, 400),
        (b"".to_vec(), json, 400),
        (b"[]".to_vec(), json, 400),
        (b"\"order\"".to_vec(), json, 400),
        (vec![b'"', 0xff, 0xfe, b'"'], json, 400),
        (b"{}".to_vec(), "text/plain", 415),
        (vec![b' '; 2 << 20], json, 413),
    ] {
        let start = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
        let answer = post(body, media_type).await;
        assert_eq!(answer.status.as_u16(), status, "{start}: {answer:?}");
        assert!(answer.body["detail"].is_string(), "a problem says what is wrong: {answer:?}");
    }
    nothing_changed(&server).await;
}

#[tokio::test]
async fn a_wait_and_a_key_that_make_no_sense_are_refused() {
    let server = Server::start();
    server.stock("A", 5).await;
    let order = checkout("bad", "A", 1);
    for wait in ["-1", "61", "soon", "NaN"] {
        server.shop(&format!("/orders?wait={wait}"), &order).await.names(400, "wait");
    }
    let request = server.request(Method::POST, "/orders").header("Idempotency-Key", "x".repeat(256)).json(&order);
    server.send(request).await.names(400, "Idempotency-Key");
    nothing_changed(&server).await;
}

async fn nothing_changed(server: &Server) {
    assert_eq!(server.get("/orders").await.expect(200)["items"], json!([]));
    assert_eq!(server.level("A").await, (5, 0, 0));
    assert_eq!(server.get("/mailbox").await.expect(200)["items"], json!([]));
    server.audit().await;
}
