//! What happened in an execution.

use axum::Json;
use axum::extract::State;
use ports::HistoryPart;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::params::Params;
use crate::problem::Problem;
use crate::request::PathText;

/// A part of an execution's history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"events": [{
    "id": 1, "previousEventId": 0, "timestamp": 1769853600.123, "type": "ExecutionStarted",
    "executionStartedEventDetails": {"input": "{\"order_id\":\"A-1\"}", "inputDetails": {"truncated": false},
        "roleArn": "arn:aws:iam::123456789012:role/states"}
}]}))]
pub(crate) struct History {
    /// The events, as AWS's `GetExecutionHistory` has them.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Value>,
    /// Ask with this as `cursor` to get the next events; absent when there are no more now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "50")]
    next_cursor: Option<String>,
}

/// What happened in an execution, oldest first; with `reverse=true` newest first.
#[utoipa::path(
    get, path = "/executions/{arn}/history", tag = "executions", operation_id = "execution_history",
    params(("arn" = String, Path, description = "The execution"),
           ("reverse" = Option<bool>, Query, description = "Newest first"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many events; all unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "The events", body = History)),
    security(("operator" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    _: Operator,
    PathText(arn): PathText,
    mut params: Params,
) -> Result<Json<History>, Problem> {
    let reverse = params.read("reverse", "true or false", |text| text.parse().ok()).unwrap_or(false);
    let after_event_id = params.read("cursor", "`next_cursor` of the page before", |text| text.parse().ok());
    let limit: Option<usize> = params.read("limit", "a whole number from 1 to 500", |text| {
        text.parse().ok().filter(|limit| (1..=500).contains(limit))
    });
    params.finish()?;
    // One more than asked for tells whether there is more.
    let fetched = limit.map_or(usize::MAX, |limit| limit + 1);
    let part = HistoryPart { after_event_id, limit: fetched, reverse };
    let mut events = app.state.executions.history(&arn, part).await?;
    let mut next_cursor = None;
    if let Some(limit) = limit.filter(|limit| events.len() > *limit) {
        events.truncate(limit);
        next_cursor = events.last().map(|last| last["id"].to_string());
    }
    Ok(Json(History { events, next_cursor }))
}
