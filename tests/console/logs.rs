//! What the server writes into its log tells of nobody.

use serde_json::json;

use crate::support::{KEY, Server, binary, checkout, paid_with};

/// What is logged at a level while orders and operators do all kinds of things.
async fn logged(level: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    let file = folder.path().join("orderflow.toml");
    std::fs::write(&file, format!("[log]\nfolder = {:?}\n", logs.to_str().unwrap())).unwrap();
    let mut serve = binary();
    serve.arg("serve").env("RUST_LOG", format!("{level},hyper=info,h2=info"));
    let server = Server::of(serve, &folder.path().join("data"), &["--config", file.to_str().unwrap()]);
    server.stock("A", 5).await;
    let mut order = checkout("private-order", "A", 1);
    order["customer"] = json!({ "email": "secret-mail@example.com", "name": "Secret Name" });
    server.place("/orders", &order).await;
    order["order_id"] = "private-order-2".into();
    server.place("/orders", &paid_with(order.clone(), "tok_declined")).await;
    server.get("/orders?customer=secret-mail@example.com").await.expect(200);
    server.get("/orders?q=secret-mail&min_total=x").await.expect(400);
    server.shop("/session", &json!({ "key": "secret-guess" })).await.expect(401);
    server.shop("/session", &json!({ "key": KEY, "name": "Secret Operator" })).await.expect(200);
    server
        .post("/orders/private-order/refund", &json!({ "amount": "1.00", "reason": "secret-reason" }))
        .await
        .expect(200);
    server.post("/orders/private-order/refund", &json!({ "amount": "secret-amount", "reason": "x" })).await.expect(400);
    server.post("/orders/private-order/link", &json!({})).await.expect(200);
    server.get("/orders/private-order/timeline?token=secret-token").await.expect(200);
    server.get("/orders/private-order-3/explanation").await.expect(404);
    server.post("/customers/erase", &json!({ "email": "secret-mail@example.com" })).await.expect(200);
    server.audit().await;
    assert_eq!(server.stop(), Some(0));

    let mut log = String::new();
    for file in std::fs::read_dir(logs).unwrap() {
        log.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    assert!(log.contains("the request was refused"), "there is a log: {log}");
    log.to_lowercase()
}

#[tokio::test]
async fn no_customer_order_or_key_is_in_the_log() {
    let log = logged("info").await;
    for line in log.lines() {
        assert!(!line.contains("secret") && !line.contains("private") && !line.contains(KEY), "{line}");
    }
}

#[tokio::test]
async fn whoever_looks_closely_sees_orders_and_still_no_people_or_keys() {
    let log = logged("debug").await;
    for line in log.lines() {
        assert!(!line.contains("secret") && !line.contains(KEY), "{line}");
    }
}
