//! `GET|POST /queued-orders/order`: queue, consumer, workflow, event, handler.

use serde_json::{Value, json};

use super::ended;
use crate::support::Server;

const INTAKE: &str = "/queued-orders/order";

fn order(id: &str, quantity: i64) -> Value {
    json!({ "OrderID": id, "ProductID": "A", "Quantity": quantity, "CustomerEmail": "ana@example.com" })
}

#[tokio::test]
async fn a_good_order_is_confirmed_and_told_by_the_event_s_handler() {
    let server = Server::start();
    server.stock("A", 5).await;
    let confirmed = server.place(INTAKE, &order("q-1", 2)).await;
    ended(&server, &confirmed, "CONFIRMED", "", "A", (3, 0, 2)).await;
    assert_eq!(server.states(&confirmed).await, ["ValidateOrder", "ProcessPayment", "UpdateInventory"]);
    assert_eq!(server.messages("OrderAlertsTopic").await.len(), 1);
    server.audit().await;
}

#[tokio::test]
async fn the_document_s_get_with_query_parameters_places_an_order() {
    let server = Server::start();
    server.stock("A", 5).await;
    let path = format!("{INTAKE}?OrderID=q-2&ProductID=A&Quantity=1&CustomerEmail=ana%40example.com");
    let placed = server.send(server.request(reqwest::Method::GET, &path)).await;
    assert!(placed.status.is_success(), "{placed:?}");
    let confirmed = server.finished("q-2").await;
    ended(&server, &confirmed, "CONFIRMED", "", "A", (4, 0, 1)).await;
    server.audit().await;
}

#[tokio::test]
async fn any_error_ends_in_order_failed_with_a_notification() {
    let server = Server::start();
    server.stock("A", 5).await;
    let mut unknown = order("q-3", 1);
    unknown["ProductID"] = "none".into();
    let mut declined = order("q-5", 1);
    declined["payment_token"] = "tok_insufficient_funds".into();
    for (count, (body, reason)) in
        [(unknown, "none"), (order("q-4", 6), "A: 6 wanted, 5 available"), (declined, "insufficient funds")]
            .into_iter()
            .enumerate()
    {
        let failed = server.place(INTAKE, &body).await;
        ended(&server, &failed, "FAILED", reason, "A", (5, 0, 0)).await;
        assert!(server.states(&failed).await.contains(&"OrderFailed".to_owned()));
        assert_eq!(server.messages("OrderErrorNotificationTopic").await.len(), count + 1);
    }
    server.audit().await;
}
