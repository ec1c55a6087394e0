//! The metrics, as Prometheus reads them.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::access::Operator;
use crate::app::Shared;

/// The metrics in Prometheus's text format.
#[utoipa::path(
    get, path = "/metrics", tag = "administration", operation_id = "metrics",
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain",
        example = "engine_executions_started_total{state_machine=\"checkout\"} 830\n")),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, _: Operator) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.state.metrics.render())
}
