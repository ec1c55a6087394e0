use async_trait::async_trait;
use serde_json::Value;

use crate::ExecutionError;

/// Goes on with executions that ended without success.
#[async_trait]
pub trait Redrives: Send + Sync {
    /// Runs again what did not succeed, with the definition the execution was started with; it is durable
    /// then. `input` is given to the state that failed instead of the one it had.
    async fn redrive(&self, execution_arn: &str, input: Option<Value>) -> Result<(), RedriveError>;
}

/// Why an execution was not redriven. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedriveError {
    /// As it stands, it cannot be redriven: the reason in plain words.
    #[error("{0}")]
    Refused(String),
    /// Another input was given, and it cannot be: why, in plain words.
    #[error("{0}")]
    Input(String),
    /// It cannot be looked up, or what runs it does not answer.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
}
