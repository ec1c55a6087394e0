//! Crashes: every effect exactly once, every execution ends, nothing acknowledged is lost.

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{Script, clock, crash_after, effects, marked, open, open_store, put, request, run_out, run_until};
use engine::{Clock, ExecutionStatus, ManualClock, Recovered, StartError, SystemClock, TaskError};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A little of everything: a task, branches, a wait, iterations, and a failure that is retried.
fn everything() -> Value {
    let task =
        |name: &str| json!({"Type": "Task", "Resource": format!("step:{name}"), "ResultPath": null, "End": true});
    json!({"StartAt": "First", "States": {
        "First": {"Type": "Task", "Resource": "step:first", "ResultPath": null, "Next": "Both"},
        "Both": {"Type": "Parallel", "ResultPath": null, "Next": "Rest", "Branches": [
            {"StartAt": "Left", "States": {"Left": task("left")}},
            {"StartAt": "Right", "States": {"Right": task("right")}}]},
        "Rest": {"Type": "Wait", "Seconds": 10, "Next": "Each"},
        "Each": {"Type": "Map", "ItemsPath": "$.items", "ResultPath": null, "Next": "Flaky", "ItemProcessor": {
            "StartAt": "One", "States": {"One": task("one")}}},
        "Flaky": {"Type": "Task", "Resource": "step:flaky", "ResultPath": null, "Next": "Last",
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2}]},
        "Last": {"Type": "Task", "Resource": "step:last", "End": true}
    }})
}

fn all_keys() -> BTreeSet<String> {
    ["First", "Both/0/Left", "Both/1/Right", "Each[0]/One", "Each[1]/One", "Each[2]/One", "Flaky", "Last"]
        .map(str::to_owned)
        .into()
}

fn flaky() -> Arc<Script> {
    Script::new(|task| async move {
        if task.state == "Flaky" && task.attempt == 1 {
            return Err(TaskError::new("Busy", "try later"));
        }
        Ok(marked(&task))
    })
}

/// One life of the program on `folder`, cut short after so many journal rows; whether it was.
fn live(folder: &Path, clock: &Arc<ManualClock>, rows: u64) -> bool {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let crashed = runtime.block_on(async {
        let store = open_store(folder);
        let engine = open(&store, flaky(), clock.clone());
        put(&engine, "machine", &everything()).await;
        let crashed = crash_after(&store, rows).await;
        let recovered = engine.recover().await.expect("recovered");
        assert_eq!(recovered.unreadable, [""; 0]);
        match engine.start(request("one", json!({"items": [1, 2, 3]}))).await {
            Ok(_) | Err(StartError::ExecutionAlreadyExists { .. }) => {}
            Err(StartError::Storage(_)) => assert!(crashed.load(Ordering::SeqCst)),
            Err(other) => panic!("{other}"),
        }
        let over = || crashed.load(Ordering::SeqCst);
        run_until(&engine, clock, over).await;
        over()
    });
    // Everything that was under way ends here, wherever it stood.
    runtime.shutdown_timeout(Duration::from_secs(10));
    crashed
}

fn assert_all_done_once(folder: &Path, name: &str) {
    let store = open_store(folder);
    let (status, output): (String, Option<String>) = store
        .read_blocking(|connection| {
            connection.query_row("SELECT status, output FROM executions", [], |row| Ok((row.get(0)?, row.get(1)?)))
        })
        .expect("one execution");
    assert_eq!((status.as_str(), output.as_deref()), ("SUCCEEDED", Some(r#"{"items":[1,2,3]}"#)), "{name}");
    let keys: Vec<String> = effects(&store).into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys.len(), all_keys().len(), "{name}: {keys:?}");
    assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), all_keys(), "{name}");
}

#[test]
fn a_crash_between_any_two_commits_loses_and_repeats_nothing() {
    for rows in 0.. {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = clock();
        let crashed = live(folder.path(), &clock, rows);
        if crashed {
            assert!(!live(folder.path(), &clock, u64::MAX));
        }
        assert_all_done_once(folder.path(), &format!("crash after {rows} rows"));
        if !crashed {
            assert!(rows > 5, "there was something to interrupt");
            return;
        }
    }
}

