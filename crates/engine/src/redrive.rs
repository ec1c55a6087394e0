//! Redriving an execution: prepared outside, recorded inside a transaction, launched after it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use asl::{Command, HistoryEvent, NotRedrivable};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use store::{ReadError, WriteError};

use crate::content;
use crate::engine::Engine;
use crate::journal::{self, Record};
use crate::live::{Live, Position};
use crate::machines::LoadError;
use crate::query::{ExecutionStatus, QueryError};

/// Why an execution was not redriven. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// It cannot be looked up.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// As it stands, it cannot be redriven.
    #[error("Execution Not Redrivable: '{execution_arn}': {reason}")]
    NotRedrivable {
        /// Its ARN.
        execution_arn: String,
        /// Why.
        reason: NotRedrivable,
    },
    /// It was ended by a version that kept nothing to go on from, or by one this version cannot read.
    #[error("Execution Not Redrivable: '{execution_arn}': {reason}")]
    NoCheckpoint {
        /// Its ARN.
        execution_arn: String,
        /// What is missing.
        reason: String,
    },
    /// Recovery is not done yet, or the engine is ending.
    #[error("the engine is not ready: try again")]
    NotReady,
}

impl From<rusqlite::Error> for RedriveError {
    fn from(error: rusqlite::Error) -> RedriveError {
        RedriveError::Query(QueryError::Storage(error.to_string()))
    }
}

/// An execution that is ready to be redriven in a transaction of the caller's.
///
/// In this order: [`Engine::prepare_redrive`], [`PreparedRedrive::record`] inside the transaction,
/// [`Engine::launch_redriven`] once it has committed; between the last two the caller must not give up.
pub struct PreparedRedrive {
    live: Live,
    commands: Vec<Command>,
    history: Vec<HistoryEvent>,
    status: ExecutionStatus,
    record: Record,
    /// The journal row it goes on from.
    from: i64,
    at: Timestamp,
}

impl PreparedRedrive {
    /// Records that the execution goes on. May be called again when the transaction was rolled back.
    ///
    /// # Errors
    ///
    /// [`RedriveError::NotRedrivable`] when somebody else has redriven it meanwhile.
    pub fn record(&self, transaction: &Connection) -> Result<Timestamp, RedriveError> {
        let going_on = transaction
            .prepare_cached(
                "UPDATE executions
                 SET status = 'RUNNING', stopped_at_ms = NULL, error = NULL, cause = NULL, output = NULL
                 WHERE id = ?1 AND status <> 'RUNNING'
                   AND (SELECT max(sequence) FROM journal WHERE execution_id = ?1) = ?2",
            )?
            .execute((self.live.id, self.from))?;
        if going_on == 0 {
            return Err(RedriveError::NotRedrivable {
                execution_arn: self.live.arn.to_string(),
                reason: NotRedrivable::Running,
            });
        }
        self.record.append(transaction)?;
        Ok(self.at)
    }
}

/// An ended execution as its rows have it.
struct Ended {
    id: i64,
    name: String,
    state_machine_name: String,
    definition_id: i64,
    position: Position,
    content: Vec<u8>,
}

impl Engine {
    /// Goes on with an execution that ended without success, from where it stood and with the definition
    /// it was started with; it is durable when this returns. What had succeeded is not run again. `input`
    /// is given to the state that failed instead of the one it had.
    ///
    /// The execution goes on even when the returned future is dropped after its first poll.
    ///
    /// # Errors
    ///
    /// See [`RedriveError`].
    pub async fn redrive(&self, execution_arn: &str, input: Option<Value>) -> Result<Timestamp, RedriveError> {
        let prepared = self.prepare_redrive(execution_arn, input).await?;
        let recorded = self.inner.store.write(move |transaction| {
            let at = prepared.record(transaction)?;
            Ok((at, prepared))
        });
        let engine = self.clone();
        // Its own task, so that nobody can give up between commit and launch.
        let launched = tokio::spawn(async move {
            let (at, prepared) = recorded.await.map_err(|error| match error {
                WriteError::Refused(error) => error,
                other => RedriveError::Query(QueryError::Storage(other.to_string())),
            })?;
            engine.launch_redriven(prepared);
            Ok(at)
        });
        launched.await.unwrap_or(Err(RedriveError::NotReady))
    }

