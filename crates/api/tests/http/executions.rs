//! Executions and workflows.

use serde_json::json;

use crate::world::World;

const ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:checkout:";

#[tokio::test]
async fn an_execution_is_shown_with_its_history() {
    let world = World::new().await;
    world.place("A-1", "?wait=10").await.expect(200);
    let execution = world.operator("GET", &format!("/executions/{ARN}A-1"), None).await.expect(200);
    assert_eq!((&execution["workflow"], &execution["status"]), (&json!("checkout"), &json!("SUCCEEDED")));
    assert_eq!(execution["input"], json!({"order_id": "A-1"}));

    let path = format!("/executions/{ARN}A-1/history");
    let all = world.operator("GET", &path, None).await.expect(200);
    let all = all["events"].as_array().unwrap();
    assert_eq!((&all[0]["type"], &all[0]["id"]), (&json!("ExecutionStarted"), &json!(1)));
    assert_eq!(all.last().unwrap()["type"], "ExecutionSucceeded");
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = world.operator("GET", &format!("{path}?limit=4{cursor}"), None).await.expect(200);
        paged.extend(page["events"].as_array().unwrap().clone());
        match page.get("next_cursor") {
            Some(next) => cursor = format!("&cursor={}", next.as_str().unwrap()),
            None => break,
        }
    }
    assert_eq!(&paged, all);
    let newest = world.operator("GET", &format!("{path}?reverse=true&limit=1"), None).await.expect(200);
    assert_eq!(newest["events"][0], *all.last().unwrap());
    let answer = world.operator("GET", &format!("{path}?reverse=1&limit=0"), None).await;
    answer.expect_problem(400, "invalid-request", &["reverse", "limit"]);
    world.operator("GET", &format!("/executions/{ARN}none"), None).await.expect_problem(404, "not-found", &[]);
    world.operator("GET", &format!("/executions/{ARN}none/history"), None).await.expect_problem(404, "not-found", &[]);
}

#[tokio::test]
async fn executions_are_listed_by_workflow_and_status() {
    let world = World::new().await;
    for id in ["A-1", "A-2"] {
        world.place(id, "?wait=10").await.expect(200);
    }
    world.place("slow-1", "").await.expect(202);
    let names = |body: serde_json::Value| -> Vec<String> {
        body["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = world.operator("GET", "/executions?workflow=checkout", None).await.expect(200);
    assert_eq!(names(all), ["slow-1", "A-2", "A-1"]);
    let running = world.operator("GET", "/executions?status=RUNNING", None).await.expect(200);
    assert_eq!(names(running), ["slow-1"]);
    let first = world.operator("GET", "/executions?limit=2", None).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world.operator("GET", &format!("/executions?cursor={cursor}"), None).await.expect(200);
    assert_eq!(names(second), ["A-1"]);
    let answer = world.operator("GET", "/executions?status=running&workflow=x", None).await;
    answer.expect_problem(400, "invalid-request", &["workflow", "status"]);
    let answer = world.operator("GET", "/executions?cursor=y", None).await;
    answer.expect_problem(400, "invalid-request", &["cursor"]);
}

#[tokio::test]
async fn an_execution_is_stopped() {
    let world = World::new().await;
    world.place("slow-1", "").await.expect(202);
    let path = format!("/executions/{ARN}slow-1/stop");
    let body = json!({"error": "Operator", "cause": "on request"});
    let stopped = world.operator("POST", &path, Some(body)).await.expect(200);
    assert_eq!((&stopped["status"], &stopped["error"]), (&json!("ABORTED"), &json!("Operator")));
    // One that has ended stays as it ended.
    let again = world.operator("POST", &path, Some(json!({"error": "Other"}))).await.expect(200);
    assert_eq!(again, stopped);
    let wrong = world.operator("POST", &path, Some(json!({"reason": "x"}))).await;
    wrong.expect_problem(400, "invalid-request", &["reason"]);
    let none = world.operator("POST", &format!("/executions/{ARN}none/stop"), Some(json!({}))).await;
    none.expect_problem(404, "not-found", &[]);
}

#[tokio::test]
async fn workflows_are_shown() {
    let world = World::new().await;
    let all = world.operator("GET", "/workflows", None).await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let one = world.operator("GET", "/workflows/checkout", None).await.expect(200);
    assert_eq!(one["definition"]["StartAt"], "Validate");
    world.operator("GET", "/workflows/none", None).await.expect_problem(404, "not-found", &[]);
}
