//! Workflows over a while.

use axum::Json;
use axum::extract::State;
use ports::{StateStatistics, WorkflowStatistics};
use serde::Serialize;
use utoipa::ToSchema;

use super::{milliseconds, span};
use crate::access::Operator;
use crate::app::Shared;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::available;
use crate::views::ListView;

/// What a workflow did in a while.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkflowStatisticsView {
    /// Its name.
    #[schema(example = "checkout")]
    workflow: String,
    /// How many of its executions were started.
    #[schema(example = 120)]
    started: u64,
    /// How many ended with an output.
    #[schema(example = 118)]
    succeeded: u64,
    /// How many ended without: failed, timed out, stopped.
    #[schema(example = 2)]
    failed: u64,
    /// Half of those that ended took no longer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 12.5)]
    p50_ms: Option<f64>,
    /// All but a hundredth of them took no longer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 80.0)]
    p99_ms: Option<f64>,
    /// Its states that ran tasks, by name.
    states: Vec<StateStatisticsView>,
}

/// What the tasks of a state did in a while.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StateStatisticsView {
    /// The state.
    #[schema(example = "ChargePayment")]
    name: String,
    /// How many attempts there were.
    #[schema(example = 130)]
    count: u64,
    /// How many of them ended in an error.
    #[schema(example = 10)]
    errors: u64,
    /// Half of them took no longer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2.0)]
    p50_ms: Option<f64>,
    /// All but a hundredth of them took no longer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 9.5)]
    p99_ms: Option<f64>,
}

impl From<WorkflowStatistics> for WorkflowStatisticsView {
    fn from(found: WorkflowStatistics) -> Self {
        Self {
            started: found.started,
            succeeded: found.succeeded,
            failed: found.failed,
            p50_ms: milliseconds(&found.durations, 0.5),
            p99_ms: milliseconds(&found.durations, 0.99),
            states: found.states.into_iter().map(state).collect(),
            workflow: found.workflow,
        }
    }
}

fn state((name, found): (String, StateStatistics)) -> StateStatisticsView {
    StateStatisticsView {
        name,
        count: found.durations.count(),
        errors: found.errors,
        p50_ms: milliseconds(&found.durations, 0.5),
        p99_ms: milliseconds(&found.durations, 0.99),
    }
}

/// The workflows that did something in a while: executions started and failed, how long they and the tasks of
/// their states took. Counted at most five seconds ago.
#[utoipa::path(
    get, path = "/stats/workflows", tag = "administration", operation_id = "workflow_statistics",
    params(("range" = Option<String>, Query, description = "`1h`, `24h` or `30d`; `1h` unless told", example = "24h")),
    responses((status = 200, description = "The workflows", body = ListView<WorkflowStatisticsView>)),
    security(("operator" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    _: Operator,
    mut params: Params,
) -> Result<Json<ListView<WorkflowStatisticsView>>, Problem> {
    let span = span(&app, &mut params);
    params.finish()?;
    let found = available(&app.state.console.statistics)?.workflows(span).await?;
    Ok(Json(ListView { items: found.into_iter().map(WorkflowStatisticsView::from).collect() }))
}
