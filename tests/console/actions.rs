//! What an operator does with an order: refund, resend a mail, give out the link again.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, checkout, paid_with};

#[tokio::test]
async fn money_goes_back_while_the_sale_stands() {
    let server = Server::start();
    server.stock("A", 9).await;
    server.place("/orders", &checkout("o", "A", 2)).await;
    let total = server.get("/orders/o").await.expect(200)["totals"]["total"]["amount"].clone();
    assert_eq!(total, "35.00");

    let part = json!({ "amount": "10.00", "reason": "one cup was broken" });
    let keyed = || {
        let request = server.request(Method::POST, "/orders/o/refund").bearer_auth(crate::support::KEY);
        request.header("idempotency-key", "once").json(&part)
    };
    let order = server.send(keyed()).await.expect(200);
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("confirmed"), &json!("partially_refunded")));
    server.send(keyed()).await.expect(200);
    let order = server.get("/orders/o").await.expect(200);
    assert_eq!(order["payment"]["refunded"]["amount"], "10.00", "the same key is the same refund");

    server.post("/orders/o/refund", &json!({ "amount": "25.01", "reason": "x" })).await.names(400, "amount");
    server.post("/orders/o/refund", &json!({ "amount": "-1", "reason": "x" })).await.names(400, "amount");
    server.post("/orders/o/refund", &json!({ "amount": "1.00" })).await.names(400, "reason");
    let rest = server.post("/orders/o/refund", &json!({ "reason": "all of it" })).await.expect(200);
    assert_eq!((&rest["status"], &rest["payment"]["status"]), (&json!("confirmed"), &json!("refunded")));
    server.post("/orders/o/refund", &json!({ "reason": "again" })).await.names(400, "amount");
    server.audit().await;

    let actions = server.get("/operator-actions?order_id=o").await.expect(200);
    let refunds: Vec<&Value> = actions["items"].as_array().unwrap().iter().collect();
    assert_eq!(refunds.len(), 2, "{actions:#}");
    assert_eq!((&refunds[1]["subject"], &refunds[1]["reason"]), (&json!("10.00 USD"), &json!("one cup was broken")));
    assert!(refunds.iter().all(|refund| refund["outcome"] == "done" && refund["actor"] == "operator key"));
}

#[tokio::test]
async fn a_return_gives_back_the_rest() {
    let server = Server::start();
    server.stock("A", 5).await;
    server.place("/orders", &checkout("p", "A", 1)).await;
    server.post("/orders/p/refund", &json!({ "amount": "5.00", "reason": "late" })).await.expect(200);
    let order = server.post("/orders/p/cancel?wait=30", &json!({})).await.expect(200);
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("cancelled"), &json!("refunded")));
    assert_eq!(order["payment"]["refunded"], order["payment"]["charged"]);
    server.audit().await;
}

#[tokio::test]
async fn where_no_money_was_kept_none_goes_back() {
    let server = Server::start();
    server.stock("A", 5).await;
    server.place("/orders", &paid_with(checkout("d", "A", 1), "tok_declined")).await;
    let refused = server.post("/orders/d/refund", &json!({ "reason": "x" })).await.expect(409);
    assert_eq!(refused["type"], "/problems/status-refused");
    server.post("/orders/none/refund", &json!({ "reason": "x" })).await.expect(404);
    server.shop("/orders/d/refund", &json!({ "reason": "x" })).await.expect(401);
}

#[tokio::test]
async fn a_mail_is_sent_again_as_a_new_one() {
    let server = Server::start();
    server.stock("A", 5).await;
    server.place("/orders", &checkout("m", "A", 1)).await;
    let first = server.mails("m").await.remove(0);
    let path = format!("/orders/m/mails/{}/resend", first["id"]);
    let again = server.post(&path, &json!({})).await.expect(200);
    assert_ne!(again["id"], first["id"]);
    for field in ["to", "subject", "text", "html", "attachments"] {
        assert_eq!(again[field], first[field], "{field}");
    }
    assert_eq!(server.mails("m").await.len(), 2);
    server.post("/orders/m/mails/999/resend", &json!({})).await.expect(404);
    server.post("/orders/m/mails/x/resend", &json!({})).await.expect(404);
    server.place("/orders", &checkout("n", "A", 1)).await;
    let path = format!("/orders/n/mails/{}/resend", first["id"]);
    server.post(&path, &json!({})).await.expect(404);
    server.audit().await;
}

#[tokio::test]
async fn the_link_given_out_again_opens_the_order() {
    let server = Server::start();
    server.stock("A", 5).await;
    server.place("/orders", &checkout("l", "A", 1)).await;
    let link = server.post("/orders/l/link", &json!({})).await.expect(200);
    let url = link["url"].as_str().unwrap();
    let path = url.strip_prefix(server.url()).expect("the link leads to this server");
    let order = server.send(server.request(Method::GET, path)).await.expect(200);
    assert_eq!(order["order_id"], "l");
    server.post("/orders/none/link", &json!({})).await.expect(404);
}
