//! `GET /orders/{id}`: one's own order, and nobody else's.

use reqwest::Method;

use crate::support::{Server, checkout};

#[tokio::test]
async fn an_order_opens_with_its_token_only() {
    let server = Server::start();
    server.stock("A", 5).await;
    let placed = server.shop("/orders?wait=30", &checkout("mine", "A", 1)).await.expect(200);
    let other = server.shop("/orders?wait=30", &checkout("other", "A", 1)).await.expect(200);
    let token = placed["access_token"].as_str().unwrap();
    let foreign = other["access_token"].as_str().unwrap();
    let get = |path: String| server.send(server.request(Method::GET, &path));
    assert_eq!(get("/orders/mine".into()).await.status.as_u16(), 401);
    assert_eq!(get(format!("/orders/mine?token={foreign}")).await.status.as_u16(), 404);
    assert_eq!(get(format!("/orders/mine?token={token}")).await.expect(200)["order_id"], "mine");
    let bearer = server.send(server.request(Method::GET, "/orders/mine").bearer_auth(token)).await;
    assert_eq!(bearer.expect(200)["order_id"], "mine");
    let link = placed["links"]["self"].as_str().expect("a link to the order");
    let path = link.strip_prefix(server.url()).unwrap_or(link);
    assert_eq!(get(path.to_owned()).await.expect(200)["order_id"], "mine");
    server.get("/orders/nobody").await.expect(404);
}

#[tokio::test]
async fn nothing_else_opens_without_the_operator_s_key() {
    let server = Server::start();
    for path in [
        "/orders",
        "/inventory",
        "/inventory/A",
        "/customers",
        "/mailbox",
        "/topics/order-confirmed/messages",
        "/queues",
        "/dead-letters",
        "/alarms",
        "/audit",
        "/metrics",
        "/executions",
        "/workflows",
    ] {
        let answer = server.send(server.request(Method::GET, path)).await;
        assert_eq!(answer.status.as_u16(), 401, "{path}");
        let answer = server.send(server.request(Method::GET, path).bearer_auth("a-wrong-key-of-some-length")).await;
        assert_eq!(answer.status.as_u16(), 401, "{path}");
    }
    for path in ["/healthz", "/readyz", "/openapi.json", "/docs/", "/"] {
        let answer = server.send(server.request(Method::GET, path)).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
    }
}
