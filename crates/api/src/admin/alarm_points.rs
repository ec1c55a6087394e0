//! What an alarm is judged on, over time.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::params::Params;
use crate::problem::Problem;
use crate::request::PathText;
use crate::state::available;
use crate::statistics::span;

/// The largest value of a step that an alarm was judged on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmPoint {
    /// When the step begins.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The value.
    #[schema(example = 3.0)]
    value: f64,
}

/// What an alarm was judged on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmPoints {
    /// Where it begins.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Where it ends.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// How long a step is.
    #[schema(example = 60)]
    step_seconds: i64,
    /// The threshold that the values are compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 10.0)]
    threshold: Option<f64>,
    /// The steps in which it was judged, oldest first.
    points: Vec<AlarmPoint>,
}

/// What an alarm was judged on, over time, with its threshold.
#[utoipa::path(
    get, path = "/alarms/{name}/points", tag = "administration", operation_id = "alarm_points",
    params(("name" = String, Path, description = "The alarm", example = "OrdersQueueDepthAlarm"),
           ("range" = Option<String>, Query, description = "`1h`, `24h` or `30d`; `1h` unless told", example = "24h")),
    responses((status = 200, description = "What it was judged on", body = AlarmPoints)),
    security(("operator" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    _: Operator,
    PathText(name): PathText,
    mut params: Params,
) -> Result<Json<AlarmPoints>, Problem> {
    let span = span(&app, &mut params);
    params.finish()?;
    let points = available(&app.state.console.statistics)?.alarm_points(&name, span).await?;
    let alarm = app.state.messages.alarms().await?.into_iter().find(|alarm| alarm.name == name);
    Ok(Json(AlarmPoints {
        from: span.from,
        to: span.to,
        step_seconds: span.step_seconds,
        threshold: alarm.and_then(|alarm| alarm.rule["Threshold"].as_f64()),
        points: points.into_iter().map(|(at, value)| AlarmPoint { at, value }).collect(),
    }))
}
