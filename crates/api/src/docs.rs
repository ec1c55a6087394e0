//! The interface's description, to be browsed.
//!
//! The pages for that are part of the program, and larger than many a program. A home that is to be small leaves them
//! out (the feature `swagger-ui`): there the description itself is shown.

use axum::Router;

pub(crate) use pages::routes;

/// Where it is.
pub(crate) const DOCS: &str = "/docs";

#[cfg(feature = "swagger-ui")]
mod pages {
    use axum::http::{HeaderValue, StatusCode, header};
    use axum::middleware::map_response;
    use axum::response::{IntoResponse, Response};
    use utoipa_swagger_ui::{Config, SwaggerUi};

    use super::{DOCS, Router};
    use crate::edge;

    pub(crate) fn routes() -> Router {
        Router::from(SwaggerUi::new(DOCS).config(Config::from("/openapi.json"))).layer(map_response(finish))
    }

    async fn finish(mut response: Response) -> Response {
        if response.status() == StatusCode::NOT_FOUND {
            return edge::no_route().await.into_response();
        }
        let policy =
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
        response
    }
}

#[cfg(not(feature = "swagger-ui"))]
mod pages {
    use axum::response::Redirect;
    use axum::routing::get;

    use super::{DOCS, Router};

    pub(crate) fn routes() -> Router {
        // Beside this one, wherever the gateway before has it.
        Router::new().route(DOCS, get(async || Redirect::temporary("openapi.json")))
    }
}
