//! An execution as it is shown.

use jiff::Timestamp;
use ports::{ExecutionRecord, ExecutionSummary};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An execution in a listing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExecutionItem {
    /// Its ARN.
    #[schema(example = "arn:aws:states:us-east-1:123456789012:execution:checkout:A-1")]
    execution_arn: String,
    /// The workflow it is a run of.
    #[schema(example = "checkout")]
    workflow: String,
    /// Its name.
    #[schema(example = "A-1")]
    name: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    #[schema(example = "SUCCEEDED")]
    status: &'static str,
    /// When it was started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    stopped_at: Option<Timestamp>,
}

/// All about an execution but its history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Execution {
    #[serde(flatten)]
    item: ExecutionItem,
    /// Its input.
    #[schema(value_type = Object)]
    input: Value,
    /// Its output, once it has succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    output: Option<Value>,
    /// The name of the error it ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "PaymentFailed")]
    error: Option<String>,
    /// The cause of that error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the card was declined")]
    cause: Option<String>,
    /// The SHA-256 of the definition it is pinned to, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition_hash: Option<String>,
}

impl From<ExecutionSummary> for ExecutionItem {
    fn from(summary: ExecutionSummary) -> Self {
        Self {
            workflow: summary.workflow,
            execution_arn: summary.execution_arn,
            name: summary.name,
            status: summary.status.as_str(),
            started_at: summary.started_at,
            stopped_at: summary.stopped_at,
        }
    }
}

impl From<ExecutionRecord> for Execution {
    fn from(record: ExecutionRecord) -> Self {
        Self {
            item: record.summary.into(),
            input: json(record.input),
            output: record.output.map(json),
            error: record.error,
            cause: record.cause,
            definition_hash: record.definition_hash,
        }
    }
}

/// JSON from its text; whatever is none is shown as the text it is.
fn json(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
