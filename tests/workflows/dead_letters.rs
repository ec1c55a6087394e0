//! A queue's message that nobody can take: it is put aside, can be seen, and goes on once it is sent again.

use serde_json::json;

use crate::support::{KEY, Server, copy_workflows};

#[tokio::test]
async fn an_order_whose_consumer_fails_waits_as_a_dead_letter_until_it_is_redelivered() {
    let folder = tempfile::tempdir().unwrap();
    let workflows = folder.path().join("workflows");
    copy_workflows(&workflows);
    let triggers = workflows.join("queued-orders/triggers.json");
    let good = std::fs::read_to_string(&triggers).unwrap();
    // A step that cannot make anything of a queue's messages.
    std::fs::write(&triggers, good.replace("\"StartOrderProcessing\"", "\"ReserveStock\"")).unwrap();
    let data = folder.path().join("data");
    let arguments = ["--workflows", workflows.to_str().unwrap()];

    let server = Server::start_on(&data, &arguments);
    server.stock("A", 5).await;
    let order = json!({ "OrderID": "q-1", "ProductID": "A", "Quantity": 2, "CustomerEmail": "ana@example.com" });
    server.shop("/queued-orders/order", &order).await.expect(202);
    let letters = || async { server.get("/dead-letters").await.expect(200)["items"].as_array().unwrap().clone() };
    server.eventually("the message is put aside", || async { !letters().await.is_empty() }).await;
    let letter = letters().await.remove(0);
    assert_eq!(
        (&letter["kind"], &letter["destination"], &letter["attempts"]),
        (&json!("queue_message"), &json!("OrdersQueue"), &json!(3)),
        "as often as maxReceiveCount says: {letter:#}"
    );
    assert_eq!(server.get("/orders/q-1").await.expect(200)["status"], "PLACED");
    let metrics = server.request(reqwest::Method::GET, "/metrics").bearer_auth(KEY).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "orderflow_dead_letters{kind=\"queue_message\"} 1",
        "orderflow_queue_visible_messages{queue=\"OrdersQueueDeadLetters\"} 1",
        "orderflow_queue_visible_messages{queue=\"OrdersQueue\"} 0",
        "orderflow_orders_total{workflow=\"queued-orders\",status=\"placed\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    server.audit().await;
    assert_eq!(server.stop(), Some(0));

    std::fs::write(&triggers, good).unwrap();
    let server = Server::start_on(&data, &arguments);
    let redeliver = format!("/dead-letters/{}/redeliver", letter["id"].as_str().unwrap());
    server.post(&redeliver, &json!(null)).await.expect(202);
    server
        .eventually("the order is confirmed", || async {
            server.get("/orders/q-1").await.expect(200)["status"] == "CONFIRMED"
        })
        .await;
    assert_eq!(server.level("A").await, (3, 0, 2));
    server.post(&redeliver, &json!(null)).await.expect(404);
    // A rule of the bus does that, after the execution.
    server.eventually("the customer is told", || async { !server.mails("q-1").await.is_empty() }).await;
    server.audit().await;
}
