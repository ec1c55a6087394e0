//! Signing out.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::{SessionView, set_cookie};
use crate::app::Shared;

/// Signs out: takes the session's cookie away. Without one, nothing changes.
#[utoipa::path(
    delete, path = "/session", tag = "administration", operation_id = "sign_out",
    responses((status = 200, description = "Nobody is signed in any more", body = SessionView)),
    security(()),
)]
pub(crate) async fn delete(State(app): Shared) -> Response {
    let view = SessionView { operator: false, name: None, expires_at: None };
    ([(header::SET_COOKIE, set_cookie(&app, "", 0))], Json(view)).into_response()
}
