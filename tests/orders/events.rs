//! `GET /orders/{id}/events`: live progress, resumable.

use reqwest::Method;

use crate::support::{KEY, Server, checkout};

/// The whole stream of an order that has ended.
async fn stream(server: &Server, last_event_id: Option<&str>) -> String {
    let mut request = server.request(Method::GET, "/orders/e/events").bearer_auth(KEY);
    if let Some(id) = last_event_id {
        request = request.header("Last-Event-ID", id);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    tokio::time::timeout(std::time::Duration::from_secs(20), response.text())
        .await
        .expect("the stream ends with the order")
        .unwrap()
}

#[tokio::test]
async fn the_stream_tells_every_state_and_ends() {
    let server = Server::start();
    server.stock("A", 5).await;
    server.place("/orders", &checkout("e", "A", 1)).await;
    let all = stream(&server, None).await;
    for said in ["ReserveStock", "ChargePayment", "confirmed", "event: end"] {
        assert!(all.contains(said), "{said} is not in the stream:\n{all}");
    }
    let ids: Vec<&str> = all.lines().filter_map(|line| line.strip_prefix("id:")).map(str::trim).collect();
    let middle = ids[ids.len() / 2];
    let rest = stream(&server, Some(middle)).await;
    let rest_ids: Vec<&str> = rest.lines().filter_map(|line| line.strip_prefix("id:")).map(str::trim).collect();
    assert_eq!(rest_ids, ids[ids.len() / 2 + 1..], "it goes on after the last event that was seen");
}

#[tokio::test]
async fn a_stream_that_is_opened_early_sees_the_order_through() {
    let server = Server::start();
    server.stock("A", 5).await;
    let mut slow = checkout("e", "A", 1);
    slow["payment"]["token"] = "tok_timeout".into();
    server.shop("/orders", &slow).await.expect(202);
    let all = stream(&server, None).await;
    assert!(all.contains("confirmed") && all.contains("event: end"), "{all}");
}
