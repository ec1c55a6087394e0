//! What every request passes on its way in and out: its id, its line in the log, its time in the
//! metrics, the security headers, and the body of a problem.

use std::any::Any;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::{Instrument, debug, error, info, info_span};

use crate::problem::{Kind, Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken over from the caller.
const LONGEST_REQUEST_ID: usize = 64;

/// The template shown for requests that no route takes.
const UNMATCHED: &str = "unmatched";

/// Everything that happens around a handler.
pub(crate) async fn around(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = request_id(&request);
    let method = request.method().clone();
    let template = request.extensions().get::<MatchedPath>().cloned();
    // Only problems need it, and they are rare.
    let uri = request.uri().clone();
    let path = template.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    // The template, never the address itself: that may carry an access token.
    let span = info_span!("request", %method, path, request_id = request_id.to_str().unwrap_or_default());
    let mut response = next.run(request).instrument(span.clone()).await;
    let problem = response.extensions_mut().remove::<Problem>();
    span.in_scope(|| log(response.status(), problem.as_ref(), started));
    finish(&mut response, problem, &uri, request_id);
    metrics::histogram!(
        "http_request_seconds",
        "method" => method_label(&method),
        "path" => path.to_owned(),
        "status" => response.status().as_str().to_owned()
    )
    .record(started.elapsed().as_secs_f64());
    response
}

/// Brings what changes something to its end, also when whoever asked hangs up meanwhile: money that has gone back and is
/// not written down would be the worst of both.
pub(crate) async fn to_the_end(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => panicked(panic),
            Err(_) => Problem::new(Kind::ServiceUnavailable, "the server is stopping").into_response(),
        },
    }
}

/// The caller's id of the request when it is a decent one, else one of ours.
fn request_id(request: &Request) -> HeaderValue {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    // Tells the ids of this run of the program from those of another.
    static RUN: LazyLock<u32> = LazyLock::new(|| {
        u32::try_from(RandomState::new().hash_one(0) >> 32).expect("the upper half of 64 bits is 32 bits")
    });
    let decent = |value: &&HeaderValue| {
        value.len() <= LONGEST_REQUEST_ID && !value.is_empty() && value.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    request.headers().get(REQUEST_ID).filter(decent).cloned().unwrap_or_else(|| {
        let id = format!("{:08x}-{:x}", *RUN, COUNTER.fetch_add(1, Ordering::Relaxed));
        HeaderValue::from_str(&id).expect("hexadecimal digits are visible")
    })
}

/// Puts the headers on, and the body of a problem in.
fn finish(response: &mut Response, problem: Option<Problem>, uri: &Uri, request_id: HeaderValue) {
    if let Some(problem) = problem {
        let body = problem.render(uri.path(), request_id.to_str().unwrap_or_default());
        *response.body_mut() = Body::from(body);
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, request_id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    // Links carry access tokens; no other site is told them.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// One line a request: quiet when all is well, so that a busy server can afford it. What was wrong with
/// a request may tell of its sender, so only the kind of it is written down.
fn log(status: StatusCode, problem: Option<&Problem>, started: Instant) {
    let kind = problem.map(|problem| problem.kind.slug());
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status_code = status.as_u16();
    if status.is_server_error() {
        let detail = problem.map(|problem| problem.detail.as_str());
        error!(status = status_code, ms, problem = kind, detail, "the request failed");
    } else if status.is_client_error() {
        info!(status = status_code, ms, problem = kind, "the request was refused");
    } else {
        debug!(status = status_code, ms, "the request was answered");
    }
}

/// The methods as static text; whatever else somebody sends must not become a metric of its own.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The answer to a request whose handler panicked.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    error!(message, "a handler panicked");
    Problem::new(Kind::InternalError, "the request ran into a fault of ours; the log has the rest").into_response()
}

/// The answer where no route is.
pub(crate) async fn no_route() -> Problem {
    Problem::new(Kind::NotFound, "there is nothing at this address; /docs shows what there is")
}

/// The answer where a route is, but not for that method.
pub(crate) async fn no_method(method: Method) -> Problem {
    Problem::new(Kind::MethodNotAllowed, format!("{method} is not allowed here; the Allow header says what is"))
}
