//! Redrives: from the failed state, durably, once, and only when something is left to be done.

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use asl::NotRedrivable;
use common::{House, Script, clock, crash_after, effects, marked, open, open_store, put, request, run_out, run_until};
use engine::{ExecutionStatus, HistoryPage, ManualClock, QueryError, RedriveError, TaskError};
use serde_json::{Value, json};

/// Two tasks, two branches, a task.
fn definition() -> Value {
    let task = |next: Value| json!({"Type": "Task", "Resource": "step:any", "ResultPath": null, "Next": next});
    let last = json!({"Type": "Task", "Resource": "step:any", "ResultPath": null, "End": true});
    json!({"StartAt": "First", "States": {
        "First": task("Both".into()),
        "Both": {"Type": "Parallel", "ResultPath": null, "Next": "Last", "Branches": [
            {"StartAt": "Left", "States": {"Left": last}}, {"StartAt": "Right", "States": {"Right": last}}]},
        "Last": last}})
}

fn all_keys() -> BTreeSet<String> {
    ["First", "Both/0/Left", "Both/1/Right", "Last"].map(str::to_owned).into()
}

/// All goes well, but the state of that name as long as the flag says so.
fn failing(state: &'static str, down: &Arc<AtomicBool>) -> Arc<Script> {
    let down = down.clone();
    Script::new(move |task| {
        let down = down.clone();
        async move {
            if task.state == state && down.load(Ordering::SeqCst) {
                return Err(TaskError::new("Down", "it does not answer"));
            }
            Ok(marked(&task))
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redriven_execution_goes_on_from_where_it_failed_and_does_nothing_twice() {
    for state in ["First", "Left", "Right", "Last"] {
        let down = Arc::new(AtomicBool::new(true));
        let house = House::new(&definition(), failing(state, &down)).await;
        let failed = house.run("one", json!({"x": 1})).await;
        assert_eq!((failed.status, failed.error.as_deref()), (ExecutionStatus::Failed, Some("Down")), "{state}");

        // Once more in vain, then to the end.
        house.engine.redrive(&failed.execution_arn, None).await.expect("redriven");
        run_out(&house.engine, &house.clock).await;
        assert_eq!(house.engine.describe(&failed.execution_arn).expect("it").status, ExecutionStatus::Failed);
        down.store(false, Ordering::SeqCst);
        house.engine.redrive(&failed.execution_arn, None).await.expect("redriven");
        assert_eq!(house.engine.wait(&failed.execution_arn).await.expect("its end"), ExecutionStatus::Succeeded);

        let done = house.engine.describe(&failed.execution_arn).expect("it");
        assert_eq!((done.error, done.output.as_deref()), (None, Some(r#"{"x":1}"#)), "{state}");
        assert!(done.stopped_at >= failed.stopped_at);
        let keys: Vec<String> = house.effects().into_iter().map(|(_, key)| key).collect();
        assert_eq!(keys.len(), all_keys().len(), "{state}: {keys:?}");
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), all_keys(), "{state}");
        let events = house.engine.history(&failed.execution_arn, HistoryPage::default()).await.expect("the history");
        let ids: Vec<u64> = events.iter().map(|event| event["id"].as_u64().expect("an id")).collect();
        assert_eq!(ids, (1..=events.len() as u64).collect::<Vec<_>>(), "without gaps over all redrives");
        let counts: Vec<&Value> =
            events.iter().filter_map(|event| event["executionRedrivenEventDetails"].get("redriveCount")).collect();
        assert_eq!(counts, [&json!(1), &json!(2)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_input_reaches_the_state_that_failed() {
    let script = Script::new(|task| async move {
        if task.input["ok"] == json!(true) { Ok(marked(&task)) } else { Err(TaskError::new("Bad", "not ok")) }
    });
    let one = json!({"StartAt": "Only", "States": {"Only": {"Type": "Task", "Resource": "step:any", "End": true}}});
    let house = House::new(&one, script).await;
    let failed = house.run("one", json!({"ok": false})).await;
    house.engine.redrive(&failed.execution_arn, Some(json!({"ok": true}))).await.expect("redriven");
    run_out(&house.engine, &house.clock).await;
    let done = house.engine.describe(&failed.execution_arn).expect("it");
    assert_eq!((done.status, done.input.as_str()), (ExecutionStatus::Succeeded, r#"{"ok":false}"#));
    assert_eq!(done.output.as_deref(), Some(r#"{"ok":true}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_redrives_at_once_one_happens() {
    let down = Arc::new(AtomicBool::new(true));
    let house = House::new(&definition(), failing("Last", &down)).await;
    let failed = house.run("one", json!({})).await;
    down.store(false, Ordering::SeqCst);
    let both = tokio::join!(
        house.engine.prepare_redrive(&failed.execution_arn, None),
        house.engine.prepare_redrive(&failed.execution_arn, None)
    );
    let (first, second) = (both.0.expect("prepared"), both.1.expect("prepared"));
    let first = house.store.write(move |tx| first.record(tx).map(|_| first)).await.expect("recorded");
    let refused = house.store.write(move |tx| second.record(tx).map(drop)).await;
    assert!(refused.is_err(), "somebody else was first");
    house.engine.launch_redriven(first);
    run_out(&house.engine, &house.clock).await;
    assert_eq!(house.effects().len(), all_keys().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_redriven_says_why() {
    let down = Arc::new(AtomicBool::new(false));
    let house = House::new(&definition(), failing("Last", &down)).await;
    let unknown = house.engine.redrive("arn:aws:states:x:1:execution:machine:none", None).await;
    assert!(matches!(unknown, Err(RedriveError::Query(QueryError::ExecutionDoesNotExist { .. }))), "{unknown:?}");
    let done = house.run("good", json!({})).await;
    let refused = house.engine.redrive(&done.execution_arn, None).await;
    assert!(
        matches!(refused, Err(RedriveError::NotRedrivable { reason: NotRedrivable::Succeeded, .. })),
        "{refused:?}"
    );
    down.store(true, Ordering::SeqCst);
    let failed = house.run("bad", json!({})).await;
    let damage = house.store.write(|tx| tx.execute("UPDATE journal SET content = x'0102030405'", [])).await;
    damage.expect("the rows are damaged");
    let refused = house.engine.redrive(&failed.execution_arn, None).await;
    assert!(matches!(refused, Err(RedriveError::NoCheckpoint { .. })), "{refused:?}");
    assert_eq!(house.engine.describe(&failed.execution_arn).expect("it").status, ExecutionStatus::Failed);
}

/// A life in which `one` is redriven, if that is still to be done, cut short after so many journal rows;
/// whether it was.
fn live(folder: &Path, clock: &Arc<ManualClock>, down: bool, rows: u64) -> bool {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let crashed = runtime.block_on(async {
        let store = open_store(folder);
        let engine = open(&store, failing("Right", &Arc::new(AtomicBool::new(down))), clock.clone());
        put(&engine, "machine", &definition()).await;
        let crashed = crash_after(&store, rows).await;
        let arn = "arn:aws:states:us-east-1:123456789012:execution:machine:one";
        if down {
            engine.start(request("one", json!({}))).await.expect("a start");
        } else {
            let early = engine.redrive(arn, None).await;
            assert!(matches!(early, Err(RedriveError::NotReady)), "recovery comes first: {early:?}");
            engine.recover().await.expect("recovered");
            match engine.redrive(arn, None).await {
                Ok(_) | Err(RedriveError::NotRedrivable { .. }) => {}
                Err(error) => assert!(crashed.load(Ordering::SeqCst), "{error}"),
            }
        }
        let over = || crashed.load(Ordering::SeqCst);
        run_until(&engine, clock, over).await;
        over()
    });
    runtime.shutdown_timeout(Duration::from_secs(10));
    crashed
}

#[test]
fn a_crash_anywhere_in_a_redrive_loses_and_repeats_nothing() {
    for rows in 0.. {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = clock();
        assert!(!live(folder.path(), &clock, true, u64::MAX), "the first life ends with a failed execution");
        let crashed = live(folder.path(), &clock, false, rows);
        if crashed {
            assert!(!live(folder.path(), &clock, false, u64::MAX));
        }
        let store = open_store(folder.path());
        let keys: Vec<String> = effects(&store).into_iter().map(|(_, key)| key).collect();
        assert_eq!(keys.len(), all_keys().len(), "crash after {rows} rows: {keys:?}");
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), all_keys(), "crash after {rows} rows");
        if !crashed {
            assert!(rows > 2, "there was something to interrupt");
            return;
        }
    }
}
