//! The alarms.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use ports::AlarmView;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::problem::Problem;
use crate::views::ListView;

/// An alarm.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alarm {
    /// Its name.
    #[schema(example = "OrdersQueueDepthAlarm")]
    name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    #[schema(example = "OK")]
    state: String,
    /// Why it is in that state.
    #[schema(
        example = "Threshold Crossed: 1 datapoint [0.0 (31/01/26 10:00:00)] was not greater than the threshold (10.0)."
    )]
    reason: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// The rule, in CloudWatch's words.
    #[schema(value_type = Object, example = json!({"MetricName": "ApproximateNumberOfMessagesVisible", "Threshold": 10}))]
    rule: Value,
    /// Former states, newest first.
    #[schema(value_type = Vec<Object>)]
    history: Vec<Value>,
}

impl From<AlarmView> for Alarm {
    fn from(view: AlarmView) -> Self {
        Self {
            name: view.name,
            state: view.state,
            reason: view.reason,
            since: view.since,
            rule: view.rule,
            history: view.history,
        }
    }
}

/// The alarms and their states.
#[utoipa::path(
    get, path = "/alarms", tag = "administration", operation_id = "list_alarms",
    responses((status = 200, description = "All alarms", body = ListView<Alarm>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(State(app): Shared, _: Operator) -> Result<Json<ListView<Alarm>>, Problem> {
    let alarms = app.state.messages.alarms().await?;
    Ok(Json(ListView { items: alarms.into_iter().map(Alarm::from).collect() }))
}
