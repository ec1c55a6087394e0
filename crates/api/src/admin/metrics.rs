//! The metrics, as Prometheus reads them.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use ports::{AlarmView, BacklogView, QueueView};

use crate::access::Operator;
use crate::app::{App, Shared};
use crate::problem::Problem;

/// The metrics in Prometheus's text format.
///
/// Counters and durations are kept as things happen; how much waits is looked up when it is asked for.
#[utoipa::path(
    get, path = "/metrics", tag = "administration", operation_id = "metrics",
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain",
        example = "engine_executions_started_total{state_machine=\"checkout\"} 830\n")),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, _: Operator) -> Result<impl IntoResponse, Problem> {
    let metrics = app.state.metrics.as_deref().ok_or_else(|| Problem::not_found("metrics kept here"))?;
    // What cannot be looked up is missing, and the rest is there: during an outage it is wanted most.
    if let Err(problem) = look_up(&app).await {
        tracing::warn!(problem = problem.kind.slug(), "how much waits cannot be looked up for the metrics");
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()))
}

async fn look_up(app: &App) -> Result<(), Problem> {
    let messages = &app.state.messages;
    for QueueView { name, visible, in_flight, .. } in messages.queues().await? {
        gauge("orderflow_queue_visible_messages", "queue", name.clone(), visible);
        gauge("orderflow_queue_in_flight_messages", "queue", name, in_flight);
    }
    for BacklogView { kind, waiting, dead } in messages.backlogs().await? {
        gauge("orderflow_backlog", "kind", kind.clone(), waiting);
        gauge("orderflow_dead_letters", "kind", kind, dead);
    }
    for AlarmView { name, state, .. } in messages.alarms().await? {
        gauge("orderflow_alarm_raised", "alarm", name, i64::from(state == "ALARM"));
    }
    Ok(())
}

fn gauge(metric: &'static str, label: &'static str, value: String, count: i64) {
    metrics::gauge!(metric, label => value).set(count as f64);
}
