//! What is written down, as text to be compared.

use std::fmt::{Debug, Write};
use std::hash::{DefaultHasher, Hasher};

use crate::World;

/// More of anything than any case makes.
const ALL: usize = 1_000;

/// Everything of a world that its readers show: orders, what is held for them, what the payment gateway
/// did, receipts, stock with its ledger, customers, mails, topics, queues, events, executions.
pub async fn readable(world: &dyn World) -> String {
    let (ports, messages) = (world.ports(), world.messages());
    let mut text = String::new();
    let mut add = |what: &dyn Debug| writeln!(text, "{what:#?}").expect("text takes text");
    for order in ports.orders.list(&ports::OrderFilter::default(), None, ALL).await.expect("orders").items {
        add(&ports.catalog.reservations(order.id()).await.expect("reservations"));
        add(&ports.payments.events(order.id()).await.expect("the gateway's events"));
        if let Some(receipt) = &order.receipt {
            let document = ports.receipts.get(&receipt.object_key).await.expect("the receipt");
            add(&document.map(|document| fingerprint(&document)));
        }
        add(&order);
    }
    for product in ports.catalog.list(None, None, ALL).await.expect("products").items {
        add(&ports.catalog.ledger(&product.sku, None, ALL).await.expect("the ledger").items);
        add(&product);
    }
    add(&ports.customers.list(None, None, ALL).await.expect("customers").items);
    add(&messages.mails(None, None, ALL).await.expect("mails").items);
    let topics = messages.topics().await.expect("topics");
    for topic in &topics {
        add(&messages.topic_messages(&topic.name, None, ALL).await.expect("messages").items);
    }
    add(&topics);
    add(&messages.queues().await.expect("queues"));
    add(&world.events().await);
    add(&world.started().await);
    text
}

/// What tells a document from another in a snapshot, without all of its bytes.
pub fn fingerprint(document: &[u8]) -> String {
    let mut hash = DefaultHasher::new();
    hash.write(document);
    format!("{} bytes, {:016x}", document.len(), hash.finish())
}

/// Where two snapshots part, with the lines around; nothing when they are the same.
pub(crate) fn difference(before: &str, after: &str) -> Option<String> {
    /// How many lines before and behind the first that differs.
    const AROUND: usize = 8;

    if before == after {
        return None;
    }
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = before.iter().zip(&after).take_while(|(before, after)| before == after).count();
    let window = |lines: &[&str]| {
        let from = same.saturating_sub(AROUND);
        lines[from..lines.len().min(same + AROUND)].join("\n")
    };
    Some(format!("from line {} on\n--- one:\n{}\n--- the other:\n{}", same + 1, window(&before), window(&after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_told() {
        assert_eq!(difference("a\nb", "a\nb"), None);
        for (before, after) in [("a\nb\nc", "a\nx\nc"), ("a", "a\nb"), ("a\nb", "a")] {
            let told = difference(before, after).expect("they differ");
            assert!(told.starts_with("from line 2 on"), "{told}");
        }
    }

    #[test]
    fn a_document_is_told_from_another() {
        assert_eq!(fingerprint(b"one"), fingerprint(b"one"));
        assert_ne!(fingerprint(b"one"), fingerprint(b"two"));
    }
}
