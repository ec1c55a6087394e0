//! `GET /orders` with all its filters, and customers with what their orders come to.

use serde_json::{Value, json};

use crate::support::{Server, checkout, paid_with};

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|order| order["order_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn filters_go_together() {
    let server = Server::start();
    server.stock("A", 100).await;
    for (id, units, token) in
        [("a", 1, "tok_visa"), ("b", 2, "tok_visa"), ("c", 3, "tok_declined"), ("d", 4, "tok_visa")]
    {
        server.place("/orders", &paid_with(checkout(id, "A", units), token)).await;
    }
    let placed = server.get("/orders/c").await.expect(200)["placed_at"].as_str().unwrap().to_owned();
    for (query, expected) in [
        ("status=confirmed&status=payment_failed".to_owned(), vec!["d", "c", "b", "a"]),
        ("status=payment_failed".to_owned(), vec!["c"]),
        ("min_total=35.00".to_owned(), vec!["d", "c", "b"]),
        ("min_total=35.01&max_total=45".to_owned(), vec!["c"]),
        (format!("placed_before={placed}"), vec!["b", "a"]),
        (format!("placed_after={placed}"), vec!["d", "c"]),
        (format!("placed_after={placed}&status=confirmed&customer=ana@example.com&workflow=checkout"), vec!["d"]),
        ("q=ANA POP&max_total=25".to_owned(), vec!["a"]),
    ] {
        let page = server.get(&format!("/orders?{query}")).await.expect(200);
        assert_eq!(ids(&page), expected, "{query}");
    }
    let first = server.get("/orders?status=confirmed&status=payment_failed&limit=3").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.get(&format!("/orders?status=confirmed&status=payment_failed&limit=3&cursor={cursor}")).await;
    assert_eq!(ids(&second.expect(200)), ["a"]);
    for (query, field) in [
        ("placed_before=soon", "placed_before"),
        ("min_total=1e3", "min_total"),
        ("max_total=-1", "max_total"),
        ("status=lost", "status"),
        ("workflow=none", "workflow"),
    ] {
        server.get(&format!("/orders?{query}")).await.names(400, field);
    }
}

#[tokio::test]
async fn a_customer_is_shown_with_what_the_orders_come_to() {
    let server = Server::start();
    server.stock("A", 100).await;
    let ana = json!({ "email": "ana@example.com", "contact": "Ana Pop", "address": { "country": "RO" } });
    server.put("/customers/ana", &ana).await.expect(201);
    server.put("/customers/nobody", &json!({ "email": "nobody@example.com" })).await.expect(201);
    for (id, token) in [("x", "tok_visa"), ("y", "tok_visa"), ("z", "tok_declined")] {
        let mut order = paid_with(checkout(id, "A", 1), token);
        order["customer"] = json!({ "id": "ana" });
        server.place("/orders", &order).await;
    }
    server.post("/orders/y/refund", &json!({ "amount": "5.00", "reason": "late" })).await.expect(200);
    let expected = json!({ "orders": 3, "total": { "USD": "45.00" } });
    assert_eq!(server.get("/customers/ana").await.expect(200)["totals"], expected);
    let listed = server.get("/customers?with=totals").await.expect(200);
    assert_eq!(listed["items"][0]["totals"], expected, "{listed:#}");
    assert_eq!(listed["items"][1]["totals"], json!({ "orders": 0, "total": {} }));
    assert!(server.get("/customers").await.expect(200)["items"][0].get("totals").is_none());
    server.get("/customers?with=everything").await.names(400, "with");
}
