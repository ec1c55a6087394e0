//! Executions on Step Functions.

use std::time::Duration;

use aws::StateMachines;
use futures::StreamExt;
use ports::{Execution, ExecutionError, ExecutionFilter, ExecutionStatus, Executions, HistoryPart, Moved};
use serde_json::json;

use crate::desk::{Desk, IDLE};
use crate::stand_in::ministack;

const WAITING: &str =
    r#"{"StartAt":"Hold","States":{"Hold":{"Type":"Wait","Seconds":600,"Next":"Done"},"Done":{"Type":"Succeed"}}}"#;
const FAILING: &str = r#"{"StartAt":"No","States":{"No":{"Type":"Fail","Error":"OutOfStock","Cause":"none left"}}}"#;

async fn machines() -> StateMachines {
    let desk = Desk::new(ministack()).await;
    let desk = desk.with_state_machine("checkout", IDLE).await.with_state_machine("delivery", WAITING).await;
    let desk = desk.with_state_machine("return", FAILING).await;
    StateMachines::new(desk.clients.step_functions.clone(), desk.state_machines)
}

fn execution(workflow: &str, name: &str) -> Execution {
    Execution { state_machine: workflow.into(), name: name.into(), input: json!({ "order_id": name }) }
}

#[tokio::test]
async fn an_execution_is_started_watched_and_told_about() {
    let machines = machines().await;
    let arn = machines.start(&execution("checkout", "O-1")).await.unwrap();
    assert_eq!(machines.wait(&arn).await, Ok(ExecutionStatus::Succeeded));
    let record = machines.describe(&arn).await.unwrap();
    assert_eq!((record.summary.workflow.as_str(), record.summary.name.as_str()), ("checkout", "O-1"));
    assert_eq!((record.summary.status, record.input.as_str()), (ExecutionStatus::Succeeded, r#"{"order_id":"O-1"}"#));
    assert!(record.summary.stopped_at.is_some_and(|at| at >= record.summary.started_at));

    let events = machines.history(&arn, HistoryPart::WHOLE).await.unwrap();
    let types: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(types.first(), Some(&"ExecutionStarted"));
    assert_eq!(types.last(), Some(&"ExecutionSucceeded"));
    assert_eq!(events[0]["executionStartedEventDetails"]["input"], r#"{"order_id":"O-1"}"#);
    assert!(events.iter().all(|event| event["timestamp"].is_number()), "{events:?}");
    let ids: Vec<_> = events.iter().filter_map(|event| event["id"].as_u64()).collect();
    let part = HistoryPart { after_event_id: Some(1), limit: 1, reverse: false };
    assert_eq!(machines.history(&arn, part).await.unwrap()[0]["id"], ids[1]);
    let last = HistoryPart { after_event_id: None, limit: 1, reverse: true };
    assert_eq!(machines.history(&arn, last).await.unwrap()[0]["id"], ids[ids.len() - 1]);
}

#[tokio::test]
async fn an_execution_is_stopped_once() {
    let machines = machines().await;
    let arn = machines.start(&execution("delivery", "O-1")).await.unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(500), machines.wait(&arn)).await;
    assert!(waited.is_err(), "it was to wait: {waited:?}");
    machines.stop(&arn, Some("Operator".into()), Some("stuck".into())).await.unwrap();
    assert_eq!(machines.wait(&arn).await, Ok(ExecutionStatus::Aborted));
    assert_eq!(machines.stop(&arn, None, None).await, Ok(()), "one that has ended stays as it ended");
    let record = machines.describe(&arn).await.unwrap();
    assert_eq!((record.error.as_deref(), record.cause.as_deref()), (Some("Operator"), Some("stuck")));
}

#[tokio::test]
async fn what_is_not_there_or_ended_is_told() {
    let machines = machines().await;
    let arn = machines.start(&execution("return", "O-1")).await.unwrap();
    assert_eq!(machines.wait(&arn).await, Ok(ExecutionStatus::Failed));
    let record = machines.describe(&arn).await.unwrap();
    assert_eq!((record.error.as_deref(), record.cause.as_deref()), (Some("OutOfStock"), Some("none left")));
    let again = machines.start(&execution("return", "O-1")).await;
    assert_eq!(again, Err(ExecutionError::AlreadyExists { execution_arn: arn.clone() }));
    let none = ExecutionError::NoStateMachine { workflow: "none".into() };
    assert_eq!(machines.start(&execution("none", "O-1")).await, Err(none));
    for execution_arn in [format!("{arn}-other"), "no ARN at all".to_owned()] {
        let none = ExecutionError::DoesNotExist { execution_arn: execution_arn.clone() };
        assert_eq!(machines.describe(&execution_arn).await, Err(none.clone()));
        assert_eq!(machines.history(&execution_arn, HistoryPart::WHOLE).await, Err(none));
    }
}

#[tokio::test]
async fn executions_of_all_workflows_are_listed_page_by_page() {
    let machines = machines().await;
    let mut expected = Vec::new();
    for (workflow, name) in
        [("checkout", "O-1"), ("return", "O-2"), ("checkout", "O-3"), ("checkout", "O-4"), ("return", "O-5")]
    {
        let arn = machines.start(&execution(workflow, name)).await.unwrap();
        machines.wait(&arn).await.unwrap();
        expected.insert(0, name);
        // Their order is that of their starts, which are told in milliseconds.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for limit in [1, 2, 3, 5, 100] {
        let (mut listed, mut cursor) = (Vec::new(), None);
        loop {
            let page = machines.list(&ExecutionFilter::default(), cursor.as_deref(), limit).await.unwrap();
            assert!(page.items.len() <= limit);
            listed.extend(page.items.into_iter().map(|summary| summary.name));
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(listed, expected, "in pages of {limit}");
    }
    for (workflow, status, count) in [
        (Some("checkout"), None, 3),
        (None, Some(ExecutionStatus::Failed), 2),
        (Some("checkout"), Some(ExecutionStatus::Failed), 0),
        (Some("none"), None, 0),
    ] {
        let filter = ExecutionFilter { workflow: workflow.map(str::to_owned), status };
        assert_eq!(machines.list(&filter, None, 10).await.unwrap().items.len(), count, "{filter:?}");
    }
    let wrong = machines.list(&ExecutionFilter::default(), Some("x"), 10).await;
    assert!(matches!(wrong, Err(ExecutionError::Invalid(invalid)) if invalid.field == "cursor"));
}

#[tokio::test]
async fn moves_are_looked_for_again_and_again() {
    let machines = machines().await;
    let moves: Vec<Moved> = machines.moves().take(2).collect().await;
    assert_eq!(moves, [Moved::Any, Moved::Any]);
}
