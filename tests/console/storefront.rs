//! `/shop` and `/quote`: what a visitor knows before ordering.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, checkout};

#[tokio::test]
async fn a_quote_is_what_the_order_then_costs() {
    let server = Server::start();
    server.stock("A", 300).await;
    for (units, country) in [(1, "RO"), (2, "DE"), (150, "RO")] {
        let mut order = checkout(&format!("q-{units}"), "A", units);
        order["shipping_address"]["country"] = country.into();
        let asked = json!({ "items": order["items"], "shipping_address": { "country": country } });
        let quote = server.shop("/quote", &asked).await.expect(200);
        let placed = server.place("/orders", &order).await;
        assert_eq!(quote["totals"], placed["totals"], "{units} to {country}");
        assert_eq!(quote["items"][0]["amount"], placed["items"][0]["amount"]);
    }
    let asked = json!({ "items": [{ "sku": "A", "quantity": 1 }, { "sku": "A", "quantity": 2 }] });
    let quote = server.shop("/quote", &asked).await.expect(200);
    assert_eq!(
        (&quote["items"][0]["quantity"], &quote["items"][0]["available"]),
        (&json!(3), &json!(147)),
        "{quote:#}"
    );
    assert_eq!(server.level("A").await, (147, 0, 153), "a quote holds nothing");
    for (body, status, field) in [
        (json!({}), 400, "items"),
        (json!({ "items": [] }), 400, "items"),
        (json!({ "items": [{ "sku": "A", "quantity": 0 }] }), 400, "items/0/quantity"),
        (json!({ "items": [{ "sku": "A", "quantity": 1 }, { "sku": "B", "quantity": 1 }] }), 422, "items/1/sku"),
        (json!({ "items": [{ "sku": "A", "quantity": 1 }], "currency": "EUR" }), 422, "items/0/sku"),
        (json!({ "items": [{ "sku": "A", "quantity": 1 }], "shipping_address": {} }), 400, "shipping_address/country"),
        (json!({ "items": [{ "sku": "A", "quantity": 1 }], "coupon": 1 }), 400, "coupon"),
    ] {
        server.shop("/quote", &body).await.names(status, field);
    }
}

#[tokio::test]
async fn only_a_demo_shows_payment_tokens() {
    let about =
        async |server: &Server| -> Value { server.send(server.request(Method::GET, "/shop")).await.expect(200) };
    let real = about(&Server::start()).await;
    assert_eq!((&real["demo"], &real["payment_tokens"]), (&json!(false), &json!([])), "{real:#}");
    assert!(real.get("currency").is_none(), "an empty shop has no currency");
    let demo = about(&Server::demo()).await;
    assert_eq!((&demo["demo"], &demo["currency"]), (&json!(true), &json!("RON")), "{demo:#}");
    assert!(demo["payment_tokens"].as_array().unwrap().iter().any(|token| token["token"] == "tok_declined"));
    assert_eq!(demo["shipping"][0], "15.00");
}
