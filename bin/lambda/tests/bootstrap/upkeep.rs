//! What schedules and topics have done.

use contract::Home;
use jiff::{SignedDuration, Timestamp};
use order::{Line, OrderId, Quantity, Sku};
use ports::Change;
use serde_json::{Value, json};

use crate::world::World;

/// What a schedule of EventBridge hands over.
pub fn scheduled() -> Value {
    json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "123456789012", "time": "2026-11-21T10:00:00Z", "region": "eu-central-1",
        "resources": ["arn:aws:events:eu-central-1:123456789012:rule/every-minute"], "detail": {},
    })
}

#[tokio::test]
async fn holds_that_ran_out_are_let_go() {
    let world = World::new().await;
    world.stock().await;
    let id = OrderId::parse("A-1").expect("an id");
    let (request, at) = (
        json!({ "customer": { "email": "ana@example.com" }, "items": [{ "sku": "A", "quantity": 2 }] }),
        Timestamp::now(),
    );
    let mut request = request;
    request["order_id"] = json!(id);
    let placement = json!({ "workflow": "checkout", "request": request, "request_hash": "1" });
    world.run("PlaceOrder", &placement).await;
    let (sku, quantity) = (Sku::parse("A").expect("a sku"), Quantity::new(2).expect("a quantity"));
    let past = at.checked_sub(SignedDuration::from_mins(1)).expect("a time");
    let hold =
        Change::Reserve { order_id: id.clone(), lines: vec![Line { sku, quantity }], expires_at: past, at: past };
    world.apply(vec![hold]).await.expect("the units are there");
    let mut bootstrap = world.start("ExpireReservations").await;
    assert_eq!(bootstrap.invoke(&scheduled()).await.response(), json!({ "expired": 1 }));
    assert_eq!(bootstrap.invoke(&scheduled()).await.response(), json!({ "expired": 0 }));
    assert!(world.ports().catalog.reservations(&id).await.expect("an answer").is_empty());
}

#[tokio::test]
async fn stock_is_evened_out() {
    let world = World::new().await;
    world.stock().await;
    assert_eq!(world.start("RebalanceStock").await.invoke(&scheduled()).await.response(), json!({ "moved": 0 }));
}

#[tokio::test]
async fn bounces_are_taken_from_their_topic_alone() {
    let world = World::new().await;
    let mut bootstrap = world.start("RecordBounce").await;
    let tells = |message: Value| json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Message": message.to_string() } }] });
    // Of a mail that was sent by hand: it bears no tags of ours.
    let foreign = json!({ "eventType": "Bounce", "bounce": { "bounceType": "Permanent" }, "mail": { "tags": {} } });
    assert_eq!(bootstrap.invoke(&tells(foreign)).await.response(), json!({ "given_up": 0 }));
    for wrong in [json!({}), json!({ "Records": [{}] }), json!({ "Records": [{ "Sns": { "Message": "hello" } }] })] {
        bootstrap.invoke(&wrong).await.error("InvalidRequest");
    }
}