#[test]
fn a_crash_after_every_single_commit_still_gets_to_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = clock();
    let mut lives = 1;
    while live(folder.path(), &clock, 1) {
        lives += 1;
        assert!(lives < 100, "it does not get on");
    }
    assert!(lives > 5, "there was something to interrupt");
    assert_all_done_once(folder.path(), "crash after every commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_survive_a_restart_and_fire_at_once_when_past() {
    let rest = json!({"StartAt": "Rest", "States": {
        "Rest": {"Type": "Wait", "Seconds": 3600, "Next": "Done"},
        "Done": {"Type": "Task", "Resource": "step:done", "End": true}}});
    let folder = tempfile::tempdir().expect("a folder");
    let clock = clock();
    let begun = clock.now();
    let store = open_store(folder.path());
    let engine = open(&store, Script::marking(), clock.clone());
    put(&engine, "machine", &rest).await;
    engine.start(request("one", json!({}))).await.expect("a start");
    engine.shutdown().await;

    let engine = open(&store, Script::marking(), clock.clone());
    assert_eq!(engine.recover().await.expect("recovered").resumed, 1);
    let due = engine.statistics().next_timer_at.expect("the timer is back");
    assert_eq!(due.duration_since(begun), SignedDuration::from_secs(3600));
    engine.shutdown().await;
    clock.advance(SignedDuration::from_hours(48));

    let engine = open(&store, Script::marking(), clock.clone());
    engine.recover().await.expect("recovered");
    let status = engine.wait("arn:aws:states:us-east-1:123456789012:execution:machine:one").await;
    assert_eq!(status.expect("it ends"), ExecutionStatus::Succeeded);
    assert_eq!(effects(&store).len(), 1);
    assert_eq!(engine.recover().await.expect("recovered"), Recovered::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_everything_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = clock();
    let store = open_store(folder.path());
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let open_gate = gate.clone();
    let handler = Script::new(move |task| {
        let gate = gate.clone();
        async move {
            gate.acquire().await.expect("it stays open").forget();
            Ok(marked(&task))
        }
    });
    let engine = open(&store, handler, clock.clone());
    put(&engine, "machine", &everything()).await;
    for n in 0..20 {
        // Large enough that the next transition cannot fit into the free part of a page.
        let input = json!({"items": [1, 2, 3], "ballast": "x".repeat(10_000)});
        let name = format!("e{n}");
        let mut request = request(&name, input);
        request.state_machine_name = "machine".to_owned();
        engine.start(request).await.expect("a start");
    }
    let limit = |pages: i64| {
        store.write(move |transaction| {
            transaction.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        })
    };
    limit(1).await.expect("a pragma");
    open_gate.add_permits(10_000);
    let refused = engine.start(request("late", json!({"ballast": "x".repeat(10_000)}))).await;
    assert!(matches!(refused, Err(StartError::Storage(_))));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(effects(&store), [], "nothing is done that cannot be recorded");
    assert_eq!(engine.statistics().executions_running, 20);
    limit(1_000_000).await.expect("a pragma");
    run_out(&engine, &clock).await;
    let done = effects(&store);
    assert_eq!(done.len(), 20 * all_keys().len());
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), done.len(), "each once");
}

const CHILD: &str = "ENGINE_TEST_CHILD_FOLDER";
const EXECUTIONS: usize = 120;

/// The victim of the next test: goes on with what is there, starts what is missing, says so.
#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stdout, reason = "it speaks to the test that started it")]
async fn child_that_runs_executions_until_it_is_killed() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    let quick = json!({"StartAt": "First", "States": {
        "First": {"Type": "Task", "Resource": "step:first", "Next": "Flaky"},
        "Flaky": {"Type": "Task", "Resource": "step:flaky", "Next": "Rest",
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1}]},
        "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Last"},
        "Last": {"Type": "Task", "Resource": "step:last", "End": true}}});
    let store = open_store(Path::new(&folder));
    let engine = open(&store, flaky(), Arc::new(SystemClock::default()));
    put(&engine, "machine", &quick).await;
    engine.recover().await.expect("recovered");
    let arn = |n| format!("arn:aws:states:us-east-1:123456789012:execution:machine:e{n}");
    for n in 0..EXECUTIONS {
        match engine.start(request(&format!("e{n}"), json!({"n": n}))).await {
            Ok(_) | Err(StartError::ExecutionAlreadyExists { .. }) => println!("started {n}"),
            Err(error) => panic!("{error}"),
        }
    }
    for n in 0..EXECUTIONS {
        engine.wait(&arn(n)).await.expect("it ends");
    }
    println!("finished all");
}

