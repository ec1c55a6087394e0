//! The web application: its files, and who gets it instead of the interface.
//!
//! The application and the interface share their addresses: a browser that is sent to `/orders/{id}` by a link
//! gets the application, which then asks for the order at the same address as a program does. What tells them
//! apart is what they accept: only a navigation asks for `text/html`.

use std::collections::HashSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::state::{State, WebFile, WebFiles};

/// What the application may do: load its own files, and talk to this server. Nothing inline, nobody else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// The page that every address of the application begins with.
const INDEX: &str = "index.html";

/// Files whose names change with their contents.
const HASHED: &str = "assets/";

/// Addresses of the interface that are followed by people, too, and show what they say.
const FOLLOWED: [&str; 8] =
    ["/docs", "/healthz", "/mailbox/", "/metrics", "/openapi.json", "/problems/", "/readyz", "/executions/"];

/// Marks an answer that is worth compressing and holds nothing secret.
#[derive(Clone)]
pub(crate) struct Compressible;

/// Serves the application.
#[derive(Clone)]
pub(crate) struct Web {
    files: Arc<dyn WebFiles>,
    /// Where documents take orders by GET: whoever follows such an address means it.
    intakes: Arc<HashSet<String>>,
}

impl Web {
    /// The application of a home that has it.
    pub(crate) fn of(state: &State) -> Option<Self> {
        let files = state.console.web.clone()?;
        files.get(INDEX)?;
        let by_get = state.intakes.iter().filter(|intake| intake.methods.contains(&Method::GET));
        Some(Self { files, intakes: Arc::new(by_get.map(|intake| intake.route()).collect()) })
    }

    /// The application's answer to a request; nothing for one that is the interface's.
    fn answer(&self, request: &Request) -> Option<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let path = request.uri().path();
        let name = path.trim_start_matches('/');
        if !name.is_empty()
            && name != INDEX
            && let Some(file) = self.files.get(name)
        {
            return Some(file_response(file, request.headers(), name.starts_with(HASHED)));
        }
        if name.starts_with(HASHED) {
            // A file of an earlier version: the page that asks for it has to be loaded again.
            return Some(StatusCode::NOT_FOUND.into_response());
        }
        if !navigates(request.headers()) || self.is_followed(path) {
            return None;
        }
        let mut response = file_response(self.files.get(INDEX)?, request.headers(), false);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        Some(response)
    }

    fn is_followed(&self, path: &str) -> bool {
        FOLLOWED.iter().any(|followed| path.starts_with(followed))
            || path.ends_with("/receipt")
            || path.ends_with(".csv")
            || self.intakes.contains(path)
    }
}

/// Lets the application answer what is its own, and the interface the rest.
pub(crate) async fn before(web: Web, request: Request, next: Next) -> Response {
    match web.answer(&request) {
        Some(response) => response,
        None => next.run(request).await,
    }
}

/// Whether a browser is being sent there, rather than a program asking.
fn navigates(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|accept| accept.split(',')).any(|kind| kind.trim().starts_with("text/html"))
}

fn file_response(file: WebFile, request: &HeaderMap, is_hashed: bool) -> Response {
    let etag = format!("\"{}\"", file.etag);
    let caching = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = request.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Body::from(file.content).into_response(),
    };
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    put(header::CONTENT_TYPE, &file.media_type);
    put(header::CACHE_CONTROL, caching);
    put(header::ETAG, &etag);
    put(header::VARY, "Accept");
    response.extensions_mut().insert(Compressible);
    response
}
