//! Starting an execution: prepared outside, inserted inside a transaction, launched after it.

use std::sync::Arc;

use asl::{Command, Execution, HistoryEvent, Start};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;
use store::WriteError;

use crate::engine::{Engine, Inner};
use crate::journal::{self, NewExecution, Record};
use crate::live::{Live, Position};
use crate::machines::LoadError;
use crate::names::{InvalidName, validate_name};
use crate::query::ExecutionStatus;

/// The most bytes an input may have as JSON
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>).
const MAX_INPUT_BYTES: usize = 262_144;

/// An execution to be started.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// The state machine's name.
    pub state_machine_name: String,
    /// The execution's name; a unique one is made when there is none.
    pub name: Option<String>,
    /// Its input.
    pub input: Value,
}

/// An execution that has been started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its ARN.
    pub execution_arn: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// Whether it had been started before, with the same name and input, and is running.
    pub already_running: bool,
}

/// Why an execution was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The name is against the rules.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// There is no state machine of that name.
    #[error("State Machine Does Not Exist: '{state_machine_arn}'")]
    StateMachineDoesNotExist {
        /// The ARN it would have.
        state_machine_arn: String,
    },
    /// There is an execution of that name, with another input or finished.
    #[error("Execution Already Exists: '{execution_arn}'")]
    ExecutionAlreadyExists {
        /// Its ARN.
        execution_arn: String,
    },
    /// The input is too large.
    #[error("the input has {bytes} bytes; {MAX_INPUT_BYTES} are allowed")]
    InputTooLarge {
        /// Its size as JSON.
        bytes: usize,
    },
    /// The engine is ending.
    #[error("the engine is shutting down")]
    ShuttingDown,
    /// The store cannot be used; the same start may succeed later.
    #[error("{0}")]
    Storage(String),
}

impl From<rusqlite::Error> for StartError {
    fn from(error: rusqlite::Error) -> StartError {
        StartError::Storage(error.to_string())
    }
}

/// An execution that is ready to be inserted in a transaction of the caller's.
///
/// In this order: [`Engine::prepare_start`], [`PreparedStart::insert`] inside the transaction,
/// [`Engine::launch`] once it has committed. Between commit and launch the caller must not give up
/// (an HTTP handler is dropped when its client goes: do it in a task of its own); an execution that
/// was inserted and not launched rests until the next start of the program.
pub struct PreparedStart {
    live: Live,
    commands: Vec<Command>,
    history: Vec<HistoryEvent>,
    status: ExecutionStatus,
    row: NewExecution,
    record: Record,
    inserted: bool,
}

impl PreparedStart {
    /// The ARN it will have.
    #[must_use]
    pub fn execution_arn(&self) -> &str {
        &self.live.arn
    }

    /// Inserts the execution. May be called again when the transaction was rolled back.
    ///
    /// A running execution of the same name and input is the answer itself, with
    /// [`Started::already_running`]; nothing is inserted then.
    ///
    /// # Errors
    ///
    /// [`StartError::ExecutionAlreadyExists`] or [`StartError::Storage`].
    pub fn insert(&mut self, transaction: &Connection) -> Result<Started, StartError> {
        self.inserted = self.row.insert(transaction)?;
        if self.inserted {
            self.record.append(transaction)?;
            return Ok(Started {
                execution_arn: self.live.arn.to_string(),
                started_at: self.row.started_at,
                already_running: false,
            });
        }
        let (status, input, started_at): (String, String, i64) = transaction
            .prepare_cached("SELECT status, input, started_at_ms FROM executions WHERE arn = ?1")?
            .query_row([&self.live.arn], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        if status == ExecutionStatus::Running.as_str() && same_json(&input, &self.row.input) {
            Ok(Started {
                execution_arn: self.live.arn.to_string(),
                started_at: journal::timestamp(started_at),
                already_running: true,
            })
        } else {
            Err(StartError::ExecutionAlreadyExists { execution_arn: self.live.arn.to_string() })
        }
    }
}

/// Whether two texts are the same JSON, whatever the order of their fields.
fn same_json(left: &str, right: &str) -> bool {
    left == right
        || matches!(
            (serde_json::from_str::<Value>(left), serde_json::from_str::<Value>(right)),
            (Ok(left), Ok(right)) if left == right
        )
}

impl Engine {
    /// Starts an execution; it is durable when this returns. The same start again, while the
    /// execution is running, gives the same answer.
    ///
    /// The execution is started even when the returned future is dropped after its first poll.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn start(&self, request: StartRequest) -> Result<Started, StartError> {
        let mut prepared = self.prepare_start(request)?;
        let inserted = self.inner.store.write(move |transaction| {
            let started = prepared.insert(transaction)?;
            Ok((started, prepared))
        });
        let engine = self.clone();
        // Its own task, so that nobody can give up between commit and launch.
        let launched = tokio::spawn(async move {
            let (started, prepared) = inserted.await.map_err(|error| match error {
                WriteError::Refused(error) => error,
                other => StartError::Storage(other.to_string()),
            })?;
            engine.launch(prepared);
            Ok(started)
        });
        launched.await.unwrap_or(Err(StartError::ShuttingDown))
    }

