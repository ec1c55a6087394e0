//! `DeliverOutbox`: from the stream, and swept by a schedule.

use aws::outbox_items::OutboxItem;
use contract::{Home, TOPIC};
use jiff::Timestamp;
use ports::{Change, DeliveryState, TopicMessage};
use serde_json::{Value, json};

use crate::upkeep::scheduled;
use crate::world::{World, image, items};

async fn waiting(world: &World, topic: &str) {
    let message = TopicMessage {
        topic: topic.to_owned(),
        key: "k-1".to_owned(),
        subject: None,
        message: "hello".to_owned(),
        at: Timestamp::now(),
    };
    world.apply(vec![Change::Publish(message)]).await.expect("the topic is known");
}

async fn states(world: &World) -> Vec<DeliveryState> {
    items(world, &world.outbox)
        .await
        .into_iter()
        .map(|item| OutboxItem::from_item(item).expect("an item").state)
        .collect()
}

fn inserted(number: &str, image: Value) -> Value {
    json!({
        "eventID": number, "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1", "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/x/stream/y",
        "dynamodb": { "Keys": { "pk": { "S": "x" } }, "NewImage": image, "SequenceNumber": number,
                      "SizeBytes": 100, "StreamViewType": "NEW_IMAGE", "ApproximateCreationDateTime": 1.5e9 },
    })
}

#[tokio::test]
async fn what_the_stream_shows_is_handed_over() {
    let world = World::new().await;
    world.clients.sns.create_topic().name(TOPIC).send().await.expect("the topic is created");
    waiting(&world, TOPIC).await;
    let item = items(&world, &world.outbox).await.remove(0);
    // An image that is none of ours is said to have failed; the rest of its batch goes on.
    let records = [inserted("1", image(&item)), inserted("2", json!({ "pk": { "S": "x" } }))];
    let answer = world.start("DeliverOutbox").await.invoke(&json!({ "Records": records })).await.response();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "2" }] }));
    assert_eq!(states(&world).await, [DeliveryState::Delivered]);
}

#[tokio::test]
async fn what_is_due_is_swept() {
    let world = World::new().await;
    world.clients.sns.create_topic().name(TOPIC).send().await.expect("the topic is created");
    waiting(&world, TOPIC).await;
    let mut bootstrap = world.start("DeliverOutbox").await;
    let answer = bootstrap.invoke(&scheduled()).await.response();
    assert_eq!(answer, json!({ "delivered": 1, "retried": 0, "dead": 0 }));
    assert_eq!(states(&world).await, [DeliveryState::Delivered]);
    let log = bootstrap.log();
    assert!(log.contains(r#""deliveries_total":1"#) && log.contains("CloudWatchMetrics"), "{log}");
}

#[tokio::test]
async fn other_events_are_refused() {
    let world = World::new().await;
    let mut bootstrap = world.start("DeliverOutbox").await;
    for event in [json!({}), json!([]), json!({ "Records": [{}] }), json!({ "detail-type": "Something" })] {
        bootstrap.invoke(&event).await.error("InvalidRequest");
    }
}
