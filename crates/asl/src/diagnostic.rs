//! What is wrong with a definition, in the words of AWS where AWS's words are known.

use std::fmt;

use serde::Serialize;

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// The definition cannot be used.
    Error,
    /// The definition can be used, but probably does not mean what it says.
    Warning,
}

/// One finding about a definition, as `ValidateStateMachineDefinition` reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Whether the definition can still be used.
    pub severity: Severity,
    /// A stable name of the kind of finding, one of [`code`].
    pub code: &'static str,
    /// What is wrong, for a person to read.
    pub message: String,
    /// JSON pointer into the definition, in AWS's form (`/States/Pay/Next`; `/` is the whole). Absent
    /// when the finding has no place, as when the text is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// The stable names of [`Diagnostic::code`], AWS's own.
pub mod code {
    /// A field is missing, unknown, of the wrong type or out of its range.
    pub const SCHEMA_VALIDATION_FAILED: &str = "SCHEMA_VALIDATION_FAILED";
    /// The text is not JSON.
    pub const INVALID_JSON_DESCRIPTION: &str = "INVALID_JSON_DESCRIPTION";
    /// A transition names no state, or no transition names a state.
    pub const MISSING_TRANSITION_TARGET: &str = "MISSING_TRANSITION_TARGET";
    /// No state of a workflow ends it.
    pub const MISSING_END_STATE: &str = "MISSING_END_STATE";
    /// Two states have one name.
    pub const DUPLICATE_STATE_NAME: &str = "DUPLICATE_STATE_NAME";
    /// A valid use of the language that this implementation does not run yet.
    pub const NOT_SUPPORTED_YET: &str = "NOT_SUPPORTED_YET";
    /// A Task state without a time limit. Ours: AWS does not look for it.
    pub const TASK_WITHOUT_TIMEOUT: &str = "TASK_WITHOUT_TIMEOUT";
    /// A Task state that is never tried again. Ours: AWS does not look for it.
    pub const TASK_WITHOUT_RETRY: &str = "TASK_WITHOUT_RETRY";
    /// A placeholder `${Name}` that nothing resolves.
    pub const UNRESOLVED_PLACEHOLDER: &str = "UNRESOLVED_PLACEHOLDER";
}

impl Diagnostic {
    /// An error of the schema at `location`.
    pub(crate) fn schema(location: impl Into<String>, message: impl Into<String>) -> Self {
        Self::error(code::SCHEMA_VALIDATION_FAILED, location, message)
    }

    /// An error of any kind at `location`.
    pub(crate) fn error(code: &'static str, location: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), location: Some(location.into()) }
    }

    /// A valid use of the language that is not run yet, with the name of the field that asks for it.
    pub(crate) fn not_supported_yet(location: impl Into<String>, what: &str) -> Self {
        Self::error(code::NOT_SUPPORTED_YET, location, format!("{what} is not supported yet"))
    }
}

/// `CODE: message at /location`, the form in which AWS lists findings in `InvalidDefinition`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = self.location.as_deref().unwrap_or("null");
        write!(formatter, "{}: {} at {location}", self.code, self.message)
    }
}

impl std::error::Error for Diagnostic {}