    /// Prepares a redrive to be recorded in a transaction of the caller's. What goes on is evaluated here,
    /// up to where it waits; nothing is written.
    ///
    /// # Errors
    ///
    /// See [`RedriveError`].
    pub async fn prepare_redrive(
        &self,
        execution_arn: &str,
        input: Option<Value>,
    ) -> Result<PreparedRedrive, RedriveError> {
        let inner = &self.inner;
        // Until recovery is done, it would bring the execution to life a second time.
        if inner.is_closing() || !inner.recovered.load(Ordering::Acquire) {
            return Err(RedriveError::NotReady);
        }
        let arn = execution_arn.to_owned();
        let reader = inner.clone();
        let loaded = inner.store.read(move |connection| {
            let Some(ended) = select_ended(connection, &arn)? else {
                return Ok(None);
            };
            let machine = reader.machines.by_definition(connection, ended.definition_id);
            Ok(Some((ended, machine)))
        });
        let loaded = loaded.await.map_err(|error: ReadError<rusqlite::Error>| QueryError::from(error))?;
        let Some((ended, machine)) = loaded else {
            return Err(QueryError::ExecutionDoesNotExist { execution_arn: execution_arn.to_owned() }.into());
        };
        let unreadable =
            |reason: String| RedriveError::NoCheckpoint { execution_arn: execution_arn.to_owned(), reason };
        let machine = machine.map_err(|error| match error {
            LoadError::Missing => unreadable("its definition is missing".to_owned()),
            LoadError::Storage(reason) => unreadable(reason),
        })?;
        let refused = |reason| RedriveError::NotRedrivable { execution_arn: execution_arn.to_owned(), reason };
        let status = self.describe(execution_arn)?.status;
        if status == ExecutionStatus::Succeeded {
            return Err(refused(NotRedrivable::Succeeded));
        }
        let mut execution =
            content::checkpoint(&ended.content).map_err(|error| unreadable(format!("what it left: {error}")))?;
        let moment = inner.moment_after(ended.position.at);
        let transition = execution.redrive(&machine, input, moment).map_err(refused)?;
        let position = Position {
            sequence: ended.position.sequence + 1,
            last_event_id: transition.history.last().map_or(ended.position.last_event_id, |event| event.id),
            at: moment.now,
        };
        Ok(PreparedRedrive {
            record: Record::new(ended.id, position, &transition.history, &execution),
            status: ExecutionStatus::of(execution.status()),
            commands: transition.commands,
            history: transition.history,
            from: ended.position.sequence,
            at: journal::timestamp(moment.now.as_millisecond()),
            live: Live::new(
                ended.id,
                execution_arn.into(),
                ended.name.into(),
                ended.state_machine_name.into(),
                machine,
                execution,
                position,
            ),
        })
    }

    /// Lets a redriven execution go on whose record has committed.
    pub fn launch_redriven(&self, prepared: PreparedRedrive) {
        let PreparedRedrive { live, commands, history, status, .. } = prepared;
        let live = Arc::new(live);
        metrics::counter!("engine_executions_redriven_total", "state_machine" => live.state_machine_name.to_string())
            .increment(1);
        self.inner.go(&live, commands, history, status);
    }
}

/// The execution of that ARN with its last journal row; `None` when there is no such execution.
fn select_ended(connection: &Connection, arn: &str) -> rusqlite::Result<Option<Ended>> {
    connection
        .prepare_cached(
            "SELECT e.id, e.name, m.name, e.definition_id, j.sequence, j.at_ms, j.last_event_id, j.content
             FROM executions e
             JOIN state_machines m ON m.id = e.state_machine_id
             JOIN journal j ON j.execution_id = e.id
              AND j.sequence = (SELECT max(sequence) FROM journal WHERE execution_id = e.id)
             WHERE e.arn = ?1",
        )?
        .query_row([arn], |row| {
            Ok(Ended {
                id: row.get(0)?,
                name: row.get(1)?,
                state_machine_name: row.get(2)?,
                definition_id: row.get(3)?,
                position: Position {
                    sequence: row.get(4)?,
                    at: journal::timestamp(row.get(5)?),
                    last_event_id: row.get::<_, i64>(6)?.unsigned_abs(),
                },
                content: row.get(7)?,
            })
        })
        .optional()
}
