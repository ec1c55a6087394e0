//! What handlers take from a request, with problems instead of the framework's plain texts.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde_json::Value;

use crate::json;
use crate::params::Params;
use crate::problem::{Kind, Problem};

/// The most bytes of a JSON body.
const MAX_JSON_BYTES: usize = 1 << 20;

/// The most bytes of a CSV body.
const MAX_CSV_BYTES: usize = 16 << 20;

/// How much of a body that is too large is still read and thrown away. A client that is cut off while
/// it sends sees a broken connection instead of the answer that says why.
const MAX_DISCARDED_BYTES: usize = 32 << 20;

/// How long a client may be silent in the middle of a body.
const MAX_SILENCE: Duration = Duration::from_secs(20);

/// How long a body may take as a whole: the largest over a slow line, but not a byte now and then for ever.
const MAX_BODY_TIME: Duration = Duration::from_secs(300);

/// The one parameter of a path.
pub(crate) struct PathText(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => Ok(Self(text)),
            Err(rejection) => Err(Problem::new(Kind::InvalidRequest, rejection.body_text())),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Params::of(&parts.uri))
    }
}

/// A JSON body.
pub(crate) struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        read_json(&parts.headers, body).await.map(Self)
    }
}

/// A CSV body, as text.
pub(crate) struct CsvBody(pub String);

impl<S: Send + Sync> FromRequest<S> for CsvBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        require_media_type(&parts.headers, "text/csv", |essence| essence == "text/csv")?;
        let bytes = read(body, MAX_CSV_BYTES).await?;
        match String::from_utf8(bytes.into()) {
            Ok(text) => Ok(Self(text)),
            Err(error) => {
                let position = error.utf8_error().valid_up_to();
                let line = error.as_bytes()[..position].iter().filter(|byte| **byte == b'\n').count() + 1;
                let detail = format!("the body is not UTF-8: a byte in line {line} cannot be read");
                Err(Problem::new(Kind::InvalidRequest, detail))
            }
        }
    }
}

/// Reads a body that must be JSON.
pub(crate) async fn read_json(headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    require_media_type(headers, "application/json", |essence| {
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
    })?;
    json::parse(&read(body, MAX_JSON_BYTES).await?)
}

/// Checks the media type without its parameters.
fn require_media_type(headers: &HeaderMap, wanted: &str, fits: impl Fn(&str) -> bool) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or_default());
    let essence = given.split(';').next().unwrap_or_default().trim();
    if fits(essence) || fits(&essence.to_ascii_lowercase()) {
        return Ok(());
    }
    let was = if essence.is_empty() { "none was given".to_owned() } else { format!("not {essence}") };
    Err(Problem::new(Kind::UnsupportedMediaType, format!("send Content-Type: {wanted}; {was}")))
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(MAX_BODY_TIME, read_whole(body.into_data_stream(), limit)).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(Kind::RequestTimeout, "the body took too long")),
    }
}

/// The next piece of a body, if it comes while somebody would still wait for it.
async fn next_chunk(chunks: &mut BodyDataStream) -> Result<Option<Bytes>, Problem> {
    match tokio::time::timeout(MAX_SILENCE, chunks.next()).await {
        Ok(chunk) => chunk.transpose().map_err(|_| Problem::new(Kind::InvalidRequest, "the body was cut off")),
        Err(_) => {
            let seconds = MAX_SILENCE.as_secs();
            Err(Problem::new(Kind::RequestTimeout, format!("nothing more of the body came for {seconds} seconds")))
        }
    }
}

async fn read_whole(mut chunks: BodyDataStream, limit: usize) -> Result<Bytes, Problem> {
    let mut first = Bytes::new();
    let mut joined: Option<BytesMut> = None;
    let mut length = 0;
    while let Some(chunk) = next_chunk(&mut chunks).await? {
        length += chunk.len();
        if length > limit {
            if length > limit + MAX_DISCARDED_BYTES {
                break;
            }
            joined = None;
            first = Bytes::new();
        } else if let Some(joined) = &mut joined {
            joined.extend_from_slice(&chunk);
        } else if first.is_empty() {
            first = chunk;
        } else {
            let mut both = BytesMut::from(&first[..]);
            both.extend_from_slice(&chunk);
            joined = Some(both);
        }
    }
    if length > limit {
        let detail = format!("the body may have at most {limit} bytes");
        return Err(Problem::new(Kind::BodyTooLarge, detail));
    }
    Ok(joined.map_or(first, BytesMut::freeze))
}
