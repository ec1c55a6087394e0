//! How a function fails: with a stable name, so that `Catch` and `Retry` can match it.

use lambda_runtime::Diagnostic;
use ports::{ErrorName, StepError};

/// The name of what is our own mistake.
const INTERNAL: &str = "InternalError";

/// An invocation that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable name; Lambda's `errorType`.
    name: &'static str,
    /// In plain words; Lambda's `errorMessage`.
    message: String,
}

impl Failure {
    /// The event is none that the function takes.
    pub fn malformed(expected: impl std::fmt::Display) -> Self {
        StepError::new(ErrorName::InvalidRequest, format!("the event is not right: {expected}")).into()
    }

    /// A step panicked. What it said is in the log; it may hold data that no caller should see.
    pub fn panicked() -> Self {
        Self { name: INTERNAL, message: "the function panicked; its log says where".to_owned() }
    }

    /// The invocation's time ran out. What it was about may be done or not: doing it again does it once.
    pub fn out_of_time() -> Self {
        StepError::unavailable("the function's time ran out before it was done").into()
    }

    /// Writes it down, once: what the caller has to bear with is no fault of ours.
    pub fn log(&self) {
        if self.name == INTERNAL || self.name == ErrorName::ServiceUnavailable.as_str() {
            tracing::error!(error = self.name, reason = self.message, "the function failed");
        } else {
            tracing::warn!(error = self.name, reason = self.message, "the function refused");
        }
    }
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        Self { name: error.name.as_str(), message: error.message }
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.name.to_owned(), error_message: failure.message }
    }
}
