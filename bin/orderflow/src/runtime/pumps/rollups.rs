//! Counts what orders do not count themselves: executions, tasks, queues.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use local::rollups::{self, Measure};
use local::{cursors, queues};
use ports::{Durations, Result, StepError};
use rusqlite::Connection;
use store::WriteError;

use super::{Pump, Surroundings};
use crate::runtime::measurements::Measurements;

/// Where the counting of starts and of ends has come to.
const STARTED: &str = "rollups/executions-started";
const ENDED: &str = "rollups/executions-ended";

/// How long after its time a start or an end may still be committed.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// About how many executions one turn counts: the writer is not to be held up.
const TURN: usize = 2_000;

/// How long sums are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 40);

/// How many turns pass between two times that old minutes are put together.
const TURNS_TO_CONDENSE: u32 = 60;

/// Writes sums.
pub struct Rollups {
    around: Surroundings,
    measurements: Arc<Measurements>,
    turns: u32,
}

impl Rollups {
    pub fn new(around: &Surroundings, measurements: Arc<Measurements>) -> Rollups {
        Rollups { around: around.clone(), measurements, turns: 0 }
    }
}

#[async_trait]
impl Pump for Rollups {
    fn name(&self) -> String {
        "rollups".to_owned()
    }

    async fn turn(&mut self) -> Result<bool> {
        let now = self.around.clock.now();
        let tasks = self.measurements.take();
        let wiring = self.around.home.wiring.clone();
        let condense = self.turns == 0;
        self.turns = (self.turns + 1) % TURNS_TO_CONDENSE;
        let written = self.around.home.store.write(move |transaction| {
            for ((workflow, state), counts) in &tasks {
                for (class, count) in counts.durations.classes() {
                    rollups::add(transaction, now, Measure::TaskDuration { class, workflow, state }, whole(count))?;
                }
                if counts.errors > 0 {
                    rollups::add(transaction, now, Measure::TaskErrors { workflow, state }, whole(counts.errors))?;
                }
            }
            let mut depth = 0;
            for queue in wiring.queues.keys() {
                depth += queues::depth(transaction, queue, now)?.visible;
            }
            if depth > 0 {
                rollups::raise(transaction, now, Measure::QueueDepth, depth)?;
            }
            if condense {
                rollups::condense(transaction, now, now - KEPT)?;
            }
            let settled = now - SETTLED_AFTER;
            let started = count_started(transaction, settled)?;
            let ended = count_ended(transaction, settled)?;
            Ok::<_, rusqlite::Error>(started >= TURN || ended >= TURN)
        });
        written.await.map_err(|error: WriteError<rusqlite::Error>| StepError::unavailable(error))
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Counts executions that were started since; how many they were.
fn count_started(transaction: &Connection, until: Timestamp) -> rusqlite::Result<usize> {
    let after = cursors::get(transaction, STARTED)?;
    let started = engine::started_after(transaction, after, until, TURN)?;
    for execution in &started {
        let workflow = &execution.state_machine_name;
        rollups::add(transaction, execution.started_at, Measure::Started { workflow }, 1)?;
    }
    if let Some(last) = started.last() {
        cursors::set(transaction, STARTED, last.id)?;
    }
    Ok(started.len())
}

/// Counts executions that ended since; how many they were.
fn count_ended(transaction: &Connection, until: Timestamp) -> rusqlite::Result<usize> {
    let after = Timestamp::from_millisecond(cursors::get(transaction, ENDED)?).unwrap_or(Timestamp::UNIX_EPOCH);
    let ended = engine::ended_between(transaction, after, until, TURN)?;
    for execution in &ended {
        let workflow = &execution.state_machine_name;
        let at = execution.stopped_at;
        rollups::add(transaction, at, Measure::Ended { status: execution.status.as_str(), workflow }, 1)?;
        let took = at.duration_since(execution.started_at).as_secs_f64() * 1_000.0;
        let class = Durations::class_of(took);
        rollups::add(transaction, at, Measure::ExecutionDuration { class, workflow }, 1)?;
    }
    if let Some(last) = ended.last() {
        cursors::set(transaction, ENDED, last.stopped_at.as_millisecond())?;
    }
    Ok(ended.len())
}
