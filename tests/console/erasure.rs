//! `POST /customers/{id}/erase` and `/customers/erase`: the person is forgotten, the books stay.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{KEY, Server, checkout, paid_with, patient_workflows};

/// Everything the server tells an operator, as one text.
async fn all_that_is_told(server: &Server, orders: &[&str]) -> String {
    let mut told = String::new();
    let mut paths: Vec<String> =
        ["/orders?limit=500", "/customers", "/mailbox", "/operator-actions", "/dead-letters", "/executions"]
            .map(str::to_owned)
            .to_vec();
    for topic in server.get("/topics").await.expect(200)["items"].as_array().unwrap() {
        paths.push(format!("/topics/{}/messages", topic["name"].as_str().unwrap()));
    }
    for id in orders {
        let order = server.get(&format!("/orders/{id}")).await.expect(200);
        let arn = order["execution_arn"].as_str().unwrap();
        paths.push(format!("/orders/{id}"));
        paths.push(format!("/orders/{id}/timeline"));
        paths.push(format!("/executions/{arn}/history?limit=500"));
    }
    for path in paths {
        told.push_str(&server.get(&path).await.expect(200).to_string());
    }
    let export = server.request(Method::GET, "/orders/export.csv").bearer_auth(KEY).send().await.unwrap();
    told.push_str(&export.text().await.unwrap());
    told
}

async fn money(server: &Server, id: &str) -> Value {
    let order = server.get(&format!("/orders/{id}")).await.expect(200);
    json!([order["status"], order["totals"], order["payment"], order["items"]])
}

#[tokio::test]
async fn a_customer_is_forgotten_and_the_books_stay() {
    let server = Server::start();
    server.stock("A", 20).await;
    let maria = json!({ "email": "maria@example.com", "contact": "Maria Anders",
        "address": { "name": "Maria Anders", "street": "Obere Str. 57", "city": "Berlin", "country": "DE" } });
    server.put("/customers/maria", &maria).await.expect(201);
    for (id, token) in [("m-1", "tok_visa"), ("m-2", "tok_declined")] {
        let mut order = paid_with(checkout(id, "A", 2), token);
        order["customer"] = json!({ "id": "maria" });
        order.as_object_mut().unwrap().remove("shipping_address");
        server.place("/orders", &order).await;
    }
    server.place("/orders", &checkout("ana", "A", 1)).await;
    let refund = json!({ "amount": "1.00", "reason": "Maria Anders called" });
    server.post("/orders/m-1/refund", &refund).await.expect(200);
    let (before, stock) = (money(&server, "m-1").await, server.level("A").await);
    let told = all_that_is_told(&server, &["m-1", "m-2"]).await;
    assert!(told.contains("maria@example.com") && told.contains("Maria Anders"), "there is something to forget");

    let erased = server.post("/customers/maria/erase", &json!({})).await.expect(200);
    assert_eq!(erased["orders"], json!(["m-1", "m-2"]));
    assert_eq!(erased["mails"], 2);
    let told = all_that_is_told(&server, &["m-1", "m-2"]).await;
    for secret in ["maria@example.com", "Maria Anders", "Obere Str. 57"] {
        assert!(!told.contains(secret), "{secret} is still told");
    }
    assert!(told.contains("ana@example.com"), "nobody else is forgotten");
    assert_eq!((money(&server, "m-1").await, server.level("A").await), (before, stock), "the books stay");
    server.get("/customers/maria").await.expect(404);
    let receipt = server.request(Method::GET, "/orders/m-1/receipt").bearer_auth(KEY).send().await.unwrap();
    let receipt = pdf_extract::extract_text_from_mem(&receipt.bytes().await.unwrap()).unwrap();
    assert!(!receipt.contains("Maria") && receipt.contains("m-1"), "{receipt}");
    let again = server.post("/customers/maria/erase", &json!({})).await.expect(200);
    assert_eq!(again, json!({ "orders": [], "mails": 0 }), "twice is once");
    server.audit().await;
}

#[tokio::test]
async fn a_guest_is_forgotten_by_mail_address_once_the_orders_have_ended() {
    let folder = tempfile::tempdir().unwrap();
    patient_workflows(folder.path());
    let server = Server::start_with(&["--workflows", folder.path().to_str().unwrap()]);
    server.stock("A", 20).await;
    server.place("/orders", &checkout("g-1", "A", 1)).await;
    server.shop("/orders", &paid_with(checkout("g-2", "A", 1), "tok_unavailable")).await.expect(202);
    let body = json!({ "email": "ANA@example.com" });
    let refused = server.post("/customers/erase", &body).await.expect(409);
    assert_eq!(refused["type"], "/problems/order-in-progress");
    assert_eq!(
        server.get("/orders/g-1").await.expect(200)["customer"]["email"],
        "ana@example.com",
        "nothing is erased"
    );

    let arn = server.get("/orders/g-2").await.expect(200)["execution_arn"].as_str().unwrap().to_owned();
    server
        .eventually("it waits for the provider", async || {
            let held = server.get("/orders/g-2/reservations").await.expect(200);
            held["items"] != json!([])
        })
        .await;
    server.put("/payment-gateway", &json!({ "unavailable_served": true })).await.expect(200);
    server.post(&format!("/executions/{arn}/stop"), &json!({})).await.expect(200);
    server.post(&format!("/executions/{arn}/redrive"), &json!({})).await.expect(200);
    server.finished("g-2").await;
    let erased = server.post("/customers/erase", &body).await.expect(200);
    assert_eq!(erased["orders"], json!(["g-1", "g-2"]));
    let told = all_that_is_told(&server, &["g-1", "g-2"]).await;
    assert!(!told.contains("ana@example.com") && !told.contains("Ana Pop"), "{told}");
    server.post("/customers/erase", &json!({ "email": "nobody" })).await.names(400, "email");
    server.audit().await;
}
