//! What runs tasks, and what a task may want committed with its result.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;
use serde_json::Value;

/// The error name of a task whose handler or effect panicked; AWS Lambda's for an exception that
/// nobody handled (<https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>).
pub const UNKNOWN_ERROR: &str = "Lambda.Unknown";

/// The error name of a task whose effect's own SQL was refused by the database (a constraint, a
/// missing table): a fault of the effect, not of the disk.
pub const STORAGE_ERROR: &str = "StorageError";

/// Runs the tasks of all executions.
#[async_trait]
pub trait TaskHandler: Send + Sync + 'static {
    /// Runs one task to its end.
    ///
    /// The same [`Task::key`] may come again, after a retry or a crash: what is done here and now
    /// must be safe to repeat; what must happen once belongs into the [`Effect`]. The future is
    /// dropped when nobody waits for the task any more (its time-out, a failed sibling branch).
    ///
    /// # Errors
    ///
    /// A [`TaskError`], whose name `Retry` and `Catch` of the state machine match on.
    async fn run(&self, task: Task) -> Result<TaskSuccess, TaskError>;
}

/// A task to be run.
#[derive(Clone, Debug)]
pub struct Task {
    /// The execution it belongs to.
    pub execution_arn: Arc<str>,
    /// That execution's name.
    pub execution_name: Arc<str>,
    /// The name of the execution's state machine.
    pub state_machine_name: Arc<str>,
    /// Names the step within its execution, the same for all attempts of it.
    pub key: String,
    /// The name of the Task state.
    pub state: String,
    /// The state's `Resource`, as the definition has it.
    pub resource: String,
    /// The effective input.
    pub input: Value,
    /// 1 for the first attempt, one more for each retry. A repetition after a crash is the same
    /// attempt.
    pub attempt: u32,
    /// The state's time limit in seconds; the engine keeps it.
    pub timeout_seconds: Option<u64>,
    /// The state's heartbeat limit in seconds.
    pub heartbeat_seconds: Option<u64>,
}

impl Task {
    /// Names this step in the whole world: the same for all its attempts and repetitions, different
    /// for any other step.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        format!("{}/{}", self.execution_arn, self.key)
    }
}

/// How a task ended well.
pub struct TaskSuccess {
    /// The task's result.
    pub output: Value,
    /// What is to be committed with it.
    pub effect: Option<Box<dyn Effect>>,
}

impl TaskSuccess {
    /// A result without any effect.
    #[must_use]
    pub fn new(output: Value) -> TaskSuccess {
        TaskSuccess { output, effect: None }
    }

    /// The result with an effect.
    #[must_use]
    pub fn with_effect(mut self, effect: impl Effect + 'static) -> TaskSuccess {
        self.effect = Some(Box::new(effect));
        self
    }
}

/// How a task failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {cause}")]
pub struct TaskError {
    /// The stable name that `ErrorEquals` is compared with.
    pub error: String,
    /// Details for people.
    pub cause: String,
}

impl TaskError {
    /// An error with its details.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> TaskError {
        TaskError { error: error.into(), cause: cause.into() }
    }
}

/// Changes that commit in the same transaction as the engine's record of the step.
pub trait Effect: Send {
    /// Makes the changes, re-checking their conditions where the data is.
    ///
    /// It runs on the store's writer thread: short, and nothing but SQL. It may be called again
    /// when an earlier call was rolled back (a refused sibling, a full disk), and must then do the
    /// same.
    ///
    /// # Errors
    ///
    /// [`EffectError::Refused`] takes back everything of this transition; the task then fails with
    /// that error, so that `Retry` and `Catch` see it. [`EffectError::Storage`] is tried again for
    /// as long as the disk is in trouble, and is [`STORAGE_ERROR`] when the statement was wrong.
    fn apply(&mut self, transaction: &Connection) -> Result<(), EffectError>;

    /// Called once, after the commit, before anything that follows from it.
    fn committed(self: Box<Self>) {}
}

/// Why an effect did not happen.
#[derive(Debug, thiserror::Error)]
pub enum EffectError {
    /// A condition of the business no longer holds.
    #[error(transparent)]
    Refused(#[from] TaskError),
    /// The database refused.
    #[error(transparent)]
    Storage(#[from] rusqlite::Error),
}
