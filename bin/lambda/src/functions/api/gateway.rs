//! What API Gateway did with a request before it came here.

use ::api::Admitted;
use axum::body::Body;
use axum::http::header;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What a path cannot have in it as it is (<https://url.spec.whatwg.org/#path-percent-encode-set>).
const NOT_IN_PATHS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The request as the router takes it: without the stage in its path, with what the gateway found out about who
/// sent it, and never to be compressed, which API Gateway does better, as it knows what is text.
pub fn for_router(request: lambda_http::Request) -> axum::http::Request<Body> {
    // The gateway may have decoded it.
    let path = utf8_percent_encode(request.raw_http_path(), NOT_IN_PATHS).to_string();
    let is_admitted = request.request_context_ref().is_some_and(is_admitted);
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    parts.uri = format!("{path}{query}").parse().expect("whatever may not be in an address is encoded");
    parts.headers.remove(header::ACCEPT_ENCODING);
    if is_admitted {
        parts.extensions.insert(Admitted);
    }
    axum::http::Request::from_parts(parts, Body::new(body))
}

/// Whether the gateway asked who sent the request and was satisfied: a user pool's token leaves its claims, a signature
/// the identity that it was made with.
fn is_admitted(context: &RequestContext) -> bool {
    let RequestContext::ApiGatewayV1(context) = context else { return false };
    let claims = context.authorizer.fields.get("claims");
    let subject = claims.and_then(|claims| claims["sub"].as_str());
    subject.or(context.identity.user_arn.as_deref()).is_some_and(|who| !who.is_empty())
}
