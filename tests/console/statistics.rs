//! `/stats`: what the server counts while orders go through.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Server, checkout, paid_with};

#[tokio::test]
async fn orders_are_counted_by_outcome_and_workflows_by_state() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &[]);
    server.stock("A", 4).await;
    for (id, units, token) in
        [("a", 1, "tok_visa"), ("b", 1, "tok_visa"), ("c", 1, "tok_declined"), ("d", 50, "tok_visa")]
    {
        server.place("/orders", &paid_with(checkout(id, "A", units), token)).await;
    }
    server.post("/orders/b/cancel?wait=30", &json!({})).await.expect(200);
    for (range, step, points) in [("1h", 60, 60), ("24h", 900, 96), ("30d", 21_600, 120)] {
        let stats = server.get(&format!("/stats?range={range}")).await.expect(200);
        assert_eq!(
            (&stats["step_seconds"], stats["points"].as_array().unwrap().len()),
            (&json!(step), points),
            "{range}"
        );
        let totals = &stats["totals"];
        for (field, count) in
            [("orders", 4), ("confirmed", 2), ("payment_failed", 1), ("rejected", 1), ("cancelled", 1), ("failed", 0)]
        {
            assert_eq!(totals[field], count, "{range} {field}: {totals:#}");
            let sum: u64 = stats["points"].as_array().unwrap().iter().map(|point| point[field].as_u64().unwrap()).sum();
            assert_eq!(sum, count, "{range} {field}: the points are the total");
        }
        assert_eq!(totals["revenue"], json!({ "USD": "25.00" }), "two paid, one given back");
        assert!(totals["p50_ms"].as_f64().unwrap() > 0.0 && totals["p99_ms"].as_f64() >= totals["p50_ms"].as_f64());
    }
    server.get("/stats?range=1y").await.names(400, "range");

    let checkout_of = |stats: &Value| -> Option<Value> {
        stats["items"].as_array().unwrap().iter().find(|workflow| workflow["workflow"] == "checkout").cloned()
    };
    server
        .eventually("executions and tasks are counted", async || {
            let stats = server.get("/stats/workflows?range=1h").await.expect(200);
            checkout_of(&stats).is_some_and(|workflow| workflow["started"] == 4 && workflow["succeeded"] == 4)
        })
        .await;
    let stats = server.get("/stats/workflows?range=1h").await.expect(200);
    let workflow = checkout_of(&stats).unwrap();
    let charge = workflow["states"].as_array().unwrap().iter().find(|state| state["name"] == "ChargePayment").unwrap();
    assert_eq!((&charge["count"], &charge["errors"]), (&json!(3), &json!(1)), "{workflow:#}");
    server.get("/stats/workflows?range=x").await.names(400, "range");

    // What orders did is in the book of the orders' own transactions.
    server.kill();
    let server = Server::start_on(folder.path(), &[]);
    assert_eq!(server.get("/stats?range=1h").await.expect(200)["totals"]["orders"], 4);
    let workflow = checkout_of(&server.get("/stats/workflows?range=1h").await.expect(200)).unwrap();
    assert_eq!(workflow["started"], 4, "nothing is counted twice after a crash: {workflow:#}");
    server.audit().await;
}

#[tokio::test]
async fn an_alarm_shows_what_it_was_judged_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orderflow.toml");
    std::fs::write(&file, "[alarms]\nevaluate_every_seconds = 1\n").unwrap();
    let server = Server::start_with(&["--config", file.to_str().unwrap()]);
    let alarms = server.get("/alarms").await.expect(200);
    let name = alarms["items"][0]["name"].as_str().expect("the built-in workflows have alarms").to_owned();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let points = server.get(&format!("/alarms/{name}/points?range=1h")).await.expect(200);
    assert!(points["threshold"].is_number() && points["step_seconds"] == 60, "{points:#}");
    assert!(points["points"].is_array());
    server.get("/alarms/none/points").await.expect(404);
    server.get(&format!("/alarms/{name}/points?range=2h")).await.names(400, "range");
}
