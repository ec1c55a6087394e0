//! `GET /orders/{id}/timeline` and `/explanation`: what happened, and why.

use serde_json::{Value, json};

use crate::support::{Server, checkout, paid_with};

fn kinds(timeline: &Value) -> Vec<&str> {
    timeline["entries"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn everything_about_an_order_is_in_one_list_in_the_order_of_time() {
    let server = Server::start();
    server.stock("A", 5).await;
    server.place("/orders", &checkout("t", "A", 2)).await;
    server.place("/orders", &checkout("t-other", "A", 1)).await;
    server.post("/orders/t/refund", &json!({ "amount": "1.00", "reason": "a scratch" })).await.expect(200);
    server.post("/orders/t/ship?wait=30", &json!({})).await.expect(200);
    let timeline = server.get("/orders/t/timeline").await.expect(200);
    let found = kinds(&timeline);
    for kind in ["status", "state", "stock", "payment", "mail", "topic", "operator", "receipt"] {
        assert!(found.contains(&kind), "{kind} is missing: {timeline:#}");
    }
    let entries = timeline["entries"].as_array().unwrap();
    let times: Vec<&str> = entries.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    let parsed: Vec<jiff::Timestamp> = times.iter().map(|at| at.parse().unwrap()).collect();
    assert!(parsed.is_sorted(), "{times:?}");
    let titles: Vec<&str> = entries.iter().map(|entry| entry["title"].as_str().unwrap()).collect();
    for title in ["placed", "held 2 × A", "sold 2 × A", "confirmed", "shipped", "receipt issued", "1.00 USD given back"]
    {
        assert!(titles.contains(&title), "{title} is missing: {titles:?}");
    }
    assert!(!timeline.to_string().contains("t-other"), "another order's story is not told");
    let deeds: Vec<&Value> = entries.iter().filter(|entry| entry["kind"] == "operator").collect();
    assert!(deeds.iter().all(|deed| deed["actor"] == "operator key"), "{deeds:?}");
    assert_eq!(deeds.len(), 2, "{deeds:?}");
    server.get("/orders/none/timeline").await.expect(404);
}

#[tokio::test]
async fn why_an_order_is_where_it_is_is_said_in_words() {
    let server = Server::start();
    server.stock("A", 5).await;
    let place = async |order: Value| server.place("/orders", &order).await;
    place(checkout("ok", "A", 1)).await;
    place(paid_with(checkout("card", "A", 1), "tok_declined")).await;
    place(checkout("many", "A", 50)).await;
    place(paid_with(checkout("away", "A", 1), "tok_unavailable")).await;
    for (id, headline, happened, can_do) in [
        (
            "ok",
            "All is well: the order is paid and confirmed.",
            "The money was taken.",
            vec!["cancel", "refund", "resend_mail", "reopen_link"],
        ),
        (
            "card",
            "The payment was refused: the card was declined.",
            "ChargePayment failed with PaymentDeclined: the card was declined; the workflow took its way for that.",
            vec!["resend_mail", "reopen_link"],
        ),
        (
            "many",
            "The order was refused: A: 50 wanted, 4 available.",
            "No money was asked for.",
            vec!["resend_mail", "reopen_link"],
        ),
        (
            "away",
            "An outage outlasted all attempts: The payment provider did not answer; you were not charged.",
            "ChargePayment failed after 4 attempts with ServiceUnavailable: the payment provider does not answer: the connection was refused; the workflow took its way for that.",
            vec!["resend_mail", "reopen_link"],
        ),
    ] {
        let why = server.get(&format!("/orders/{id}/explanation")).await.expect(200);
        assert_eq!(why["headline"], headline, "{why:#}");
        assert!(why["what_happened"].as_array().unwrap().contains(&json!(happened)), "{why:#}");
        let offered: Vec<&str> =
            why["can_do"].as_array().unwrap().iter().map(|remedy| remedy["action"].as_str().unwrap()).collect();
        assert_eq!(offered, can_do, "{id}");
    }
    server.get("/orders/none/explanation").await.expect(404);
}
