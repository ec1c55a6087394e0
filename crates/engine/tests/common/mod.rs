//! A house for engines in tests: a folder that survives them, a handler made of a closure, and an
//! effect that can be counted.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use engine::{
    Clock, Config, Effect, EffectError, Engine, ManualClock, StartRequest, Started, Task, TaskError, TaskHandler,
    TaskSuccess,
};
use futures::future::BoxFuture;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use serde_json::Value;
use store::{Migrations, Store};

/// One row an effect. No uniqueness: an effect that happens twice is to be seen, not refused.
pub const EFFECTS: Migrations = Migrations {
    component: "effects",
    steps: &["CREATE TABLE effects (id INTEGER PRIMARY KEY, execution TEXT NOT NULL, key TEXT NOT NULL)"],
};

/// Leaves its row behind.
pub struct Mark {
    pub execution: Arc<str>,
    pub key: String,
}

impl Mark {
    pub fn of(task: &Task) -> Mark {
        Mark { execution: task.execution_name.clone(), key: task.key.clone() }
    }
}

impl Effect for Mark {
    fn apply(&mut self, transaction: &Connection) -> Result<(), EffectError> {
        transaction
            .prepare_cached("INSERT INTO effects (execution, key) VALUES (?1, ?2)")?
            .execute((&self.execution, &self.key))?;
        Ok(())
    }
}

/// An effect made of a closure, after which a row is left as with [`Mark`].
pub struct Checked<F> {
    pub mark: Mark,
    pub check: F,
}

impl<F> Effect for Checked<F>
where
    F: FnMut(&Connection) -> Result<(), EffectError> + Send,
{
    fn apply(&mut self, transaction: &Connection) -> Result<(), EffectError> {
        self.mark.apply(transaction)?;
        (self.check)(transaction)
    }
}

type Answer = Result<TaskSuccess, TaskError>;

/// A handler made of a closure.
pub struct Script(Box<dyn Fn(Task) -> BoxFuture<'static, Answer> + Send + Sync>);

impl Script {
    pub fn new<F, A>(script: F) -> Arc<Script>
    where
        F: Fn(Task) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        Arc::new(Script(Box::new(move |task| Box::pin(script(task)))))
    }

    /// Every task succeeds with its input, and leaves its mark.
    pub fn marking() -> Arc<Script> {
        Script::new(|task| async move { Ok(marked(&task)) })
    }
}

/// The task's input as its output, with its mark.
pub fn marked(task: &Task) -> TaskSuccess {
    TaskSuccess::new(task.input.clone()).with_effect(Mark::of(task))
}

#[async_trait]
impl TaskHandler for Script {
    async fn run(&self, task: Task) -> Answer {
        (self.0)(task).await
    }
}

pub fn clock() -> Arc<ManualClock> {
    let start = "2026-11-21T09:41:00Z".parse().expect("a time");
    Arc::new(ManualClock::new(start, 7))
}

pub fn open_store(folder: &Path) -> Store {
    Store::open(&folder.join("test.db"), &[engine::MIGRATIONS, EFFECTS]).expect("the store opens")
}

pub fn open(store: &Store, handler: Arc<dyn TaskHandler>, clock: Arc<dyn Clock>) -> Engine {
    Engine::open(store.clone(), Config::default(), handler, clock).expect("the engine opens")
}

/// A folder, a store, an engine and its clock, for tests of one life.
pub struct House {
    pub folder: tempfile::TempDir,
    pub store: Store,
    pub engine: Engine,
    pub clock: Arc<ManualClock>,
}

impl House {
    /// With one state machine, named `machine`.
    pub async fn new(definition: &Value, handler: Arc<dyn TaskHandler>) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open_store(folder.path());
        let clock = clock();
        let engine = open(&store, handler, clock.clone());
        put(&engine, "machine", definition).await;
        House { folder, store, engine, clock }
    }

    pub async fn start(&self, name: &str, input: Value) -> Started {
        self.engine.start(request(name, input)).await.expect("a start")
    }

    /// Starts an execution, lets it run out, and gives its record.
    pub async fn run(&self, name: &str, input: Value) -> engine::ExecutionRecord {
        let started = self.start(name, input).await;
        run_out(&self.engine, &self.clock).await;
        self.engine.describe(&started.execution_arn).expect("the execution")
    }

    pub fn effects(&self) -> Vec<(String, String)> {
        effects(&self.store)
    }

    /// The types of the events of an execution, in order.
    pub async fn types(&self, arn: &str) -> Vec<String> {
        let events = self.engine.history(arn, engine::HistoryPage::default()).await;
        let name = |event: &Value| event["type"].as_str().expect("a type").to_owned();
        events.expect("the history").iter().map(name).collect()
    }
}

pub async fn put(engine: &Engine, name: &str, definition: &Value) {
    engine.put_state_machine(name, &definition.to_string()).await.expect("the definition is right");
}

pub fn request(name: &str, input: Value) -> StartRequest {
    StartRequest { state_machine_name: "machine".to_owned(), name: Some(name.to_owned()), input }
}

/// All marks, in the order they were left.
pub fn effects(store: &Store) -> Vec<(String, String)> {
    store
        .read_blocking(|connection| {
            connection
                .prepare_cached("SELECT execution, key FROM effects ORDER BY id")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .expect("the marks can be read")
}

/// Returns once nothing moves any more without the clock, or `until` says so.
pub async fn settle(engine: &Engine, clock: &ManualClock, until: impl Fn() -> bool) {
    let give_up = Instant::now() + Duration::from_secs(30);
    loop {
        let statistics = engine.statistics();
        let due = statistics.next_timer_at.is_some_and(|at| at <= clock.now());
        if until() || (statistics.in_flight == 0 && !due) {
            return;
        }
        assert!(Instant::now() < give_up, "it does not settle: {statistics:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Lets time pass from timer to timer until all executions have ended, or `until` says so.
pub async fn run_until(engine: &Engine, clock: &ManualClock, until: impl Fn() -> bool) {
    loop {
        settle(engine, clock, &until).await;
        match engine.statistics().next_timer_at {
            Some(at) if !until() => clock.advance_to(at),
            _ => return,
        }
    }
}

/// Lets time pass from timer to timer until all executions have ended.
pub async fn run_out(engine: &Engine, clock: &ManualClock) {
    run_until(engine, clock, || false).await;
    assert_eq!(engine.statistics().executions_running, 0, "an execution waits for nothing");
}

/// Once `allowed` more journal rows were written the store fails every commit with another one in it,
/// as if the machine had gone; whether it has is told by the flag.
pub async fn crash_after(store: &Store, allowed: u64) -> Arc<AtomicBool> {
    let crashed = Arc::new(AtomicBool::new(false));
    let flag = crashed.clone();
    let left = AtomicU64::new(allowed);
    let install = store.write(move |transaction| {
        transaction.create_scalar_function("machine_is_gone", 0, FunctionFlags::SQLITE_UTF8, move |_| {
            let gone = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err();
            flag.fetch_or(gone, Ordering::SeqCst);
            Ok(gone)
        })?;
        // `ROLLBACK` takes back the whole batch, not only the job that came too late.
        transaction.execute_batch(
            "CREATE TEMP TRIGGER crash BEFORE INSERT ON main.journal BEGIN
                 SELECT RAISE(ROLLBACK, 'the machine is gone') WHERE machine_is_gone();
             END",
        )
    });
    install.await.expect("the trigger is in place");
    crashed
}
