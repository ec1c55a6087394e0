//! Queues and their depths.

use axum::Json;
use axum::extract::State;
use ports::QueueView;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::problem::Problem;
use crate::views::ListView;

/// A queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queue {
    /// Its name.
    #[schema(example = "OrdersQueue")]
    name: String,
    /// Messages that a consumer could have now.
    #[schema(example = 0)]
    visible: i64,
    /// Messages that a consumer has.
    #[schema(example = 0)]
    in_flight: i64,
    /// Seconds that a consumer has a message for itself.
    #[schema(example = 30)]
    visibility_timeout_seconds: u32,
    /// Where messages go that used up their receives.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "OrdersQueueDLQ")]
    dead_letter_queue: Option<String>,
}

impl From<QueueView> for Queue {
    fn from(view: QueueView) -> Self {
        Self {
            name: view.name,
            visible: view.visible,
            in_flight: view.in_flight,
            visibility_timeout_seconds: view.visibility_timeout_seconds,
            dead_letter_queue: view.dead_letter_queue,
        }
    }
}

/// The queues with their depths.
#[utoipa::path(
    get, path = "/queues", tag = "messages", operation_id = "list_queues",
    responses((status = 200, description = "All queues", body = ListView<Queue>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(State(app): Shared, _: Operator) -> Result<Json<ListView<Queue>>, Problem> {
    let queues = app.state.messages.queues().await?;
    Ok(Json(ListView { items: queues.into_iter().map(Queue::from).collect() }))
}
