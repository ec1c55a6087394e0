//! The customers we know.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::world::{OPERATOR, World};

#[tokio::test]
async fn a_customer_is_created_changed_read_and_listed() {
    let world = World::new().await;
    let body = json!({"company": "Alfreds", "contact": "Maria", "email": "alfki@example.com",
        "address": {"street": "Obere Str. 57", "city": "Berlin", "country": "DE"}});
    let created = world.operator("PUT", "/customers/ALFKI", Some(body.clone())).await.expect(201);
    let mut expected = body;
    expected["customer_id"] = json!("ALFKI");
    assert_eq!(created, expected);
    assert_eq!(world.operator("PUT", "/customers/ALFKI", Some(created.clone())).await.expect(200), created);
    assert_eq!(world.operator("GET", "/customers/ALFKI", None).await.expect(200), created);
    let list = world.operator("GET", "/customers?limit=10", None).await.expect(200);
    assert_eq!(list, json!({"items": [created]}));
    world.anybody("GET", "/customers/ALFKI", None).await.expect_problem(401, "unauthorized", &[]);
    world.operator("GET", "/customers/NONE", None).await.expect_problem(404, "not-found", &[]);
    let wrong = json!({"address": {"street": "x"}});
    let answer = world.operator("PUT", "/customers/ALFKI", Some(wrong)).await;
    answer.expect_problem(400, "invalid-request", &["email", "address/country"]);
}

#[tokio::test]
async fn customers_are_imported() {
    let world = World::new().await;
    let csv = "customer_id,company,contact,email,address,city,region,postal_code,country\n\
               ALFKI,Alfreds Futterkiste,Maria Anders,alfki@example.com,Obere Str. 57,Berlin,,12209,DE\n";
    let request = Request::post("/customers/import")
        .header("authorization", format!("Bearer {OPERATOR}"))
        .header("content-type", "text/csv");
    let answer = world.send(request.body(Body::from(csv)).unwrap()).await;
    assert_eq!(answer.expect(200), json!({"imported": 1}));
    let customer = world.operator("GET", "/customers/ALFKI", None).await.expect(200);
    assert_eq!(customer["address"]["postal_code"], "12209");
}
