//! The pages that say what this is: the front page, the kinds of problem, the interface's description.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};

use crate::app::Shared;
use crate::problem::{Kind, Problem};
use crate::request::PathText;

const FRONT_PAGE: &str = include_str!("front_page.html");

/// What this is, for who opens the address in a browser.
#[utoipa::path(
    get, path = "/", tag = "description", operation_id = "front_page",
    responses((status = 200, description = "A page", body = String, content_type = "text/html")),
    security(()),
)]
pub(crate) async fn front() -> Response {
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(FRONT_PAGE)).into_response()
}

/// This description, as OpenAPI 3.1.
#[utoipa::path(
    get, path = "/openapi.json", tag = "description", operation_id = "openapi",
    responses((status = 200, description = "The description", body = Object)),
    security(()),
)]
pub(crate) async fn openapi(State(app): Shared) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], app.openapi.clone())
}

/// What a kind of problem means: the page that the `type` of a problem names.
#[utoipa::path(
    get, path = "/problems/{name}", tag = "description", operation_id = "get_problem",
    params(("name" = String, Path, description = "The last part of the problem's `type`", example = "out-of-stock")),
    responses((status = 200, description = "The kind in words", body = String, content_type = "text/plain")),
    security(()),
)]
pub(crate) async fn problem(PathText(name): PathText) -> Result<String, Problem> {
    let kind = Kind::ALL.iter().find(|kind| kind.slug() == name);
    let kind = kind.ok_or_else(|| Problem::not_found(format_args!("problem {name}")))?;
    Ok(format!("{}\n\nHTTP status {}.\n\n{}\n", kind.title(), kind.status().as_u16(), kind.meaning()))
}