#[test]
fn executions_survive_sigkill() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged = BTreeSet::new();
    // After so many lines, plus so many milliseconds; the last is left to finish.
    let kills = [(3, 0), (40, 2), (EXECUTIONS, 30), (EXECUTIONS, 700), (EXECUTIONS, 1500), (usize::MAX, 0)];
    let mut finished = false;
    for (lines, milliseconds) in kills {
        let mut child = Command::new(std::env::current_exe().expect("this test's own program"))
            .args(["--exact", "child_that_runs_executions_until_it_is_killed", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut seen = 0;
        for line in output.lines() {
            let line = line.expect("a line of text");
            finished |= line.contains("finished all");
            if let Some((_, number)) = line.split_once("started ") {
                acknowledged.insert(number.parse::<usize>().expect("a number"));
                seen += 1;
                if seen == lines {
                    std::thread::sleep(Duration::from_millis(milliseconds));
                    // SIGKILL on Unix. What the pipe still holds was acknowledged too.
                    child.kill().expect("the child is killed");
                }
            }
        }
        child.wait().expect("the child ended");
    }
    assert!(finished, "the last child was left to finish");
    let store = open_store(folder.path());
    let succeeded: usize = store
        .read_blocking(|connection| {
            connection
                .query_row("SELECT count(*) FROM executions WHERE status = 'SUCCEEDED'", [], |row| row.get::<_, i64>(0))
        })
        .map(|count| usize::try_from(count).expect("a count"))
        .expect("a look");
    assert_eq!((succeeded, acknowledged.len()), (EXECUTIONS, EXECUTIONS));
    let done = effects(&store);
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), done.len(), "each once");
    assert_eq!(done.len(), EXECUTIONS * 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_reported_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = clock();
    let store = open_store(folder.path());
    let rest = json!({"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 60, "End": true}}});
    let engine = open(&store, Script::marking(), clock.clone());
    put(&engine, "machine", &rest).await;
    let bad = engine.start(request("bad", json!({}))).await.expect("a start").execution_arn;
    let good = engine.start(request("good", json!({}))).await.expect("a start").execution_arn;
    engine.shutdown().await;
    let spoil = store.write(|transaction| {
        transaction.execute(
            "UPDATE journal SET content = x'0102030405' WHERE execution_id = (SELECT min(id) FROM executions)",
            [],
        )
    });
    assert_eq!(spoil.await.expect("spoilt"), 1);

    let engine = open(&store, Script::marking(), clock.clone());
    let recovered = engine.recover().await.expect("recovered");
    assert_eq!((recovered.resumed, recovered.unreadable), (1, vec![bad.clone()]));
    run_out(&engine, &clock).await;
    assert_eq!(engine.describe(&good).expect("it").status, ExecutionStatus::Succeeded);
    assert_eq!(engine.describe(&bad).expect("it").status, ExecutionStatus::Running);
    let stop = engine.stop(&bad, None, None).await;
    assert!(matches!(stop, Err(engine::StopError::NotLoaded { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_was_running_is_run_again_under_its_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = clock();
    let store = open_store(folder.path());
    let seen = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let hang = Arc::new(AtomicBool::new(true));
    let handler = {
        let (seen, hang) = (seen.clone(), hang.clone());
        Script::new(move |task| {
            seen.lock().push((task.idempotency_key(), task.attempt));
            let hangs = hang.load(Ordering::SeqCst);
            async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                Ok(marked(&task))
            }
        })
    };
    let one = json!({"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "step:one", "End": true}}});
    let engine = open(&store, handler.clone(), clock.clone());
    put(&engine, "machine", &one).await;
    engine.start(request("one", json!({}))).await.expect("a start");
    while seen.lock().is_empty() {
        tokio::task::yield_now().await;
    }
    // The task never answers: nobody may wait for it.
    let patience = tokio::time::timeout(Duration::from_millis(20), engine.shutdown());
    assert!(patience.await.is_err());
    hang.store(false, Ordering::SeqCst);
    let engine = open(&store, handler, clock.clone());
    engine.recover().await.expect("recovered");
    run_out(&engine, &clock).await;
    let seen = seen.lock();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0], seen[1]);
    assert_eq!(effects(&store).len(), 1);
}
