//! An execution state by state.

mod fold;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use ports::HistoryPart;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::request::PathText;

pub(crate) use fold::states;

/// What became of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "succeeded")]
pub(crate) enum StateStatus {
    /// It has its output.
    Succeeded,
    /// It ended in an error, and with it what is around it.
    Failed,
    /// It ended in an error that its `Catch` led elsewhere.
    Caught,
    /// It was stopped because something beside or around it ended.
    Aborted,
    /// It goes on.
    Running,
    /// The execution did not come to it.
    NotReached,
}

/// A visit of a state; a state that a loop or a Map comes to again has several.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExecutionState)]
pub(crate) struct StateView {
    /// Its name.
    #[schema(example = "ChargePayment")]
    pub name: String,
    /// Its `Type` in the definition.
    #[serde(rename = "type")]
    #[schema(example = "Task")]
    pub kind: String,
    /// What became of it.
    pub status: StateStatus,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub entered_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub exited_at: Option<Timestamp>,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 12)]
    pub duration_ms: Option<i64>,
    /// The attempts of its task, oldest first.
    pub attempts: Vec<AttemptView>,
    /// What it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// What it gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// The name of the error it ended in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "PaymentDeclined")]
    pub error: Option<String>,
    /// The cause of that error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the card was declined")]
    pub cause: Option<String>,
}

/// An attempt of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AttemptView {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How long it took; absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 4)]
    pub duration_ms: Option<i64>,
    /// The name of the error it ended in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ServiceUnavailable")]
    pub error: Option<String>,
    /// The cause of that error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the payment provider does not answer")]
    pub cause: Option<String>,
}

/// The states of an execution.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct States {
    /// In the order in which they were entered, then those that were not.
    #[schema(example = json!([{"name": "ChargePayment", "type": "Task", "status": "succeeded", "attempts": []}]))]
    states: Vec<StateView>,
}

/// An execution state by state: what went in and out, errors, attempts, times.
#[utoipa::path(
    get, path = "/executions/{arn}/states", tag = "executions", operation_id = "execution_states",
    params(("arn" = String, Path, description = "The execution")),
    responses((status = 200, description = "Its states", body = States)),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, _: Operator, PathText(arn): PathText) -> Result<Json<States>, Problem> {
    let workflow = app.state.executions.describe(&arn).await?.summary.workflow;
    Ok(Json(States { states: of(&app, &workflow, &arn).await? }))
}

/// The states of an execution of that workflow.
pub(crate) async fn of(app: &App, workflow: &str, arn: &str) -> Result<Vec<StateView>, Problem> {
    let history = app.state.executions.history(arn, HistoryPart::WHOLE).await?;
    Ok(states(&history, app.definition(workflow)))
}
