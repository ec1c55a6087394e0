//! What an engine does with executions while it lives.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Checked, House, Mark, Script, marked, put, request, run_out, settle};
use engine::{
    Clock, EffectError, ExecutionStatus, HistoryPage, ListFilter, QueryError, STORAGE_ERROR, StartError, TaskError,
    TaskSuccess, UNKNOWN_ERROR,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

fn task(name: &str, next: &str) -> Value {
    match next {
        "" => json!({"Type": "Task", "Resource": format!("step:{name}"), "End": true}),
        next => json!({"Type": "Task", "Resource": format!("step:{name}"), "Next": next}),
    }
}

fn chain() -> Value {
    json!({"StartAt": "First", "States": {"First": task("first", "Second"), "Second": task("second", "")}})
}

/// One task that is retried once after 10 seconds and then caught.
fn careful() -> Value {
    json!({"StartAt": "Try", "States": {
        "Try": {
            "Type": "Task", "Resource": "step:try", "End": true,
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 10, "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": "Caught"}]
        },
        "Caught": {"Type": "Pass", "End": true}
    }})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_tasks_succeeds_with_its_effects_and_history() {
    let house = House::new(&chain(), Script::marking()).await;
    let record = house.run("one", json!({"a": 1})).await;
    assert_eq!(record.status, ExecutionStatus::Succeeded);
    assert_eq!(record.input, r#"{"a":1}"#);
    assert_eq!(record.output.as_deref(), Some(r#"{"a":1}"#));
    assert!(record.stopped_at.is_some());
    let mark = |key: &str| ("one".to_owned(), key.to_owned());
    assert_eq!(house.effects(), [mark("First"), mark("Second")]);
    assert_eq!(
        house.types(&record.execution_arn).await,
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionSucceeded",
            "TaskStateExited",
            "TaskStateEntered",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_gets_the_task_as_the_definition_has_it() {
    let seen = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let log = seen.clone();
    let handler = Script::new(move |task| {
        log.lock().push(task.clone());
        async move { Ok(TaskSuccess::new(task.input)) }
    });
    let house = House::new(&chain(), handler).await;
    let record = house.run("one", json!({"a": 1})).await;
    let seen = seen.lock();
    let first = &seen[0];
    assert_eq!(&*first.execution_arn, record.execution_arn);
    assert_eq!(record.execution_arn, "arn:aws:states:us-east-1:123456789012:execution:machine:one");
    assert_eq!(&*first.execution_name, "one");
    assert_eq!(&*first.state_machine_name, "machine");
    assert_eq!((first.state.as_str(), first.resource.as_str()), ("First", "step:first"));
    assert_eq!(first.attempt, 1);
    assert_eq!(first.idempotency_key(), format!("{}/First", record.execution_arn));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_waits_its_interval_by_the_clock() {
    let handler = Script::new(|task| async move {
        match task.attempt {
            1 => Err(TaskError::new("Busy", "try later")),
            _ => Ok(marked(&task)),
        }
    });
    let house = House::new(&careful(), handler).await;
    let begun = house.clock.now();
    let started = house.start("one", json!({})).await;
    settle(&house.engine, &house.clock, || false).await;
    let due = house.engine.statistics().next_timer_at.expect("a retry is to come");
    assert_eq!(due.duration_since(begun), SignedDuration::from_secs(10));
    house.clock.advance(SignedDuration::from_secs(9));
    settle(&house.engine, &house.clock, || false).await;
    assert_eq!(house.effects().len(), 0);
    house.clock.advance(SignedDuration::from_secs(1));
    settle(&house.engine, &house.clock, || false).await;
    let record = house.engine.describe(&started.execution_arn).expect("it");
    assert_eq!(record.status, ExecutionStatus::Succeeded);
    assert_eq!(house.effects().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_effect_says_is_what_the_task_ends_in() {
    type Check = fn(&rusqlite::Connection) -> Result<(), EffectError>;
    let wrong_sql: Check = |transaction| {
        transaction.execute("INSERT INTO effects (id) VALUES ('no number')", [])?;
        Ok(())
    };
    let cases: [(&str, Check, &str); 3] = [
        ("refused", |_| Err(TaskError::new("OutOfStock", "the last one went").into()), "OutOfStock"),
        ("wrong", wrong_sql, STORAGE_ERROR),
        ("panics", |_| panic!("on purpose"), UNKNOWN_ERROR),
    ];
    for (name, check, error) in cases {
        let handler = Script::new(move |task| async move {
            let effect = Checked { mark: Mark::of(&task), check };
            Ok(TaskSuccess::new(json!("never seen")).with_effect(effect))
        });
        let house = House::new(&careful(), handler).await;
        let record = house.run(name, json!({"kept": true})).await;
        assert_eq!(record.status, ExecutionStatus::Succeeded, "{name}: it is caught");
        let output: Value = serde_json::from_str(&record.output.expect("an output")).expect("JSON");
        assert_eq!(output["caught"]["Error"], error, "{name}");
        assert_eq!(output["kept"], true, "{name}");
        assert_eq!(house.effects(), [], "{name}: what it had done is taken back");
        let types = house.types(&record.execution_arn).await;
        assert!(!types.contains(&"LambdaFunctionSucceeded".to_owned()), "{name}: {types:?}");
        assert!(types.contains(&"LambdaFunctionFailed".to_owned()), "{name}: {types:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_effect_is_retried_like_any_failure() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let handler = Script::new(move |task| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            let effect = Checked {
                mark: Mark::of(&task),
                check: move |_: &rusqlite::Connection| match first {
                    true => Err(TaskError::new("Busy", "not now").into()),
                    false => Ok(()),
                },
            };
            Ok(TaskSuccess::new(json!("done")).with_effect(effect))
        }
    });
    let house = House::new(&careful(), handler).await;
    let record = house.run("one", json!({})).await;
    assert_eq!(record.output.as_deref(), Some(r#""done""#));
    assert_eq!((calls.load(Ordering::SeqCst), house.effects().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_panics_fails_its_task_only() {
    let handler = Script::new(|task| async move {
        assert!(task.execution_name.as_ref() != "bad", "on purpose");
        Ok(marked(&task))
    });
    let house = House::new(&chain(), handler).await;
    let bad = house.run("bad", json!({})).await;
    assert_eq!(bad.status, ExecutionStatus::Failed);
    assert_eq!(bad.error.as_deref(), Some(UNKNOWN_ERROR));
    assert!(bad.cause.expect("a cause").contains("on purpose"));
    assert_eq!(house.run("good", json!({})).await.status, ExecutionStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_times_out_is_dropped_and_its_late_answer_has_no_effect() {
    struct Dropped(Arc<AtomicUsize>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let witness = dropped.clone();
    let handler = Script::new(move |task| {
        let witness = Dropped(witness.clone());
        async move {
            let _witness = witness;
            std::future::pending::<()>().await;
            Ok(marked(&task))
        }
    });
    let definition = json!({"StartAt": "Slow", "States": {"Slow": {
        "Type": "Task", "Resource": "step:slow", "TimeoutSeconds": 5, "End": true}}});
    let house = House::new(&definition, handler).await;
    let started = house.start("one", json!({})).await;
    while house.engine.statistics().next_timer_at.is_none() {
        tokio::task::yield_now().await;
    }
    house.clock.advance(SignedDuration::from_secs(5));
    let status = house.engine.wait(&started.execution_arn).await.expect("it ends");
    assert_eq!(status, ExecutionStatus::Failed);
    settle(&house.engine, &house.clock, || false).await;
    let record = house.engine.describe(&started.execution_arn).expect("it");
    assert_eq!(record.error.as_deref(), Some("States.Timeout"));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(house.effects(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_while_its_time_out_is_committed_has_no_effect() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let open_gate = gate.clone();
    let handler = Script::new(move |task| {
        let gate = gate.clone();
        async move {
            gate.acquire().await.expect("it stays open").forget();
            Ok(marked(&task))
        }
    });
    let definition = json!({"StartAt": "Slow", "States": {
        "Slow": {"Type": "Task", "Resource": "step:slow", "TimeoutSeconds": 5, "End": true,
            "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Rest"}]},
        "Rest": {"Type": "Wait", "Seconds": 60, "End": true}}});
    let house = House::new(&definition, handler).await;
    let arn = house.start("one", json!({})).await.execution_arn;
    while house.engine.statistics().next_timer_at.is_none() {
        tokio::task::yield_now().await;
    }
    let (release, held) = std::sync::mpsc::channel::<()>();
    let hold = house.store.write(move |_| held.recv().map_err(drop));
    // The time-out is in the writer's queue; the task is not cancelled before it is committed.
    house.clock.advance(SignedDuration::from_secs(5));
    while house.engine.statistics().next_timer_at.is_some() {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    open_gate.add_permits(1);
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    // The stop comes behind the late answer, and shares a transition with it.
    let stop = house.engine.stop(&arn, None, None);
    let (stopped, ()) = tokio::join!(stop, async {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        release.send(()).expect("the writer waits");
    });
    stopped.expect("stopped");
    hold.await.expect("released");
    assert_eq!(house.effects(), []);
    let types = house.types(&arn).await;
    assert!(types.contains(&"LambdaFunctionTimedOut".to_owned()), "{types:?}");
    assert!(!types.contains(&"LambdaFunctionSucceeded".to_owned()), "{types:?}");
    assert_eq!(types.last().map(String::as_str), Some("ExecutionAborted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_and_map_run_at_once_and_answer_in_bursts() {
    let definition = json!({"StartAt": "Both", "States": {
        "Both": {"Type": "Parallel", "Next": "Each", "ResultPath": null, "Branches": [
            {"StartAt": "Left", "States": {"Left": task("left", "")}},
            {"StartAt": "Right", "States": {"Right": task("right", "")}}]},
        "Each": {"Type": "Map", "ItemsPath": "$.items", "End": true, "ItemProcessor": {
            "StartAt": "One", "States": {"One": task("one", "")}}}
    }});
    let house = House::new(&definition, Script::marking()).await;
    let items: Vec<u32> = (0..300).collect();
    let record = house.run("many", json!({"items": items})).await;
    assert_eq!(record.status, ExecutionStatus::Succeeded);
    assert_eq!(record.output, Some(json!(items).to_string()));
    let mut effects = house.effects();
    assert_eq!(effects.len(), 302);
    effects.sort();
    effects.dedup();
    assert_eq!(effects.len(), 302, "each key once");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refusal_in_a_burst_takes_nothing_from_the_others() {
    let definition = json!({"StartAt": "Each", "States": {"Each": {
        "Type": "Map", "ItemsPath": "$", "End": true, "ItemProcessor": {
            "StartAt": "One", "States": {
                "One": {"Type": "Task", "Resource": "step:one", "End": true,
                    "Catch": [{"ErrorEquals": ["Odd"], "Next": "Refused"}]},
                "Refused": {"Type": "Pass", "Result": "refused", "End": true}}}}}});
    let handler = Script::new(|task| async move {
        let odd = task.input.as_u64().expect("a number") % 2 == 1;
        let effect = Checked {
            mark: Mark::of(&task),
            check: move |_: &rusqlite::Connection| match odd {
                true => Err(TaskError::new("Odd", "an odd number").into()),
                false => Ok(()),
            },
        };
        Ok(TaskSuccess::new(json!("done")).with_effect(effect))
    });
    let house = House::new(&definition, handler).await;
    let items: Vec<u32> = (0..100).collect();
    let record = house.run("burst", json!(items)).await;
    let expected: Vec<&str> = ["done", "refused"].into_iter().cycle().take(100).collect();
    assert_eq!(record.output, Some(json!(expected).to_string()));
    let mut effects = house.effects();
    effects.sort();
    effects.dedup();
    assert_eq!((effects.len(), house.effects().len()), (50, 50));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_start_again_is_the_same_execution_while_it_runs() {
    let definition = json!({"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 60, "End": true}}});
    let house = House::new(&definition, Script::marking()).await;
    let first = house.start("one", json!({"a": 1, "b": 2})).await;
    assert!(!first.already_running);
    let again = house.start("one", json!({"b": 2, "a": 1})).await;
    assert!(again.already_running);
    assert_eq!(
        (again.execution_arn, again.started_at.as_millisecond()),
        (first.execution_arn.clone(), first.started_at.as_millisecond())
    );
    let other = house.engine.start(request("one", json!({"a": 2}))).await;
    assert!(matches!(other, Err(StartError::ExecutionAlreadyExists { .. })));
    run_out(&house.engine, &house.clock).await;
    let finished = house.engine.start(request("one", json!({"a": 1, "b": 2}))).await;
    let message = finished.expect_err("it has ended").to_string();
    assert_eq!(message, format!("Execution Already Exists: '{}'", first.execution_arn));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_cannot_be_is_refused_with_its_reason() {
    let house = House::new(&chain(), Script::marking()).await;
    let with = |change: fn(&mut engine::StartRequest)| {
        let mut request = request("one", json!({}));
        change(&mut request);
        house.engine.start(request)
    };
    let name = with(|request| request.name = Some("a b".to_owned())).await;
    assert_eq!(name.expect_err("a bad name").to_string(), "Invalid Name: 'a b'");
    let machine = with(|request| request.state_machine_name = "none".to_owned()).await;
    assert_eq!(
        machine.expect_err("no machine").to_string(),
        "State Machine Does Not Exist: 'arn:aws:states:us-east-1:123456789012:stateMachine:none'"
    );
    let large = with(|request| request.input = json!("x".repeat(262_144))).await;
    assert!(matches!(large, Err(StartError::InputTooLarge { bytes: 262_146 })));
    let unnamed = with(|request| request.name = None).await.expect("a name is made");
    assert_eq!(unnamed.execution_arn.rsplit(':').next().map(str::len), Some(36));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_begins_with_the_transaction_it_was_inserted_in() {
    let house = House::new(&chain(), Script::marking()).await;
    let mut prepared = house.engine.prepare_start(request("one", json!({}))).expect("prepared");
    let arn = prepared.execution_arn().to_owned();
    let refused = house.store.write(move |transaction| {
        prepared.insert(transaction).expect("inserted");
        Err::<(), _>(Box::new(prepared))
    });
    let Err(store::WriteError::Refused(mut prepared)) = refused.await else {
        panic!("the transaction was to be rolled back");
    };
    assert!(matches!(house.engine.describe(&arn), Err(QueryError::ExecutionDoesNotExist { .. })));
    let committed = house.store.write(move |transaction| {
        prepared.insert(transaction)?;
        Ok::<_, StartError>(prepared)
    });
    let prepared = committed.await.expect("committed");
    settle(&house.engine, &house.clock, || false).await;
    assert_eq!(house.effects(), [], "nothing begins before the launch");
    house.engine.launch(*prepared);
    run_out(&house.engine, &house.clock).await;
    assert_eq!(house.effects().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn running_executions_keep_the_definition_they_began_with() {
    let rest = |output: &str| {
        json!({"StartAt": "Rest", "States": {
            "Rest": {"Type": "Wait", "Seconds": 60, "Next": "Say"},
            "Say": {"Type": "Pass", "Result": output, "End": true}}})
    };
    let house = House::new(&rest("old"), Script::marking()).await;
    let before = house.engine.state_machine("machine").expect("a look").expect("it is there");
    let old = house.start("old", json!({})).await;
    put(&house.engine, "machine", &rest("new")).await;
    put(&house.engine, "machine", &rest("new")).await;
    let new = house.start("new", json!({})).await;
    run_out(&house.engine, &house.clock).await;
    for (started, output) in [(old, "old"), (new, "new")] {
        let record = house.engine.describe(&started.execution_arn).expect("it");
        assert_eq!(record.output, Some(json!(output).to_string()));
    }
    let after = house.engine.state_machines().await.expect("a list");
    assert_eq!(after.len(), 1);
    assert_ne!(after[0].revision_id, before.revision_id);
    assert_eq!(after[0].created_at.as_millisecond(), before.created_at.as_millisecond());
    let broken = house.engine.put_state_machine("machine", "{}").await;
    assert!(matches!(broken, Err(engine::PutStateMachineError::Definition(list)) if !list.is_empty()));
    assert_eq!(house.engine.state_machine("machine").expect("a look").as_ref(), Some(&after[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_execution_is_aborted_at_once_and_stays_so() {
    let definition = json!({"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 60, "End": true}}});
    let house = House::new(&definition, Script::marking()).await;
    let arn = house.start("one", json!({})).await.execution_arn;
    let stop = |error: &str| house.engine.stop(&arn, Some(error.to_owned()), Some("by hand".to_owned()));
    let stopped_at = stop("Enough").await.expect("stopped");
    let again = stop("Twice").await.expect("it is already");
    assert_eq!(stopped_at, again);
    let record = house.engine.describe(&arn).expect("it");
    assert_eq!(record.status, ExecutionStatus::Aborted);
    assert_eq!((record.error.as_deref(), record.cause.as_deref()), (Some("Enough"), Some("by hand")));
    let statistics = house.engine.statistics();
    assert_eq!((statistics.executions_running, statistics.next_timer_at), (0, None));
    let unknown = house.engine.stop("arn:none", None, None).await;
    assert_eq!(unknown.expect_err("there is none").to_string(), "Execution Does Not Exist: 'arn:none'");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_from_the_latest_page_by_page_and_by_filter() {
    let definition = json!({"StartAt": "Choose", "States": {
        "Choose": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 3, "Next": "Bad"}], "Default": "Good"},
        "Good": {"Type": "Succeed"}, "Bad": {"Type": "Fail", "Error": "TooSmall"}}});
    let house = House::new(&definition, Script::marking()).await;
    put(&house.engine, "other", &definition).await;
    for n in 0..7 {
        house.start(&format!("e{n}"), json!({"n": n})).await;
    }
    let mut cursor = None;
    let mut names = Vec::new();
    loop {
        let page = house.engine.list(ListFilter::default(), cursor, 3).await.expect("a page");
        names.push(page.executions.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(" "));
        // The cursor goes through text, as it does for callers over HTTP.
        cursor = page.next.map(|next| next.to_string().parse().expect("a cursor"));
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["e6 e5 e4", "e3 e2 e1", "e0"]);
    let count = async |state_machine_name: Option<&str>, status| {
        let filter = ListFilter { state_machine_name: state_machine_name.map(str::to_owned), status };
        house.engine.list(filter, None, 100).await.expect("a page").executions.len()
    };
    assert_eq!(count(None, Some(ExecutionStatus::Failed)).await, 3);
    assert_eq!(count(Some("machine"), Some(ExecutionStatus::Succeeded)).await, 4);
    assert_eq!(count(Some("machine"), Some(ExecutionStatus::Running)).await, 0);
    assert_eq!(count(Some("other"), None).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_read_in_pages_from_either_end() {
    let house = House::new(&chain(), Script::marking()).await;
    let arn = house.run("one", json!({})).await.execution_arn;
    let ids = async |after_event_id, limit, reverse| {
        let page = HistoryPage { after_event_id, limit, reverse };
        let events = house.engine.history(&arn, page).await.expect("a page");
        events.iter().map(|event| event["id"].as_u64().expect("an id")).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, 100, false).await, (1..=12).collect::<Vec<_>>());
    assert_eq!(ids(None, 3, false).await, [1, 2, 3]);
    assert_eq!(ids(Some(3), 4, false).await, [4, 5, 6, 7]);
    assert_eq!(ids(Some(12), 4, false).await, [0_u64; 0]);
    assert_eq!(ids(None, 3, true).await, [12, 11, 10]);
    assert_eq!(ids(Some(10), 5, true).await, [9, 8, 7, 6, 5]);
    assert_eq!(ids(Some(2), 5, true).await, [1]);
    let unknown = house.engine.history("arn:none", HistoryPage::default()).await;
    assert!(matches!(unknown, Err(QueryError::ExecutionDoesNotExist { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_hear_every_event_once_and_in_order() {
    let house = House::new(&chain(), Script::marking()).await;
    let mut progress = house.engine.subscribe();
    let arn = house.run("one", json!({})).await.execution_arn;
    let mut ids = Vec::new();
    loop {
        let news = progress.recv().await.expect("news");
        assert_eq!((&*news.execution_arn, &*news.state_machine_name), (arn.as_str(), "machine"));
        ids.extend(news.events.iter().map(|event| event.id));
        if news.status != ExecutionStatus::Running {
            break;
        }
    }
    assert_eq!(ids, (1..=12).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_hears_of_the_end_whenever_they_came() {
    let definition = json!({"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 60, "End": true}}});
    let house = House::new(&definition, Script::marking()).await;
    let arn = house.start("one", json!({})).await.execution_arn;
    let early = house.engine.wait(&arn);
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(5), house.engine.wait(&arn));
    assert!(given_up.await.is_err());
    let (early, ()) = tokio::join!(early, run_out(&house.engine, &house.clock));
    assert_eq!(early.expect("it ends"), ExecutionStatus::Succeeded);
    assert_eq!(house.engine.wait(&arn).await.expect("it has ended"), ExecutionStatus::Succeeded);
    assert!(house.engine.wait("arn:none").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_tasks_run_at_once_than_configured() {
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (now, peak) = (running.clone(), most.clone());
    let handler = Script::new(move |task| {
        let (now, peak) = (now.clone(), peak.clone());
        async move {
            peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(marked(&task))
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let store = common::open_store(folder.path());
    let clock = common::clock();
    let config = engine::Config { max_concurrent_tasks: 3, ..engine::Config::default() };
    let engine = engine::Engine::open(store.clone(), config, handler, clock.clone()).expect("it opens");
    put(&engine, "machine", &chain()).await;
    for n in 0..20 {
        engine.start(request(&format!("e{n}"), json!({}))).await.expect("a start");
    }
    run_out(&engine, &clock).await;
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert_eq!(common::effects(&store).len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_takes_what_ended_long_ago_and_its_history() {
    let house = House::new(&chain(), Script::marking()).await;
    let old = house.run("old", json!({})).await;
    house.clock.advance(SignedDuration::from_hours(24 * 90));
    let new = house.run("new", json!({})).await;
    let cutoff = house.clock.now() - SignedDuration::from_hours(24);
    assert_eq!(house.engine.prune("another", cutoff, 100).await.expect("pruned"), 0);
    assert_eq!(house.engine.prune("machine", cutoff, 100).await.expect("pruned"), 1);
    assert_eq!(house.engine.prune("machine", cutoff, 100).await.expect("pruned"), 0);
    assert!(house.engine.describe(&old.execution_arn).is_err());
    assert_eq!(house.types(&new.execution_arn).await.len(), 12);
    house.run("old", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_waits_for_answers_and_takes_no_more() {
    let (begin, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let handler = Script::new(move |task| {
        begin.send(()).expect("the test listens");
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            Ok(marked(&task))
        }
    });
    let house = House::new(&chain(), handler).await;
    let arn = house.start("one", json!({})).await.execution_arn;
    begun.recv().await.expect("the first task runs");
    house.engine.shutdown().await;
    assert_eq!(house.effects().len(), 1, "the answer of the running task is kept, the next has not begun");
    let refused = house.engine.start(request("two", json!({}))).await;
    assert!(matches!(refused, Err(StartError::ShuttingDown)));
    assert_eq!(house.engine.describe(&arn).expect("it").status, ExecutionStatus::Running);
}
