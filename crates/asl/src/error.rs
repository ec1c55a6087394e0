//! What makes a state fail, and the error names that the language reserves, as far as they are raised
//! or matched here.

use crate::path::{Conflict, TemplateError};

pub(crate) const ALL: &str = "States.ALL";
pub(crate) const BRANCH_FAILED: &str = "States.BranchFailed";
pub(crate) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
pub(crate) const EXCEED_TOLERATED_FAILURE_THRESHOLD: &str = "States.ExceedToleratedFailureThreshold";
pub(crate) const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
pub(crate) const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
pub(crate) const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";
pub(crate) const RESULT_PATH_MATCH_FAILURE: &str = "States.ResultPathMatchFailure";
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const TASK_FAILED: &str = "States.TaskFailed";
pub(crate) const TIMEOUT: &str = "States.Timeout";

/// A state has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The error name; a Fail state may have none.
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) origin: Origin,
}

/// Where a failure comes from, as far as `ErrorEquals` can ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The state itself.
    State,
    /// A branch or an iteration of the state: `States.BranchFailed`.
    Branch,
    /// The silence of the state's task: `States.HeartbeatTimeout`, though AWS reports
    /// `States.Timeout`.
    Heartbeat,
}

impl Failure {
    pub(crate) fn new(error: &str, cause: impl Into<String>) -> Self {
        Self { error: Some(error.to_owned()), cause: Some(cause.into()), origin: Origin::State }
    }

    /// The data does not suit the definition. Nothing catches that.
    pub(crate) fn runtime(cause: impl Into<String>) -> Self {
        Self::new(RUNTIME, cause)
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.error.as_deref() == Some(RUNTIME)
    }
}

impl From<TemplateError> for Failure {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::Runtime(cause) => Self::runtime(cause),
            TemplateError::Intrinsic(cause) => Self::new(INTRINSIC_FAILURE, cause),
        }
    }
}

impl From<Conflict> for Failure {
    fn from(conflict: Conflict) -> Self {
        Self::new(
            RESULT_PATH_MATCH_FAILURE,
            format!("Unable to apply ReferencePath {} to input {}", conflict.path, conflict.input),
        )
    }
}
