//! Signing in.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use order::Invalid;
use serde_json::Value;
use utoipa::ToSchema;

use super::{LIFETIME, Session, SessionView, set_cookie};
use crate::app::Shared;
use crate::fields::{self, Fields, LONGEST_LINE};
use crate::problem::{Kind, Problem};
use crate::request::JsonBody;

/// How long the answer to a wrong key is held back.
const PENALTY: Duration = Duration::from_millis(300);

/// What one signs in with.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct SignIn {
    /// The operator's key.
    #[schema(example = "the-operators-key")]
    key: String,
    /// Who it is: shown with what is done in the session.
    #[schema(example = "Ana")]
    name: Option<String>,
}

/// Signs in: sets a cookie that stands for the operator's key for twelve hours. A request that changes
/// something with the cookie has to send `X-Requested-With: orderflow`.
#[utoipa::path(
    post, path = "/session", tag = "administration", operation_id = "sign_in",
    request_body = SignIn,
    responses((status = 200, description = "Signed in", body = SessionView)),
    security(()),
)]
pub(crate) async fn post(State(app): Shared, JsonBody(body): JsonBody) -> Result<Response, Problem> {
    let (key, name) = read(body)?;
    if !app.state.keys.is_operator(&key) {
        tokio::time::sleep(PENALTY).await;
        return Err(Problem::new(Kind::Unauthorized, "that is not the operator's key"));
    }
    let session = Session { name, expires_at: app.state.ports.clock.now() + LIFETIME };
    let cookie = set_cookie(&app, &app.state.keys.seal_session(&session), LIFETIME.as_secs());
    let view = SessionView { operator: true, name: session.name, expires_at: Some(session.expires_at) };
    Ok(([(header::SET_COOKIE, cookie)], Json(view)).into_response())
}

fn read(body: Value) -> Result<(String, Option<String>), Vec<Invalid>> {
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let key = fields.required("key", "the operator's key", fields::text(LONGEST_LINE));
    let name = fields.optional("name", fields::text(40));
    fields.finish()?;
    Ok((key.expect("without an error the key was read"), name))
}
