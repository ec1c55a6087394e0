//! After a restart: every running execution goes on from its last journal row.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::Connection;
use store::ReadError;

use crate::content;
use crate::engine::{Engine, Inner};
use crate::journal;
use crate::live::{Live, Position};
use crate::machines::LoadError;

/// How many executions are read at a time.
const PAGE: i64 = 256;

/// What a recovery has brought back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// How many executions go on.
    pub resumed: usize,
    /// The ARNs of executions that cannot: their checkpoint or definition is not readable by this
    /// version. They are left as they are, for the version that wrote them.
    pub unreadable: Vec<String>,
}

/// The executions cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the executions cannot be recovered: {0}")]
pub struct RecoverError(String);

/// A running execution as its rows have it.
struct Row {
    id: i64,
    arn: String,
    name: String,
    state_machine_name: String,
    definition_id: i64,
    position: Position,
    content: Vec<u8>,
}

impl Engine {
    /// Brings back every execution that ran when the program ended: its pending tasks are run again
    /// under the same keys, its timers set again, those past due fire at once. To be called once,
    /// after [`Engine::open`]; starts may already come in meanwhile.
    ///
    /// # Errors
    ///
    /// [`RecoverError`] when the store cannot be read. What was brought back until then goes on.
    pub async fn recover(&self) -> Result<Recovered, RecoverError> {
        let mut recovered = Recovered::default();
        let mut after = 0;
        loop {
            let inner = self.inner.clone();
            let page = self
                .inner
                .store
                .read(move |connection| inner.load_page(connection, after))
                .await
                .map_err(|error: ReadError<rusqlite::Error>| RecoverError(error.to_string()))?;
            let Some(last) = page.last().map(|loaded| loaded.id) else {
                break;
            };
            after = last;
            for loaded in page {
                match loaded.live {
                    Ok(live) => {
                        self.inner.resume(live);
                        recovered.resumed += 1;
                    }
                    Err(reason) => {
                        tracing::error!(execution_arn = loaded.arn, reason, "{} cannot go on: {reason}", loaded.arn);
                        recovered.unreadable.push(loaded.arn);
                    }
                }
            }
        }
        self.inner.recovered.store(true, Ordering::Release);
        if recovered.resumed > 0 {
            tracing::info!(resumed = recovered.resumed, "{} executions go on", recovered.resumed);
        }
        Ok(recovered)
    }
}

/// One execution that was read.
struct Loaded {
    id: i64,
    arn: String,
    live: Result<(Live, Vec<asl::Command>), String>,
}

impl Inner {
    fn load_page(&self, connection: &Connection, after: i64) -> rusqlite::Result<Vec<Loaded>> {
        let rows = connection
            .prepare_cached(
                "SELECT e.id, e.arn, e.name, m.name, e.definition_id,
                        j.sequence, j.at_ms, j.last_event_id, j.content
                 FROM executions e
                 JOIN state_machines m ON m.id = e.state_machine_id
                 JOIN journal j ON j.execution_id = e.id
                  AND j.sequence = (SELECT max(sequence) FROM journal WHERE execution_id = e.id)
                 WHERE e.status = 'RUNNING' AND e.id > ?1 AND e.id <= ?2
                 ORDER BY e.id LIMIT ?3",
            )?
            .query_map((after, self.last_id_before, PAGE), |row| {
                Ok(Row {
                    id: row.get(0)?,
                    arn: row.get(1)?,
                    name: row.get(2)?,
                    state_machine_name: row.get(3)?,
                    definition_id: row.get(4)?,
                    position: Position {
                        sequence: row.get(5)?,
                        at: journal::timestamp(row.get(6)?),
                        last_event_id: row.get::<_, i64>(7)?.unsigned_abs(),
                    },
                    content: row.get(8)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<Row>>>()?;
        Ok(rows
            .into_iter()
            .map(|row| Loaded { id: row.id, arn: row.arn.clone(), live: self.load(connection, row) })
            .collect())
    }

    fn load(&self, connection: &Connection, row: Row) -> Result<(Live, Vec<asl::Command>), String> {
        let machine = self.machines.by_definition(connection, row.definition_id).map_err(|error| match error {
            LoadError::Missing => "its definition is missing".to_owned(),
            LoadError::Storage(reason) => reason,
        })?;
        let execution =
            content::checkpoint(&row.content).map_err(|error| format!("its checkpoint cannot be read: {error}"))?;
        let commands = execution.pending(&machine);
        let live = Live::new(
            row.id,
            row.arn.into(),
            row.name.into(),
            row.state_machine_name.into(),
            machine,
            execution,
            row.position,
        );
        Ok((live, commands))
    }

    fn resume(self: &Arc<Self>, (live, commands): (Live, Vec<asl::Command>)) {
        let live = Arc::new(live);
        self.live.lock().insert(live.arn.clone(), live.clone());
        metrics::gauge!("engine_executions_running").increment(1);
        self.command(&live, commands);
    }
}
