//! Stopping an execution, and waiting for one to end.

use asl::Event;
use jiff::Timestamp;

use crate::engine::Engine;
use crate::live::Incoming;
use crate::query::{ExecutionStatus, QueryError};

/// Why an execution was not stopped.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// It cannot be looked up.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// It runs, but this engine does not have it: recovery is not done yet, or could not read it.
    #[error("the execution is not loaded yet: try again: '{execution_arn}'")]
    NotLoaded {
        /// Its ARN.
        execution_arn: String,
    },
    /// The engine ended before the stop was on disk.
    #[error("the engine is shutting down")]
    ShuttingDown,
}

impl Engine {
    /// Stops an execution with an optional error and cause to record, and gives the time at which
    /// it stopped. One that has ended stays as it ended.
    ///
    /// # Errors
    ///
    /// See [`StopError`].
    pub async fn stop(
        &self,
        execution_arn: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<Timestamp, StopError> {
        let inner = &self.inner;
        let waiting = inner.waiters.register(execution_arn);
        let live = inner.live.lock().get(execution_arn).cloned();
        if let Some(live) = live {
            inner.deliver(&live, Incoming { event: Event::Abort { error, cause }, effect: None });
            waiting.ended().await.ok_or(StopError::ShuttingDown)?;
        }
        let stopped_at = self.describe(execution_arn)?.stopped_at;
        stopped_at.ok_or_else(|| StopError::NotLoaded { execution_arn: execution_arn.to_owned() })
    }

    /// Waits until an execution has ended, and gives the status in which it did. Waiting may be
    /// given up by dropping the future; it leaves nothing behind.
    ///
    /// # Errors
    ///
    /// [`QueryError::ExecutionDoesNotExist`], or [`QueryError::Storage`] also when the engine ends
    /// first.
    pub async fn wait(&self, execution_arn: &str) -> Result<ExecutionStatus, QueryError> {
        let inner = &self.inner;
        // Registered before the look, so that an end in between is not missed.
        let waiting = inner.waiters.register(execution_arn);
        if !inner.live.lock().contains_key(execution_arn) {
            let status = self.describe(execution_arn)?.status;
            if status != ExecutionStatus::Running {
                return Ok(status);
            }
        }
        waiting.ended().await.ok_or_else(|| QueryError::Storage("the engine is shutting down".to_owned()))
    }
}
