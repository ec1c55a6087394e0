//! Signing in to the console: a cookie that stands for the operator's key.
//!
//! Nothing is kept of a session here: its cookie says who and until when, under a seal that only this
//! server can make. Another operator's key ends all of them.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod post;

use axum::http::{HeaderMap, HeaderValue, header};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::App;

const COOKIE: &str = "orderflow_session";

/// How long one stays signed in.
const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// How an operator without a name is called.
const NAMELESS: &str = "operator";

/// What a session's cookie says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// The name given at the sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// Whether somebody is.
    #[schema(example = true)]
    operator: bool,
    /// The name given at the sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ana")]
    name: Option<String>,
    /// Until when; absent for who shows the key itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl Session {
    /// Who acts in it.
    pub(crate) fn operator(self) -> Operator {
        Operator { actor: self.name.unwrap_or_else(|| NAMELESS.to_owned()) }
    }
}

/// What the session's cookie carries.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// Sets the cookie for so many seconds; for none it is taken away.
fn set_cookie(app: &App, content: &str, seconds: i64) -> HeaderValue {
    // Over plain HTTP, as on the machine itself, a browser would not take a cookie that is marked so.
    let secure =
        if app.state.base_url.as_deref().is_some_and(|url| url.starts_with("https:")) { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={content}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&cookie).expect("base64 and our own words are visible")
}
