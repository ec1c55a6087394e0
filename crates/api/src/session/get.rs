//! Who is signed in.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;

use super::{SessionView, cookie};
use crate::access::Operator;
use crate::app::Shared;

/// Who is signed in, and until when.
#[utoipa::path(
    get, path = "/session", tag = "administration", operation_id = "get_session",
    responses((status = 200, description = "Somebody is", body = SessionView)),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, _: Operator, headers: HeaderMap) -> Json<SessionView> {
    let now = app.state.ports.clock.now();
    let session = cookie(&headers).and_then(|sealed| app.state.keys.open_session(sealed, now));
    let (name, expires_at) = session.map(|session| (session.name, session.expires_at)).unzip();
    Json(SessionView { operator: true, name: name.flatten(), expires_at })
}
