//! `GET /orders`: filters and pages.

use serde_json::Value;

use crate::support::{Server, checkout};

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|order| order["order_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn orders_are_found_by_what_is_known_of_them() {
    let server = Server::start();
    server.stock("A", 3).await;
    for n in 1..=5 {
        let mut order = checkout(&format!("o-{n}"), "A", 1);
        order["customer"]["email"] = format!("customer{n}@example.com").into();
        server.place("/orders", &order).await;
    }
    for (query, expected) in [
        ("", vec!["o-5", "o-4", "o-3", "o-2", "o-1"]),
        ("?status=confirmed", vec!["o-3", "o-2", "o-1"]),
        ("?status=rejected", vec!["o-5", "o-4"]),
        ("?customer=customer2@example.com", vec!["o-2"]),
        ("?q=customer4", vec!["o-4"]),
        ("?workflow=order-app", vec![]),
        ("?placed_after=2999-01-01T00:00:00Z", vec![]),
    ] {
        let page = server.get(&format!("/orders{query}")).await.expect(200);
        assert_eq!(ids(&page), expected, "{query}");
    }
    let first = server.get("/orders?limit=2").await.expect(200);
    assert_eq!(ids(&first), ["o-5", "o-4"]);
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let second = server.get(&format!("/orders?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!(ids(&second), ["o-3", "o-2"]);
    server.get("/orders?cursor=rubbish").await.names(400, "cursor");
    server.get("/orders?limit=0").await.names(400, "limit");
    server.get("/orders?placed_after=yesterday").await.names(400, "placed_after");
}
