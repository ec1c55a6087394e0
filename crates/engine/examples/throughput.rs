//! How fast executions run: `cargo run --release -p engine --example throughput [executions] [in flight]`.
//!
//! Each execution is a chain of ten tasks with an input of some 1.5 kB; every task commits a row of
//! its own with its result. The handler itself takes no time: what is measured is the engine, the
//! journal and the disk.
#![allow(clippy::print_stdout, reason = "a program that prints its result")]

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use engine::{
    Config, Effect, EffectError, Engine, StartRequest, SystemClock, Task, TaskError, TaskHandler, TaskSuccess,
};
use serde_json::{Value, json};
use store::{Migrations, Store};

/// The allocator of the server itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TASKS: u32 = 10;

const ROWS: Migrations = Migrations {
    component: "example",
    steps: &["CREATE TABLE rows (id INTEGER PRIMARY KEY, execution TEXT NOT NULL, key TEXT NOT NULL)"],
};

struct Row(Task);

impl Effect for Row {
    fn apply(&mut self, transaction: &rusqlite::Connection) -> Result<(), EffectError> {
        transaction
            .prepare_cached("INSERT INTO rows (execution, key) VALUES (?1, ?2)")?
            .execute((&self.0.execution_name, &self.0.key))?;
        Ok(())
    }
}

struct AtOnce;

#[async_trait]
impl TaskHandler for AtOnce {
    async fn run(&self, task: Task) -> Result<TaskSuccess, TaskError> {
        Ok(TaskSuccess::new(json!({"done": task.state})).with_effect(Row(task)))
    }
}

fn definition() -> Value {
    let mut states = serde_json::Map::new();
    for number in 0..TASKS {
        let mut state = json!({
            "Type": "Task", "Resource": "step:any", "TimeoutSeconds": 60,
            "ResultPath": format!("$.result{number}"),
            "Retry": [{"ErrorEquals": ["Busy"]}]
        });
        match number + 1 {
            TASKS => state["End"] = json!(true),
            next => state["Next"] = json!(format!("Task{next}")),
        }
        states.insert(format!("Task{number}"), state);
    }
    json!({"StartAt": "Task0", "States": states})
}

fn order() -> Value {
    let line = |n: u32| json!({"sku": format!("SKU-{n:05}"), "quantity": n, "unit_price": {"amount": "12.50", "currency": "EUR"}});
    json!({
        "customer": {"email": "somebody@example.org", "name": "Some Body"},
        "items": (1..=8).map(line).collect::<Vec<_>>(),
        "shipping_address": {"street": "Some Street 1", "city": "Some City", "country": "DE", "postal_code": "12345"},
        "note": "x".repeat(400)
    })
}

/// Processor time of this process, all threads, in seconds (Linux; 0 elsewhere).
fn processor_seconds() -> f64 {
    const TICKS_A_SECOND: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold anything; the fields after it are numbered from 3.
    let fields = text.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS_A_SECOND
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u32>());
    let executions = arguments.next().transpose()?.unwrap_or(10_000);
    let in_flight = arguments.next().transpose()?.unwrap_or(256);
    let folder = tempfile::tempdir_in(".")?;
    let store = Store::open(&folder.path().join("throughput.db"), &[engine::MIGRATIONS, ROWS])?;
    let clock = Arc::new(SystemClock::default());
    let engine = Engine::open(store, Config::default(), Arc::new(AtOnce), clock)?;
    engine.put_state_machine("chain", &definition().to_string()).await?;
    let before = processor_seconds();
    let started = Instant::now();
    let workers: Vec<_> = (0..in_flight)
        .map(|worker| {
            let engine = engine.clone();
            tokio::spawn(async move {
                for _ in (worker..executions).step_by(in_flight as usize) {
                    let request = StartRequest { state_machine_name: "chain".to_owned(), name: None, input: order() };
                    let started = engine.start(request).await.expect("a start");
                    engine.wait(&started.execution_arn).await.expect("an end");
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let processor = processor_seconds() - before;
    let count = f64::from(executions);
    let transitions = count * f64::from(TASKS + 1);
    println!("{executions} executions of {TASKS} tasks, {in_flight} in flight");
    println!("  {:8.0} executions/s", count / seconds);
    println!("  {:8.0} transitions/s", transitions / seconds);
    println!(
        "  {:8.1} µs of processor a transition ({:.2} cores busy)",
        processor * 1e6 / transitions,
        processor / seconds
    );
    println!("  {:8.2} MB of database", std::fs::metadata(folder.path().join("throughput.db"))?.len() as f64 / 1e6);
    Ok(())
}
