//! Mails, topics and queues as they are read.

use std::sync::Arc;

use ports::{Change, ErrorName, TopicMessage};
use serde_json::Value;

use crate::fixtures::{apply, mail, now};
use crate::{FanOut, QUEUE, SUBSCRIBER, TOPIC, World};

pub(crate) async fn mail_is_found_by_what_it_is_about(world: Arc<dyn World>) {
    let world = &*world;
    let messages = world.messages();
    for (order_id, occasion) in [("O-1", "outcome"), ("O-1", "shipped"), ("O-10", "outcome")] {
        apply(world, vec![Change::SendMail(mail(world, order_id, occasion))]).await;
    }
    for (about, expected) in [
        (None, vec!["O-10/outcome", "O-1/shipped", "O-1/outcome"]),
        (Some("O-1"), vec!["O-1/shipped", "O-1/outcome"]),
        (Some("O-10"), vec!["O-10/outcome"]),
        (Some("ana@example.com"), vec!["O-10/outcome", "O-1/shipped", "O-1/outcome"]),
        (Some("10 is confirmed"), vec!["O-10/outcome"]),
        (Some("nothing of the kind"), vec![]),
    ] {
        let found = messages.mails(about, None, 10).await.expect("the mailbox answers");
        let keys: Vec<_> = found.items.iter().map(|mail| mail.mail.key.as_str()).collect();
        assert_eq!(keys, expected, "{about:?}");
    }
    let page = messages.mails(None, None, 1).await.expect("the mailbox answers");
    let one = messages.mail(page.items[0].id).await.expect("the mailbox answers").expect("it is there");
    assert_eq!(one, page.items[0]);
    assert_eq!(one.delivery.state, world.messaging().mail);
    assert_eq!(messages.mail(-1).await.expect("the mailbox answers"), None);
}

pub(crate) async fn a_topic_tells_its_subscribers(world: Arc<dyn World>) {
    let world = &*world;
    let messages = world.messages();
    let published = TopicMessage {
        topic: TOPIC.into(),
        key: "O-1/Published".into(),
        subject: Some("Order completed".into()),
        message: r#"{"order_id":"O-1"}"#.into(),
        at: now(world),
    };
    apply(world, vec![Change::Publish(published.clone())]).await;
    let listed = messages.topic_messages(TOPIC, None, 10).await.expect("the topic answers");
    assert_eq!(listed.items.len(), 1);
    assert_eq!(listed.items[0].message, published);
    let mails = messages.mails(Some(SUBSCRIBER), None, 10).await.expect("the mailbox answers");
    let queues = messages.queues().await.expect("the queues answer");
    let queue = queues.iter().find(|queue| queue.name == QUEUE).expect("the queue is there");
    match world.messaging().fan_out {
        FanOut::Inside => {
            assert_eq!(mails.items.len(), 1);
            assert_eq!(mails.items[0].mail.subject, "Order completed");
            assert!(mails.items[0].mail.text.contains(&published.message));
            assert_eq!((queue.visible, queue.in_flight), (1, 0));
        }
        // Two copies of it would be one too many.
        FanOut::Outside => assert_eq!((mails.items.len(), queue.visible), (0, 0)),
    }
    let topics = messages.topics().await.expect("the topics answer");
    let topic = topics.iter().find(|topic| topic.name == TOPIC).expect("the topic is there");
    assert_eq!((topic.published, topic.subscriptions.len()), (1, 2));
    let body: Value = serde_json::from_str(&published.message).expect("JSON");
    assert_eq!(body["order_id"], "O-1");
}

pub(crate) async fn what_is_not_there_is_not_found(world: Arc<dyn World>) {
    let messages = world.messages();
    let error = messages.topic_messages("none", None, 10).await.expect_err("there is no such topic");
    assert_eq!(error.name, ErrorName::NotFound);
    for letter in ["mail-1", "delivery-1", "message-1", "x-1", "mail-x", "", "mail"] {
        let error = messages.redeliver(letter).await.expect_err("there is no such letter");
        assert_eq!(error.name, ErrorName::NotFound, "{letter}");
    }
    let letters = messages.dead_letters(None, 10).await.expect("the letters answer");
    assert!(letters.items.is_empty());
}
