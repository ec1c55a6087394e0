//! `POST /workflows/{name}/test`: a workflow in thought.

use serde_json::{Value, json};

use crate::support::Server;

fn status<'a>(trial: &'a Value, state: &str) -> &'a str {
    let found = trial["states"].as_array().unwrap().iter().find(|view| view["name"] == state);
    found.unwrap_or_else(|| panic!("no {state}: {trial:#}"))["status"].as_str().unwrap()
}

#[tokio::test]
async fn a_workflow_is_tried_with_made_up_answers() {
    let server = Server::start();
    let before = server.get("/audit").await.expect(200);
    let input = json!({ "order_id": "thought" });
    let confirmed = json!({ "ConfirmOrder": { "result": { "order_id": "thought", "status": "confirmed" } } });
    let body = json!({ "input": input, "mocks": confirmed });
    let good = server.post("/workflows/checkout/test", &body).await.expect(200);
    assert_eq!((&good["status"], status(&good, "ConfirmOrder")), (&json!("SUCCEEDED"), "succeeded"));
    assert_eq!(status(&good, "FailOrder"), "not_reached");

    let failed =
        json!({ "result": { "order_id": "thought", "status": "failed", "outage": true, "error": "E", "reason": "R" } });
    let away = json!({ "error": "ServiceUnavailable", "cause": "away" });
    let mocks = json!({ "ChargePayment": away, "FailOrder": failed });
    let bad = server.post("/workflows/checkout/test", &json!({ "input": input, "mocks": mocks })).await.expect(200);
    assert_eq!((&bad["status"], &bad["error"], &bad["cause"]), (&json!("FAILED"), &json!("E"), &json!("R")), "{bad:#}");
    assert_eq!(status(&bad, "ChargePayment"), "caught");
    let charge = bad["states"].as_array().unwrap().iter().find(|view| view["name"] == "ChargePayment").unwrap();
    assert_eq!(charge["attempts"].as_array().unwrap().len(), 4, "retries take no time: {charge:#}");

    let mut twice = confirmed;
    twice["ChargePayment"] = json!([away, away, { "result": null }]);
    let third = server.post("/workflows/checkout/test", &json!({ "input": input, "mocks": twice })).await.expect(200);
    assert_eq!(third["status"], "SUCCEEDED");
    server.get("/orders/thought").await.expect(404);
    assert_eq!(server.get("/audit").await.expect(200), before, "nothing was touched");
}

#[tokio::test]
async fn wrong_trials_are_refused_by_field() {
    let server = Server::start();
    for (body, field) in [
        (json!({}), "input"),
        (json!({ "input": {}, "mocks": [] }), "mocks"),
        (json!({ "input": {}, "mocks": { "A": {} } }), "mocks/A/error"),
        (json!({ "input": {}, "mocks": { "A": [{ "result": 1 }, { "cause": "x" }] } }), "mocks/A/1/error"),
        (json!({ "input": {}, "mocks": { "A": [] } }), "mocks/A"),
        (json!({ "input": {}, "mocked": {} }), "mocked"),
    ] {
        server.post("/workflows/checkout/test", &body).await.names(400, field);
    }
    server.post("/workflows/none/test", &json!({ "input": {} })).await.expect(404);
    server.get("/workflows/none/problems").await.expect(404);
    let workflows = server.get("/workflows").await.expect(200);
    for workflow in workflows["items"].as_array().unwrap() {
        let name = workflow["name"].as_str().unwrap();
        let problems = server.get(&format!("/workflows/{name}/problems")).await.expect(200);
        assert!(problems["items"].is_array(), "{name}: {problems:#}");
    }
}
