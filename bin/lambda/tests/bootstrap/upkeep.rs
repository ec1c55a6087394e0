//! What schedules and topics have done.

use aws::outbox_items::OutboxItem;
use contract::Home;
use jiff::{SignedDuration, Timestamp};
use order::{Email, Line, OrderId, Quantity, Sku};
use ports::{Change, DeliveryState, Mail};
use serde_json::{Value, json};

use crate::world::{World, image, items};

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
    let request: Value = serde_json::from_str(crate::api::ORDER).expect("JSON");
    let placement = json!({ "workflow": "checkout", "request": request, "request_hash": "1" });
    world.run("PlaceOrder", &placement).await;
    let (sku, quantity) = (Sku::parse("A").expect("a sku"), Quantity::new(2).expect("a quantity"));
    let past = Timestamp::now().checked_sub(SignedDuration::from_mins(1)).expect("a time");
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

/// What a topic hands over.
fn notification(message: &Value) -> Value {
    json!({ "Records": [{
        "EventSource": "aws:sns", "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:eu-central-1:123456789012:shop-bounces:5f0c4e0a",
        "Sns": { "Type": "Notification", "MessageId": "m", "Message": message.to_string(),
                 "TopicArn": "arn:aws:sns:eu-central-1:123456789012:shop-bounces" },
    }] })
}

#[tokio::test]
async fn a_mail_that_bounced_is_given_up() {
    let world = World::new().await;
    let mail = Mail {
        key: "A-1/outcome".to_owned(),
        order_id: OrderId::parse("A-1").expect("an id"),
        kind: "order_confirmed".to_owned(),
        to: Email::parse("nobody@example.com").expect("an address"),
        to_name: None,
        subject: "Your order A-1".to_owned(),
        text: "It is on its way.".to_owned(),
        html: "<p>It is on its way.</p>".to_owned(),
        attachments: Vec::new(),
        at: Timestamp::now(),
    };
    world.apply(vec![Change::SendMail(mail)]).await.expect("it is put in the outbox");
    let item = items(&world, &world.outbox).await.remove(0);
    let number = image(&item)["number"]["S"].as_str().expect("a mail has a number").to_owned();
    let bounce = json!({
        "eventType": "Bounce",
        "bounce": { "bounceType": "Permanent", "bounceSubType": "General",
                    "bouncedRecipients": [{ "emailAddress": "nobody@example.com", "status": "5.1.1" }] },
        "mail": { "messageId": "m", "tags": { "outbox": [world.outbox], "mail": [number] } },
    });
    let mut bootstrap = world.start("RecordBounce").await;
    assert_eq!(bootstrap.invoke(&notification(&bounce)).await.response(), json!({ "given_up": 1 }));
    assert_eq!(bootstrap.invoke(&notification(&bounce)).await.response(), json!({ "given_up": 0 }));
    let item = OutboxItem::from_item(items(&world, &world.outbox).await.remove(0)).expect("an item");
    assert_eq!(
        (item.state, item.last_error.as_deref()),
        (DeliveryState::Dead, Some("bounced: Permanent General 5.1.1"))
    );
    assert!(!bootstrap.log().contains("nobody@example.com"), "addresses are not logged: {}", bootstrap.log());
}

#[tokio::test]
async fn bounces_are_taken_from_their_topic_alone() {
    let world = World::new().await;
    let mut bootstrap = world.start("RecordBounce").await;
    // Of a mail that was sent by hand: it bears no tags of ours.
    let foreign = json!({ "eventType": "Bounce", "bounce": { "bounceType": "Permanent" }, "mail": { "tags": {} } });
    assert_eq!(bootstrap.invoke(&notification(&foreign)).await.response(), json!({ "given_up": 0 }));
    for wrong in [json!({}), json!({ "Records": [{}] }), json!({ "Records": [{ "Sns": { "Message": "hello" } }] })] {
        bootstrap.invoke(&wrong).await.error("InvalidRequest");
    }
}
