//! What was given up, and trying it again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::operators::Deed;
use crate::params::Params;
use crate::problem::Problem;
use crate::request::PathText;
use crate::views::PageView;

/// Something that used up its attempts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetter {
    /// Its identifier, to redeliver it by.
    #[schema(example = "mail-7")]
    id: String,
    /// `mail`, `topic_delivery` or `queue_message`.
    #[schema(example = "mail")]
    kind: String,
    /// Where it was to go: an address, a URL, a queue.
    #[schema(example = "ana@example.com")]
    destination: String,
    /// What it says.
    #[schema(value_type = Object)]
    content: Value,
    /// How often it was tried.
    #[schema(example = 8)]
    attempts: u32,
    /// What the last attempt ended in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "connection refused")]
    last_error: Option<String>,
    /// When it was given up.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<ports::DeadLetter> for DeadLetter {
    fn from(letter: ports::DeadLetter) -> Self {
        Self {
            id: letter.id,
            kind: letter.kind,
            destination: letter.destination,
            content: letter.content,
            attempts: letter.attempts,
            last_error: letter.last_error,
            at: letter.at,
        }
    }
}

/// A dead letter that is tried again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Redelivery {
    /// The dead letter.
    #[schema(example = "mail-7")]
    id: String,
}

/// What was given up, newest first.
#[utoipa::path(
    get, path = "/dead-letters", tag = "messages", operation_id = "list_dead_letters",
    params(("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "A page of dead letters", body = PageView<DeadLetter>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(
    State(app): Shared,
    _: Operator,
    mut params: Params,
) -> Result<Json<PageView<DeadLetter>>, Problem> {
    let paging = params.paging();
    params.finish()?;
    let page = app.state.messages.dead_letters(paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, DeadLetter::from)))
}

/// Tries a dead letter again, from its first attempt.
#[utoipa::path(
    post, path = "/dead-letters/{id}/redeliver", tag = "messages", operation_id = "redeliver",
    params(("id" = String, Path, description = "The dead letter")),
    responses((status = 202, description = "It is tried again", body = Redelivery)),
    security(("operator" = [])),
)]
pub(crate) async fn redeliver(
    State(app): Shared,
    operator: Operator,
    PathText(id): PathText,
) -> Result<(StatusCode, Json<Redelivery>), Problem> {
    let deed = Deed::new("redeliver").on(id.clone());
    app.on_behalf(&operator, deed, async { Ok(app.state.messages.redeliver(&id).await?) }).await?;
    Ok((StatusCode::ACCEPTED, Json(Redelivery { id })))
}
