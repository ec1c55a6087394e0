//! Old records go: what every follower has passed, and what is kept for so many days only.

use async_trait::async_trait;
use jiff::SignedDuration;
use ports::{Result, StepError};
use store::WriteError;
use workflows::Workflow;

use super::{Pump, Surroundings, streams};

/// Streams, events and deleted messages: longer than any execution here may run, because what was pruned
/// is no longer recognised when it comes again.
const LOGS_DAYS: i64 = 30;
/// Metric samples: CloudWatch keeps one-minute points as long.
const METRICS_DAYS: i64 = 15;
/// Executions' histories: Step Functions keeps them as long, unless a workflow's `Logs` says otherwise.
const HISTORY_DAYS: u32 = 90;
const TURN: usize = 500;

/// Prunes.
pub struct Retention {
    around: Surroundings,
    tables: Vec<(String, String)>,
    /// By workflow: how many days an execution's history is kept after its end.
    history_days: Vec<(String, u32)>,
}

impl Retention {
    pub fn new(workflows: &[Workflow], around: &Surroundings) -> Retention {
        let streamed = &around.home.wiring.streams;
        let tables = workflows.iter().filter_map(|workflow| {
            Some((streamed.get(&workflow.name)?.table.clone(), streams::cursor(&workflow.name)))
        });
        let history_days = workflows.iter().map(|workflow| {
            let days = workflow.bindings.logs.map_or(HISTORY_DAYS, |logs| logs.retention_days);
            (workflow.name.clone(), days)
        });
        Retention { around: around.clone(), tables: tables.collect(), history_days: history_days.collect() }
    }
}

#[async_trait]
impl Pump for Retention {
    fn name(&self) -> String {
        "retention".to_owned()
    }

    async fn turn(&mut self) -> Result<bool> {
        let now = self.around.clock.now();
        let (logs, metrics) =
            (now - SignedDuration::from_hours(24 * LOGS_DAYS), now - SignedDuration::from_hours(24 * METRICS_DAYS));
        let tables = self.tables.clone();
        let pruned = self.around.home.store.write(move |transaction| {
            let mut pruned = local::queues::prune(transaction, logs, TURN)?;
            pruned += local::events::prune(transaction, &[local::events::CURSOR], logs)?;
            for (table, cursor) in &tables {
                pruned += local::streams::prune(transaction, table, &[cursor], logs)?;
            }
            pruned += local::alarms::prune(transaction, metrics)?;
            Ok::<_, rusqlite::Error>(pruned)
        });
        let pruned = pruned.await.map_err(|error: WriteError<rusqlite::Error>| StepError::unavailable(error))?;
        if pruned > 0 {
            tracing::info!(pruned, "old records were removed");
        }
        let mut more = false;
        for (workflow, days) in &self.history_days {
            let ended_before = now - SignedDuration::from_hours(24 * i64::from(*days));
            let pruned = self.around.home.engine().prune(workflow, ended_before, TURN as u32).await;
            more |= pruned.map_err(StepError::unavailable)? == TURN;
        }
        Ok(more)
    }
}
