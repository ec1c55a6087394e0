//! Two operators who act on one order at the same time: one wins, the other is told.

use serde_json::json;

use crate::support::{Server, checkout, paid_with, patient_workflows};

#[tokio::test]
async fn of_two_redrives_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    patient_workflows(folder.path());
    let server = Server::start_with(&["--workflows", folder.path().to_str().unwrap()]);
    server.stock("A", 10).await;
    let placed = server.shop("/orders", &paid_with(checkout("r", "A", 1), "tok_unavailable")).await.expect(202);
    let arn = placed["execution_arn"].as_str().unwrap();
    server.eventually("its units are held", async || server.level("A").await == (10, 1, 0)).await;
    for round in 0..5 {
        server.post(&format!("/executions/{arn}/stop"), &json!({})).await.expect(200);
        let (path, body) = (format!("/executions/{arn}/redrive"), json!({}));
        let (one, two) = tokio::join!(server.post(&path, &body), server.post(&path, &body));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {one:?} {two:?}");
        let loser = if one.status == 409 { one } else { two };
        assert_eq!(loser.body["type"], "/problems/not-redrivable", "{loser:?}");
    }
    let history = server.get(&format!("/executions/{arn}/history?limit=500")).await.expect(200);
    let redriven = history["events"].as_array().unwrap().iter().filter(|event| event["type"] == "ExecutionRedriven");
    assert_eq!(redriven.count(), 5);
    server.audit().await;
}

#[tokio::test]
async fn an_order_is_shipped_or_cancelled_and_never_both() {
    let server = Server::start();
    server.stock("A", 50).await;
    for n in 0..10 {
        let id = format!("o-{n}");
        server.place("/orders", &checkout(&id, "A", 1)).await;
        let (ship, cancel) = (format!("/orders/{id}/ship?wait=30"), format!("/orders/{id}/cancel?wait=30"));
        let body = json!({});
        let (ship, cancel) = tokio::join!(server.post(&ship, &body), server.post(&cancel, &body));
        let (winner, loser, word) = match ship.status.is_success() {
            true => (ship, cancel, "shipped"),
            false => (cancel, ship, "cancelled"),
        };
        let won = winner.expect(200);
        assert_eq!(won["status"], word, "{won:#}");
        let lost = loser.expect(409);
        assert_eq!(lost["type"], "/problems/status-refused", "{lost:#}");
        assert!(lost["detail"].as_str().unwrap().contains(word), "the loser is told why: {lost:#}");
    }
    server.audit().await;
}

#[tokio::test]
async fn of_two_refunds_that_differ_one_is_paid() {
    let server = Server::start();
    server.stock("A", 50).await;
    for n in 0..5 {
        let id = format!("o-{n}");
        server.place("/orders", &checkout(&id, "A", 1)).await;
        let path = format!("/orders/{id}/refund");
        let (five, six) =
            (json!({ "amount": "5.00", "reason": "late" }), json!({ "amount": "6.00", "reason": "broken" }));
        let (one, two) = tokio::join!(server.post(&path, &five), server.post(&path, &six));
        let refunded = server.get(&format!("/orders/{id}")).await.expect(200)["payment"]["refunded"]["amount"].clone();
        match (one.status.as_u16(), two.status.as_u16()) {
            (200, 409) => assert_eq!(refunded, "5.00"),
            (409, 200) => assert_eq!(refunded, "6.00"),
            // They were not at the same time after all: the second has seen what the first did.
            (200, 200) => assert_eq!(refunded, "11.00"),
            other => panic!("{other:?}: {one:?} {two:?}"),
        }
        let (same, same_too) = tokio::join!(server.post(&path, &five), server.post(&path, &five));
        assert!(same.status == 200 && same_too.status == 200, "{same:?} {same_too:?}");
    }
    server.audit().await;
}
