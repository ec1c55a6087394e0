//! Why something could not be written or read, and how that looks to a step.

use ports::{ErrorName, StepError};
use store::{ReadError, WriteError};

/// Why a change was not applied. The transaction may hold some of the changes that came before it: the
/// caller takes all of them back.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The change's condition does not hold; the error's name says which.
    #[error(transparent)]
    Refused(#[from] StepError),
    /// The database refused the statement.
    #[error("the database refused: {0}")]
    Storage(#[from] rusqlite::Error),
}

impl ApplyError {
    pub(crate) fn refused(name: ErrorName, message: impl Into<String>) -> Self {
        Self::Refused(StepError::new(name, message))
    }
}

impl From<ApplyError> for StepError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Refused(refusal) => refusal,
            ApplyError::Storage(error) => storage(&error),
        }
    }
}

/// What a step is told when the database fails: it may try again.
pub(crate) fn storage(error: &rusqlite::Error) -> StepError {
    StepError::unavailable(format_args!("the database does not answer: {error}"))
}

/// What a step is told when a read failed.
pub(crate) fn read(error: ReadError<rusqlite::Error>) -> StepError {
    match error {
        ReadError::Query(error) => storage(&error),
        ReadError::Connection(_) | ReadError::Closed => StepError::unavailable(error),
    }
}

/// What a step is told when a write failed.
pub(crate) fn write<E: Into<StepError> + std::fmt::Display>(error: WriteError<E>) -> StepError {
    match error {
        WriteError::Refused(error) => error.into(),
        WriteError::Commit(_) | WriteError::Panicked(_) | WriteError::Closed => StepError::unavailable(error),
    }
}
