//! Table streams: each record that a workflow's pipe lets pass goes to the pipe's hop, in batches.

use async_trait::async_trait;
use local::{StreamedTable, cursors, queues, streams};
use ports::{QueueMessage, Result, StepError};
use serde_json::Value;
use triggers::document::{Pipe, PipeSource};
use workflows::Workflow;

use super::{Pump, Surroundings};
use crate::runtime::wiring::hop;

/// How many records are looked at in one turn.
const TURN: usize = 200;

/// Follows the stream of one table into one pipe.
pub struct Stream {
    around: Surroundings,
    workflow: String,
    table: StreamedTable,
    pipe: Pipe,
    cursor: String,
}

/// The name of the cursor of a workflow's pipe.
pub fn cursor(workflow: &str) -> String {
    format!("pipe:{workflow}")
}

/// A pump for every pipe that starts at a table.
pub fn of(workflows: &[Workflow], around: &Surroundings) -> Vec<Stream> {
    let streams = workflows.iter().filter_map(|workflow| {
        let pipe = workflow.bindings.pipe.clone()?;
        matches!(pipe.source, PipeSource::Stream(_)).then_some(())?;
        let table = around.home.wiring.streams.get(&workflow.name)?.clone();
        let (around, name) = (around.clone(), workflow.name.clone());
        Some(Stream { around, cursor: cursor(&name), workflow: name, table, pipe })
    });
    streams.collect()
}

#[async_trait]
impl Pump for Stream {
    fn name(&self) -> String {
        self.cursor.clone()
    }

    async fn turn(&mut self) -> Result<bool> {
        let home = &self.around.home;
        let records = {
            let (cursor, table, origin) = (self.cursor.clone(), self.table.clone(), home.wiring.origin.clone());
            let read = home.store.read_blocking(move |connection| {
                let after = cursors::get(connection, &cursor)?;
                streams::after(connection, &origin, &table, after, TURN)
            });
            read.map_err(StepError::unavailable)?
        };
        let Some(last) = records.last().map(|entry| entry.sequence) else { return Ok(false) };
        let more = records.len() == TURN;
        let passing: Vec<Value> =
            records.iter().map(|entry| entry.record.to_value()).filter(|record| self.pipe.passes(record)).collect();
        let queue = hop::of_pipe(&self.workflow);
        let at = self.around.clock.now();
        let messages: Vec<QueueMessage> = passing
            .chunks(self.pipe.batch_size.max(1) as usize)
            .map(|batch| QueueMessage {
                queue: queue.clone(),
                // The first record names the batch: the cursor moves in the same transaction.
                key: batch[0]["eventID"].as_str().unwrap_or_default().to_owned(),
                body: Value::Array(batch.to_vec()).to_string(),
                at,
            })
            .collect();
        let (cursor, wiring) = (self.cursor.clone(), home.wiring.clone());
        home.commit(Vec::new(), move |transaction| {
            for message in &messages {
                let _woken_below = queues::send(transaction, message, &wiring)?;
            }
            cursors::set(transaction, &cursor, last)?;
            Ok(())
        })
        .await?;
        home.signals.wake(local::Wakeups::QUEUES);
        Ok(more)
    }
}
