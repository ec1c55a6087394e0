//! Mails, topics, queues, dead letters.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn mails_are_listed_and_shown_as_their_recipients_see_them() {
    let world = World::new().await;
    let list = world.operator("GET", "/mailbox?q=A-1", None).await.expect(200);
    let mail = world.operator("GET", "/mailbox/7", None).await.expect(200);
    assert_eq!(list["items"], json!([mail]));
    assert_eq!((&mail["to"], &mail["state"]), (&json!("ana@example.com"), &json!("captured")));
    let html = world.operator("GET", "/mailbox/7.html", None).await;
    assert_eq!(html.text, "<p>Thank you.</p>");
    assert_eq!(html.headers["content-type"], "text/html; charset=utf-8");
    assert!(html.headers["content-security-policy"].to_str().unwrap().starts_with("sandbox;"));
    assert_eq!(world.operator("GET", "/mailbox/7.text", None).await.text, "Thank you.");
    for none in ["8", "8.html", "7.pdf", "x"] {
        world.operator("GET", &format!("/mailbox/{none}"), None).await.expect_problem(404, "not-found", &[]);
    }
}

#[tokio::test]
async fn topics_and_queues_are_shown() {
    let world = World::new().await;
    let topics = world.operator("GET", "/topics", None).await.expect(200);
    assert_eq!(topics["items"][0]["subscriptions"][0]["protocol"], "email");
    let messages = world.operator("GET", "/topics/OrderAlertsTopic/messages", None).await.expect(200);
    assert_eq!(messages["items"][0]["key"], "A-1/placed");
    let delivery = json!({ "id": "delivery-1", "endpoint": "https://example.com/hook", "state": "pending",
        "attempts": 2, "last_error": "status 503" });
    assert_eq!(messages["items"][0]["deliveries"], json!([delivery]));
    world.operator("GET", "/topics/none/messages", None).await.expect_problem(404, "not-found", &[]);
    let queues = world.operator("GET", "/queues", None).await.expect(200);
    assert_eq!(queues["items"][0]["visible"], 3);
}

#[tokio::test]
async fn a_dead_letter_is_tried_again() {
    let world = World::new().await;
    let letters = world.operator("GET", "/dead-letters", None).await.expect(200);
    let id = letters["items"][0]["id"].as_str().unwrap();
    let path = format!("/dead-letters/{id}/redeliver");
    assert_eq!(world.operator("POST", &path, None).await.expect(202), json!({"id": "mail-7"}));
    assert_eq!(world.shop.redelivered(), ["mail-7"]);
    let none = world.operator("POST", "/dead-letters/mail-8/redeliver", None).await;
    none.expect_problem(404, "not-found", &[]);
}
