//! A pipe's enrichment: what the stream of a workflow's own table shows becomes the input of its execution.

use serde_json::json;

use crate::world::{World, image, items};

#[tokio::test]
async fn an_order_of_the_documents_table_becomes_the_workflows_input() {
    let world = World::new().await;
    world.stock().await;
    let request = json!({
        "order_id": "E-1", "customer_id": "ana", "customer_email": "ana@example.com", "currency": "USD",
        "shipping_address": { "country": "RO" }, "items": [{ "item_id": "A", "quantity": 2 }],
    });
    let placement = json!({ "workflow": "emag-orderflow", "request": request, "request_hash": "1" });
    world.run("PlaceEmagOrder", &placement).await;
    let item = items(&world, world.streamed("emag-orderflow")).await.remove(0);
    // As a pipe hands a batch of the stream's records over: without a `Records` around them.
    let record = json!({
        "eventID": "1", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1", "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/x/stream/y",
        "dynamodb": { "Keys": { "order_id": { "S": "E-1" } }, "NewImage": image(&item), "SequenceNumber": "1",
                      "SizeBytes": 100, "StreamViewType": "NEW_AND_OLD_IMAGES" },
    });
    let mut bootstrap = world.start("EnrichOrder").await;
    let inputs = bootstrap.invoke(&json!([record])).await.response();
    let order = &inputs[0]["order"];
    assert_eq!((&order["order_id"], &order["status"]), (&json!("E-1"), &json!("PENDING")), "{inputs}");
    let first = &order["items"]["item_0"];
    assert_eq!((&first["item_id"], &first["quantity"]), (&json!("A"), &json!(2)), "{inputs}");
    bootstrap.invoke(&json!({ "Records": [record] })).await.error("InvalidRequest");
}
