//! `POST /executions/{arn}/redrive`: going on from where an execution stopped.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Server, checkout, paid_with, patient_workflows};

/// A server with an order that waits for the payment provider, and the order's execution.
async fn stuck(workflows: &Path, id: &str) -> (Server, String) {
    patient_workflows(workflows);
    let server = Server::start_with(&["--workflows", workflows.to_str().unwrap()]);
    server.stock("A", 10).await;
    let order = paid_with(checkout(id, "A", 2), "tok_unavailable");
    let placed = server.shop("/orders", &order).await.expect(202);
    let arn = placed["execution_arn"].as_str().unwrap().to_owned();
    server
        .eventually("the provider was asked once", async || {
            let charge = state(&server, &arn, "ChargePayment").await;
            charge["attempts"].as_array().is_some_and(|tries| tries.iter().any(|one| one["error"].is_string()))
        })
        .await;
    (server, arn)
}

/// The last visit of a state.
async fn state(server: &Server, arn: &str, name: &str) -> Value {
    let view = server.get(&format!("/executions/{arn}/states")).await.expect(200);
    let states = view["states"].as_array().unwrap();
    states.iter().rev().find(|state| state["name"] == name).cloned().unwrap_or_else(|| panic!("no {name}: {view:#}"))
}

#[tokio::test]
async fn a_stopped_execution_goes_on_with_another_input_after_a_preview() {
    let folder = tempfile::tempdir().unwrap();
    let (server, arn) = stuck(folder.path(), "r").await;
    let held = server.get("/orders/r/reservations").await.expect(200);
    assert_eq!((&held["items"][0]["sku"], &held["items"][0]["quantity"]), (&json!("A"), &json!(2)));
    let holds = server.get("/inventory/A/reservations").await.expect(200);
    assert_eq!((&holds["items"][0]["order_id"], &holds["items"][0]["quantity"]), (&json!("r"), &json!(2)));
    server.post(&format!("/executions/{arn}/redrive"), &json!({})).await.expect(409);

    server.post(&format!("/executions/{arn}/stop"), &json!({ "cause": "the provider is away" })).await.expect(200);
    let deeds = server.get("/operator-actions?order_id=r").await.expect(200);
    assert_eq!(
        (&deeds["items"][0]["action"], &deeds["items"][0]["reason"]),
        (&json!("stop_execution"), &json!("the provider is away"))
    );
    let why = server.get("/orders/r/explanation").await.expect(200);
    assert!(why["headline"].as_str().unwrap().contains("stopped half-way"), "{why:#}");
    assert!(why["can_do"].as_array().unwrap().iter().any(|remedy| remedy["action"] == "redrive"), "{why:#}");

    let edited = json!({ "input": { "order_id": "r", "note": "by hand" } });
    let preview = server.post(&format!("/executions/{arn}/redrive/preview"), &edited).await.expect(200);
    assert_eq!(preview["state"], "ChargePayment");
    assert_eq!(preview["input"], edited["input"]);
    assert_eq!(preview["next"][0], "ConfirmOrder", "{preview:#}");
    assert!(preview["effects"][0].as_str().unwrap().contains("ChargePayment"), "{preview:#}");
    assert!(preview["warnings"][0].as_str().unwrap().contains("another input"), "{preview:#}");
    let before = server.get(&format!("/executions/{arn}")).await.expect(200);
    assert_eq!(before["status"], "ABORTED", "a preview changes nothing");

    server.put("/payment-gateway", &json!({ "unavailable_served": true })).await.expect(200);
    let redrive = json!({ "input": edited["input"], "reason": "the provider is back" });
    server.post(&format!("/executions/{arn}/redrive"), &redrive).await.expect(200);
    let order = server.finished("r").await;
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("confirmed"), &json!("paid")));
    assert_eq!(server.level("A").await, (8, 0, 2));
    let charge = state(&server, &arn, "ChargePayment").await;
    assert_eq!((&charge["status"], &charge["input"]), (&json!("succeeded"), &edited["input"]), "{charge:#}");

    let history = server.get(&format!("/executions/{arn}/history?limit=500")).await.expect(200);
    let kinds: Vec<&str> = history["events"].as_array().unwrap().iter().filter_map(|e| e["type"].as_str()).collect();
    assert!(kinds.contains(&"ExecutionAborted") && kinds.contains(&"ExecutionRedriven"), "{kinds:?}");
    let timeline = server.get("/orders/r/timeline").await.expect(200);
    let deeds = timeline["entries"].as_array().unwrap().iter().filter(|entry| entry["detail"]["action"] == "redrive");
    let deeds: Vec<(&Value, &Value)> =
        deeds.map(|deed| (&deed["detail"]["reason"], &deed["detail"]["outcome"])).collect();
    let (refused, done) = (json!("the execution is still running"), json!("done"));
    assert_eq!(deeds, [(&Value::Null, &refused), (&json!("the provider is back"), &done)]);
    assert_eq!(server.mails("r").await.len(), 1, "one order, one mail");
    server.audit().await;
}

#[tokio::test]
async fn a_redrive_outlives_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let workflows = folder.path().join("workflows");
    patient_workflows(&workflows);
    let arguments = ["--workflows", workflows.to_str().unwrap()];
    let server = Server::start_on(&data, &arguments);
    server.stock("A", 10).await;
    let placed = server.shop("/orders", &paid_with(checkout("c", "A", 1), "tok_unavailable")).await.expect(202);
    let arn = placed["execution_arn"].as_str().unwrap();
    server
        .eventually("the provider was asked once", async || {
            state(&server, arn, "ChargePayment").await["attempts"][0]["error"].is_string()
        })
        .await;
    server.post(&format!("/executions/{arn}/stop"), &json!({})).await.expect(200);
    server.post(&format!("/executions/{arn}/redrive"), &json!({})).await.expect(200);
    server.kill();
    let server = Server::start_on(&data, &arguments);
    let execution = server.get(&format!("/executions/{arn}")).await.expect(200);
    assert_eq!(execution["status"], "RUNNING", "it goes on");
    server.post(&format!("/executions/{arn}/stop"), &json!({})).await.expect(200);
    server.put("/payment-gateway", &json!({ "unavailable_served": true })).await.expect(200);
    server.post(&format!("/executions/{arn}/redrive"), &json!({})).await.expect(200);
    assert_eq!(server.finished("c").await["status"], "confirmed");
    server.audit().await;
}

#[tokio::test]
async fn what_cannot_be_redriven_says_why() {
    let server = Server::start();
    server.stock("A", 1).await;
    let order = server.place("/orders", &checkout("done", "A", 1)).await;
    let arn = order["execution_arn"].as_str().unwrap();
    for path in ["redrive", "redrive/preview"] {
        let refused = server.post(&format!("/executions/{arn}/{path}"), &json!({})).await.expect(409);
        assert_eq!(refused["type"], "/problems/not-redrivable");
        assert!(refused["detail"].as_str().unwrap().contains("succeeded"), "{refused:#}");
        server.post(&format!("/executions/{arn}x/{path}"), &json!({})).await.expect(404);
        server.post(&format!("/executions/{arn}/{path}"), &json!({ "inputs": {} })).await.names(400, "inputs");
    }
}
