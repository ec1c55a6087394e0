//! Refunds whose end is not known: the server went between the provider's deed and our record of it.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Server, checkout};

/// Leaves what such a crash leaves: an entry of the operators' log that has no end, and the provider's refund of 10.00
/// in its books alone, if it came that far.
fn cut_off(data: &Path, order_id: &str, provider_did_it: bool) {
    let database = Connection::open(data.join("orderflow.db")).unwrap();
    let now = Timestamp::now();
    let entry = "INSERT INTO operator_actions (at, actor, action, order_id, subject, reason)
                 VALUES (?1, 'maria', 'refund', ?2, '10.00 USD', 'a cup was broken')";
    database.execute(entry, (now.as_microsecond(), order_id)).unwrap();
    if provider_did_it {
        let key = format!("{order_id}/refund/after-0");
        let amount = json!({ "amount": "10.00", "currency": "USD" });
        let event = json!({ "event": "refunded", "amount": amount, "key": key, "reference": "re_1", "at": now });
        let booked = "INSERT INTO gateway_events (key, order_id, event) VALUES (?1, ?2, ?3)";
        database.execute(booked, (&key, order_id, event.to_string())).unwrap();
    }
}

async fn refund_of(server: &Server, id: &str) -> Value {
    let told = server.get(&format!("/operator-actions?order_id={id}")).await.expect(200);
    told["items"][0].clone()
}

#[tokio::test]
async fn a_refund_that_a_crash_has_cut_off_is_found_in_the_providers_books() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &[]);
    server.stock("A", 9).await;
    for id in ["done", "not-done"] {
        server.place("/orders", &checkout(id, "A", 2)).await;
    }
    cut_off(folder.path(), "done", true);
    cut_off(folder.path(), "not-done", false);
    // For all that this server knows they are under way, which is nothing wrong.
    server.audit().await;
    assert_eq!(refund_of(&server, "done").await.get("outcome"), None);
    server.kill();

    let server = Server::start_on(folder.path(), &[]);
    server
        .eventually("the refunds have an end", async || {
            refund_of(&server, "done").await["outcome"] == "done"
                && refund_of(&server, "not-done").await["outcome"]
                    .as_str()
                    .is_some_and(|said| said.starts_with("not done"))
        })
        .await;
    let done = server.get("/orders/done").await.expect(200);
    assert_eq!((&done["status"], &done["payment"]["refunded"]["amount"]), (&json!("confirmed"), &json!("10.00")));
    let not_done = server.get("/orders/not-done").await.expect(200);
    assert_eq!(not_done["payment"]["status"], "paid");
    // Asked for again, the rest goes back, and nothing twice.
    for (id, rest) in [("done", "25.00"), ("not-done", "35.00")] {
        let order = server.post(&format!("/orders/{id}/refund"), &json!({ "reason": "the rest" })).await.expect(200);
        assert_eq!(order["payment"]["refunded"]["amount"], "35.00", "{id}");
        assert_eq!(refund_of(&server, id).await["subject"], format!("{rest} USD"));
    }
    server.audit().await;
}

#[tokio::test]
async fn a_refund_that_nobody_asked_for_is_a_finding() {
    let server = Server::start();
    server.stock("A", 9).await;
    server.place("/orders", &checkout("o", "A", 2)).await;
    cut_off(server.data(), "o", true);
    let database = Connection::open(server.data().join("orderflow.db")).unwrap();
    database.execute("DELETE FROM operator_actions", ()).unwrap();
    let audit = server.get("/audit").await.expect(200);
    assert!(audit["violations"][0].as_str().unwrap().contains("o/refund/after-0"), "{audit:#}");
}
