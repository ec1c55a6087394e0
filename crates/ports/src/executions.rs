use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use jiff::Timestamp;
use order::Invalid;
use serde_json::Value;

use crate::{Execution, Page};

/// Runs state machines, and shows what became of their executions. Embedded that is the engine, on AWS
/// Step Functions.
#[async_trait]
pub trait Executions: Send + Sync {
    /// All about an execution but its history.
    async fn describe(&self, execution_arn: &str) -> Result<ExecutionRecord, ExecutionError>;

    /// Executions that fit, the latest started first. A cursor that was not given by a listing is
    /// [`ExecutionError::Invalid`].
    async fn list(
        &self,
        filter: &ExecutionFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<ExecutionSummary>, ExecutionError>;

    /// Events of an execution's history, each as it is in AWS's `GetExecutionHistory`: camelCase members,
    /// `timestamp` in seconds since 1970 with its milliseconds as a fraction.
    async fn history(&self, execution_arn: &str, part: HistoryPart) -> Result<Vec<Value>, ExecutionError>;

    /// Starts an execution and gives its ARN; it is durable then. The same start again, while the
    /// execution is running, gives the same answer.
    async fn start(&self, execution: &Execution) -> Result<String, ExecutionError>;

    /// Stops an execution, with an error and cause to record. One that has ended stays as it ended.
    async fn stop(
        &self,
        execution_arn: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<(), ExecutionError>;

    /// Waits until an execution has ended, and gives the status in which it did. Dropping the future
    /// gives the wait up.
    async fn wait(&self, execution_arn: &str) -> Result<ExecutionStatus, ExecutionError>;

    /// Tells from this call on which executions have moved, after each move. The stream ends when the
    /// program does. A home that is told of no moves says [`Moved::Any`] as often as looking is worth it.
    fn moves(&self) -> BoxStream<'static, Moved>;
}

/// Which execution has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// The execution of this ARN.
    One(Arc<str>),
    /// Any may have; only looking tells.
    Any,
}

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExecutionStatus {
    /// It goes on.
    Running,
    /// It ended with an output.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// Its own time limit ran out.
    TimedOut,
    /// It was stopped.
    Aborted,
}

impl ExecutionStatus {
    const ALL: [Self; 5] = [Self::Running, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];

    /// AWS's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

impl fmt::Display for ExecutionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no status of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED")]
pub struct UnknownExecutionStatus;

impl FromStr for ExecutionStatus {
    type Err = UnknownExecutionStatus;

    fn from_str(text: &str) -> Result<Self, UnknownExecutionStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownExecutionStatus)
    }
}

/// An execution in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionSummary {
    /// Its ARN.
    pub execution_arn: String,
    /// The workflow it is a run of, by its own name and not its state machine's.
    pub workflow: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub stopped_at: Option<Timestamp>,
}

/// All about an execution but its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionRecord {
    /// What a listing says of it.
    pub summary: ExecutionSummary,
    /// Its input, as JSON text.
    pub input: String,
    /// Its output, as JSON text, once it has succeeded.
    pub output: Option<String>,
    /// The name of the error it ended with.
    pub error: Option<String>,
    /// The cause of that error.
    pub cause: Option<String>,
    /// The SHA-256 of the definition it is pinned to, where the home tells.
    pub definition_hash: Option<String>,
}

/// Which executions to list; all that is given must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExecutionFilter {
    /// Only those of this workflow.
    pub workflow: Option<String>,
    /// Only those in this status.
    pub status: Option<ExecutionStatus>,
}

/// Which part of a history to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryPart {
    /// Begin after the event of this id (in reverse: before it); without it at the first (the last).
    pub after_event_id: Option<u64>,
    /// The most events to give.
    pub limit: usize,
    /// The latest first.
    pub reverse: bool,
}

impl HistoryPart {
    /// The whole history, oldest first.
    pub const WHOLE: Self = Self { after_event_id: None, limit: usize::MAX, reverse: false };
}

/// Why nothing came of what was asked about executions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionError {
    /// There is no such execution.
    #[error("Execution Does Not Exist: '{execution_arn}'")]
    DoesNotExist {
        /// The ARN that was asked for.
        execution_arn: String,
    },
    /// There is an execution of that name, with another input or ended.
    #[error("Execution Already Exists: '{execution_arn}'")]
    AlreadyExists {
        /// Its ARN.
        execution_arn: String,
    },
    /// There is no state machine for that workflow.
    #[error("there is no state machine of the workflow {workflow}")]
    NoStateMachine {
        /// The workflow that was to be started.
        workflow: String,
    },
    /// What was asked for is against the rules: do not retry.
    #[error("{0}")]
    Invalid(Invalid),
    /// What runs the executions does not answer: the same may succeed later.
    #[error("{0}")]
    Unavailable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_as_it_is_written() {
        for status in ExecutionStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        for text in ["", "running", "PENDING_REDRIVE"] {
            assert_eq!(text.parse::<ExecutionStatus>(), Err(UnknownExecutionStatus), "{text}");
        }
    }
}
