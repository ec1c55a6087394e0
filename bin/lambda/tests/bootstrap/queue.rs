//! Messages of a queue: those that cannot be handled go back, the others are done.

use serde_json::{Value, json};

use crate::world::{World, items};

fn message(id: &str, order: &str) -> Value {
    json!({
        "messageId": id, "receiptHandle": id, "body": json!({ "OrderID": order }).to_string(), "attributes": {},
        "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "awsRegion": "eu-central-1",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:OrdersQueue",
    })
}

#[tokio::test]
async fn what_names_no_order_goes_back_and_the_rest_is_started() {
    let world = World::new().await;
    world.stock().await;
    let request = json!({ "OrderID": "Q-1", "ProductID": "A", "Quantity": "2", "CustomerEmail": "ana@example.com" });
    let placement = json!({ "workflow": "queued-orders", "request": request, "request_hash": "1" });
    world.run("PlaceQueuedOrder", &placement).await;
    let batch = json!({ "Records": [message("1", "Q-1"), message("2", "nobody"), message("3", "Q-1")] });
    let mut bootstrap = world.start("StartOrderProcessing").await;
    for _ in 0..2 {
        let answer = bootstrap.invoke(&batch).await.response();
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "2" }] }));
    }
    let outbox = items(&world, &world.outbox).await;
    let starts = outbox.iter().filter(|item| item["kind"].as_s().is_ok_and(|kind| kind == "start"));
    assert_eq!(starts.count(), 1, "an order's workflow is started once, however often its message comes");
}

#[tokio::test]
async fn an_outage_sends_every_message_back() {
    let world = World::new().await;
    let mut environment = world.environment();
    environment.retain(|(name, _)| name != "ORDERFLOW_DATA_TABLE");
    environment.push(("ORDERFLOW_DATA_TABLE".to_owned(), "gone".to_owned()));
    let mut bootstrap = crate::runtime_api::Bootstrap::start("StartOrderProcessing", &environment).await;
    let answer = bootstrap.invoke(&json!({ "Records": [message("1", "Q-1"), message("2", "Q-2")] })).await.response();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "1" }, { "itemIdentifier": "2" }] }));
}
