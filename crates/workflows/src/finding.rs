//! What is found wrong.

use std::fmt;

use asl::{Diagnostic, Severity};

/// Something wrong in a workflow's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, below the folder of workflows.
    pub file: String,
    /// Where in the file, as a JSON pointer; empty for the whole of it.
    pub pointer: String,
    /// What is wrong and what was expected.
    pub message: String,
    /// Whether it keeps the workflow from running; a warning does not.
    pub is_error: bool,
}

impl Finding {
    pub(crate) fn error(file: &str, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), pointer: pointer.into(), message: message.into(), is_error: true }
    }

    pub(crate) fn of_diagnostic(file: &str, diagnostic: &Diagnostic) -> Self {
        Self {
            file: file.to_owned(),
            pointer: diagnostic.location.clone().unwrap_or_default(),
            message: format!("{}: {}", diagnostic.code, diagnostic.message),
            is_error: diagnostic.severity == Severity::Error,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error { "error" } else { "warning" };
        write!(f, "{} {}: {severity}: {}", self.file, self.pointer, self.message)
    }
}
