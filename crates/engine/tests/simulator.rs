//! The main test of correctness: random executions under random failures, retries, time-outs, stops
//! and crashes, checked against what must always hold.
//!
//! Prints its seed; `ENGINE_SEED=… cargo test -p engine --test simulator` repeats it,
//! `ENGINE_ROUNDS=1000` runs it longer. Threads make two runs of a seed differ in their interleaving;
//! what they are asked to do is the same.

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::{Checked, Mark, Script, clock, crash_after, effects, open, open_store, put};
use engine::{
    EffectError, Engine, ExecutionStatus, HistoryPage, ListFilter, ManualClock, StartRequest, Task, TaskError,
    TaskSuccess,
};
use serde_json::{Value, json};

/// SplitMix64: small, and the same everywhere.
#[derive(Clone, Copy)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// What a name leads to is the same in every life of a round.
    fn of(seed: u64, name: &str) -> Random {
        let mixed =
            name.bytes().fold(seed, |mixed, byte| (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Random(mixed)
    }
}

fn task(extra: &Value) -> Value {
    let mut state = json!({
        "Type": "Task", "Resource": "step:any", "TimeoutSeconds": 30, "ResultPath": null,
        "Retry": [{"ErrorEquals": ["Busy", "States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    });
    for (field, value) in extra.as_object().expect("fields") {
        state[field] = value.clone();
    }
    state
}

/// Names and definitions; the input of all of them is `{"items": [...], "left": n}`.
fn definitions() -> Vec<(&'static str, Value)> {
    let caught = json!([{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Undo"}]);
    vec![
        (
            "chain",
            json!({"StartAt": "A", "States": {
            "A": task(&json!({"Next": "B", "Catch": caught})),
            "B": task(&json!({"Next": "C", "Catch": caught})),
            "C": task(&json!({"End": true})),
            "Undo": task(&json!({"Next": "Sorry"})),
            "Sorry": {"Type": "Fail", "Error": "Undone"}}}),
        ),
        (
            "branches",
            json!({"StartAt": "Both", "States": {
            "Both": {"Type": "Parallel", "ResultPath": null, "Next": "Rest", "Catch": caught, "Branches": [
                {"StartAt": "L1", "States": {"L1": task(&json!({"Next": "L2"})), "L2": task(&json!({"End": true}))}},
                {"StartAt": "R1", "States": {
                    "R1": {"Type": "Wait", "Seconds": 7, "Next": "R2"}, "R2": task(&json!({"End": true}))}}]},
            "Rest": {"Type": "Wait", "Seconds": 20, "Next": "After"},
            "After": task(&json!({"End": true})),
            "Undo": {"Type": "Pass", "End": true}}}),
        ),
        (
            "lines",
            json!({"StartAt": "Each", "States": {
            "Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 3, "ResultPath": null, "Next": "Done",
                "Catch": caught, "ItemProcessor": {"StartAt": "Line", "States": {
                    "Line": {"Type": "Task", "Resource": "step:any", "TimeoutSeconds": 30, "End": true,
                        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}]}}}},
            "Done": task(&json!({"End": true})),
            "Undo": task(&json!({"End": true}))}}),
        ),
        (
            "loop",
            json!({"StartAt": "Again", "States": {
            "Again": task(&json!({"Next": "Less"})),
            "Less": {"Type": "Pass", "Parameters": {"left.$": "States.MathAdd($.left, -1)"}, "Next": "Enough"},
            "Enough": {"Type": "Choice", "Default": "Done",
                "Choices": [{"Variable": "$.left", "NumericGreaterThan": 0, "Next": "Pause"}]},
            "Pause": {"Type": "Wait", "Seconds": 5, "Next": "Again"},
            "Done": {"Type": "Succeed"}}}),
        ),
    ]
}

/// A handler whose mood with each attempt follows from the seed.
fn moody(seed: u64) -> Arc<Script> {
    Script::new(move |task: Task| async move {
        let mut random = Random::of(seed, &format!("{}#{}", task.idempotency_key(), task.attempt));
        if random.below(3) == 0 {
            tokio::time::sleep(Duration::from_micros(random.below(1500))).await;
        }
        let refuse = match random.below(20) {
            0 => return Err(TaskError::new("Busy", "try later")),
            1 => return Err(TaskError::new("Broken", "for good")),
            2 => panic!("a moody handler panics, as is its right"),
            3 => return std::future::pending().await,
            4 => Some("Busy"),
            5 => Some("Sold"),
            _ => None,
        };
        let effect = Checked {
            mark: Mark::of(&task),
            check: move |_: &rusqlite::Connection| match refuse {
                Some(error) => Err(EffectError::Refused(TaskError::new(error, "not with me"))),
                None => Ok(()),
            },
        };
        Ok(TaskSuccess::new(task.input).with_effect(effect))
    })
}

/// A task that hangs counts as in flight for ever: time passes when nothing has changed for a while.
async fn pass_time(engine: &Engine, clock: &ManualClock, until: impl Fn() -> bool) {
    let quiet = async {
        let mut before = engine.statistics();
        loop {
            tokio::time::sleep(Duration::from_millis(4)).await;
            let now = engine.statistics();
            if now == before || until() {
                return;
            }
            before = now;
        }
    };
    quiet.await;
    if let Some(at) = engine.statistics().next_timer_at {
        clock.advance_to(at);
    }
}

/// One life: recovers, starts what is not yet there, stops some, runs until the end or the crash.
fn live(folder: &Path, clock: &Arc<ManualClock>, seed: u64, life: u64, executions: u64) -> bool {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let crashed = runtime.block_on(async {
        let mut random = Random::of(seed, &format!("life {life}"));
        let store = open_store(folder);
        let engine = open(&store, moody(seed), clock.clone());
        let definitions = definitions();
        for (name, definition) in &definitions {
            put(&engine, name, definition).await;
        }
        // The last lives are left alone, so that all of it ends.
        let allowed = if life < 4 { random.below(60) } else { u64::MAX };
        let crashed = crash_after(&store, allowed).await;
        let over = || crashed.load(Ordering::SeqCst);
        let recovered = engine.recover().await.expect("recovered");
        assert_eq!(recovered.unreadable, [""; 0]);
        for n in 0..executions {
            let (machine, _) = definitions[(n % definitions.len() as u64) as usize];
            let items: Vec<u64> = (0..n % 6).collect();
            let start = StartRequest {
                state_machine_name: machine.to_owned(),
                name: Some(format!("e{n}")),
                input: json!({"items": items, "left": 1 + n % 3}),
            };
            // Refused by a crash, or because it is there and has ended.
            if let Ok(started) = engine.start(start).await
                && random.below(25) == 0
            {
                let engine = engine.clone();
                tokio::spawn(async move {
                    drop(engine.stop(&started.execution_arn, Some("Stopped".to_owned()), None).await);
                });
            }
        }
        let patience = std::time::Instant::now() + Duration::from_secs(60);
        while !over() && engine.statistics().executions_running > 0 {
            pass_time(&engine, clock, over).await;
            assert!(std::time::Instant::now() < patience, "it does not end: {:?}", engine.statistics());
        }
        over()
    });
    runtime.shutdown_timeout(Duration::from_secs(10));
    crashed
}

/// What must hold once all has ended.
fn check(folder: &Path, clock: &Arc<ManualClock>, executions: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = open_store(folder);
        let engine = open(&store, Script::marking(), clock.clone());
        let marks = effects(&store);
        let distinct: BTreeSet<_> = marks.iter().collect();
        assert_eq!(distinct.len(), marks.len(), "an effect happened twice: {marks:?}");
        let page = engine.list(ListFilter::default(), None, 10_000).await.expect("a list");
        assert_eq!(page.executions.len() as u64, executions, "each start is one execution");
        for execution in page.executions {
            let arn = &execution.execution_arn;
            assert_ne!(execution.status, ExecutionStatus::Running, "{arn} has not ended");
            let history = engine.history(arn, HistoryPage::default()).await.expect("a history");
            let mut succeeded = 0;
            for (index, event) in history.iter().enumerate() {
                let id = event["id"].as_u64().expect("an id");
                assert_eq!(id, index as u64 + 1, "{arn}: ids count up without gaps");
                assert!(event["previousEventId"].as_u64().expect("an id") < id, "{arn}: {event}");
                succeeded += usize::from(event["type"] == "LambdaFunctionSucceeded");
            }
            let of_it = marks.iter().filter(|(name, _)| *name == execution.name).count();
            assert_eq!(of_it, succeeded, "{arn}: as many effects as its history tells of successes");
            let last = history.last().expect("events")["type"].as_str().expect("a type");
            let expected = match execution.status {
                ExecutionStatus::Succeeded => "ExecutionSucceeded",
                ExecutionStatus::Failed => "ExecutionFailed",
                ExecutionStatus::TimedOut => "ExecutionTimedOut",
                ExecutionStatus::Aborted => "ExecutionAborted",
                ExecutionStatus::Running => unreachable!("asserted above"),
            };
            assert_eq!(last, expected, "{arn}");
        }
    });
}

#[test]
#[allow(clippy::print_stdout, reason = "a failure is repeated with its seed")]
fn whatever_happens_every_effect_is_done_once_and_every_execution_ends() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let rounds = number("ENGINE_ROUNDS").unwrap_or(3);
    // Moody handlers panic: a thousand backtraces would hide the one message that matters.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<&str>().copied().unwrap_or_default();
        if !text.contains("as is its right") {
            report(panic);
        }
    }));
    for round in 0..rounds {
        let seed = number("ENGINE_SEED").unwrap_or_else(|| {
            let clock = engine::SystemClock::default();
            engine::Clock::random(&clock)
        });
        println!("round {round}: ENGINE_SEED={seed}");
        let folder = tempfile::tempdir().expect("a folder");
        let clock = clock();
        let executions = 40;
        let mut life = 0;
        while live(folder.path(), &clock, seed, life, executions) {
            life += 1;
        }
        check(folder.path(), &clock, executions);
    }
}
