//! What was sent and what waits, as it is read.

use jiff::SignedDuration;
use ports::Messages;

use crate::desk::{Desk, batch, mail, queue_message, topic_message};
use crate::stand_in::{ministack, moto};

#[tokio::test]
async fn mails_are_found_page_by_page_and_by_their_words() {
    for stand_in in [moto(), ministack()] {
        let desk = Desk::new(stand_in).await;
        for number in 1..=9 {
            desk.put(mail(&desk.clock, &format!("O-{number}"), &format!("Your order O-{number} is confirmed"))).await;
            desk.clock.advance(SignedDuration::from_secs(1));
        }
        let reader = desk.reader();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = reader.mails(None, cursor.as_deref(), 4).await.unwrap();
            assert!(page.items.len() <= 4);
            seen.extend(page.items.iter().map(|mail| mail.mail.order_id.to_string()));
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, (1..=9).rev().map(|number| format!("O-{number}")).collect::<Vec<_>>());
        for (about, expected) in
            [("O-3", 1), ("ana@EXAMPLE.com", 9), ("order o-5 IS", 1), ("confirmed", 9), ("nothing", 0)]
        {
            assert_eq!(reader.mails(Some(about), None, 20).await.unwrap().items.len(), expected, "{about}");
        }
        let searched = reader.mails(Some("confirmed"), None, 4).await.unwrap();
        let rest = reader.mails(Some("confirmed"), searched.next_cursor.as_deref(), 20).await.unwrap();
        assert_eq!((searched.items.len(), rest.items.len()), (4, 5));
        let one = &searched.items[0];
        assert_eq!(reader.mail(one.id).await.unwrap().as_ref(), Some(one));
        let error = reader.mails(None, Some("x"), 4).await.unwrap_err();
        assert_eq!(error.invalid[0].field, "cursor");
    }
}

#[tokio::test]
async fn topics_queues_and_backlogs_tell_what_waits_where() {
    for stand_in in [moto(), ministack()] {
        let desk = Desk::new(stand_in).await;
        let reader = desk.reader();
        let record = desk.put(queue_message(&desk.clock, "OrdersQueue", "O-1")).await;
        desk.deliverer().deliver(batch([record])).await;
        desk.put(topic_message(&desk.clock, "order-errors")).await;
        desk.put(queue_message(&desk.clock, "OrdersQueue", "O-2")).await;

        let topics = reader.topics().await.unwrap();
        assert_eq!((topics.len(), topics[0].name.as_str(), topics[0].published), (1, "order-errors", 1));
        assert_eq!(topics[0].subscriptions[0].protocol, "sqs");
        let messages = reader.topic_messages("order-errors", None, 10).await.unwrap().items;
        assert_eq!(messages[0].message.key, "O-1/failed");

        let queues = reader.queues().await.unwrap();
        assert_eq!(queues.len(), 2, "{queues:?}");
        assert_eq!((queues[0].name.as_str(), queues[0].visible, queues[0].in_flight), ("OrdersQueue", 1, 0));
        assert_eq!(queues[0].visibility_timeout_seconds, 45);
        assert_eq!(queues[0].dead_letter_queue.as_deref(), Some(queues[1].name.as_str()));

        let backlogs = reader.backlogs().await.unwrap();
        let of = |kind: &str| backlogs.iter().find(|backlog| backlog.kind == kind).unwrap();
        assert_eq!((of("queue_message").waiting, of("queue_message").dead), (2, 0), "one in the outbox, one on SQS");
        assert_eq!((of("topic_delivery").waiting, of("mail").waiting), (1, 0));
    }
}