    /// Prepares an execution to be inserted in a transaction of the caller's. Its first states are
    /// evaluated here; nothing is written.
    ///
    /// # Errors
    ///
    /// All of [`StartError`] but [`StartError::ExecutionAlreadyExists`], which only the transaction
    /// can tell.
    pub fn prepare_start(&self, request: StartRequest) -> Result<PreparedStart, StartError> {
        let inner = &self.inner;
        if inner.is_closing() {
            return Err(StartError::ShuttingDown);
        }
        let registered =
            inner.machines.by_name(&inner.store, &request.state_machine_name).map_err(|error| match error {
                LoadError::Missing => StartError::StateMachineDoesNotExist {
                    state_machine_arn: inner.arns.state_machine(&request.state_machine_name),
                },
                LoadError::Storage(reason) => StartError::Storage(reason),
            })?;
        let name = match request.name {
            Some(name) => {
                validate_name(&name)?;
                name
            }
            None => inner.unique_id().to_string(),
        };
        let input = journal::json(&request.input);
        if input.len() > MAX_INPUT_BYTES {
            return Err(StartError::InputTooLarge { bytes: input.len() });
        }
        let arn = inner.arns.execution(&request.state_machine_name, &name);
        let moment = inner.moment_after(Timestamp::MIN);
        let start = Start {
            input: request.input,
            execution_arn: arn.clone(),
            execution_name: name.clone(),
            role_arn: registered.record.role_arn.clone(),
            state_machine_arn: registered.record.arn.clone(),
            state_machine_name: request.state_machine_name,
            start_time: moment.now,
        };
        let (execution, transition) = Execution::start(&registered.machine, start, moment);
        let position = Position {
            sequence: 0,
            last_event_id: transition.history.last().map_or(0, |event| event.id),
            at: moment.now,
        };
        let id = inner.next_execution_id();
        let (arn, name): (Arc<str>, Arc<str>) = (arn.into(), name.into());
        Ok(PreparedStart {
            row: NewExecution {
                id,
                arn: arn.clone(),
                state_machine_id: registered.id,
                definition_id: registered.definition_id,
                name: name.clone(),
                // As the table keeps it, so that every answer tells the same time.
                started_at: journal::timestamp(moment.now.as_millisecond()),
                input,
            },
            record: Record::new(id, position, &transition.history, &execution),
            status: ExecutionStatus::of(execution.status()),
            commands: transition.commands,
            history: transition.history,
            live: Live::new(
                id,
                arn,
                name,
                registered.record.name.as_str().into(),
                registered.machine.clone(),
                execution,
                position,
            ),
            inserted: false,
        })
    }

    /// Lets an execution begin whose insertion has committed. Does nothing for one that was running
    /// already.
    pub fn launch(&self, prepared: PreparedStart) {
        if prepared.inserted {
            self.inner.launch(prepared);
        }
    }
}

impl Inner {
    fn launch(self: &Arc<Self>, prepared: PreparedStart) {
        let PreparedStart { live, commands, history, status, .. } = prepared;
        let live = Arc::new(live);
        metrics::counter!("engine_executions_started_total", "state_machine" => live.state_machine_name.to_string())
            .increment(1);
        self.go(&live, commands, history, status);
    }

    /// What follows from a first transition that is on disk: of a start, or of a redrive.
    pub(crate) fn go(
        self: &Arc<Self>,
        live: &Arc<Live>,
        commands: Vec<Command>,
        history: Vec<HistoryEvent>,
        status: ExecutionStatus,
    ) {
        metrics::gauge!("engine_executions_running").increment(1);
        if status == ExecutionStatus::Running {
            self.live.lock().insert(live.arn.clone(), live.clone());
            self.publish(live, status, history);
            self.command(live, commands);
        } else {
            self.publish(live, status, history);
            self.ended(live, status);
        }
    }
}
