//! The HTTP interface, asked from within the program: what an operator or a shopper could send, without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use serde_json::Value;
use tower::ServiceExt;

/// Asks with the operator's key. Cheap to clone.
#[derive(Clone)]
pub struct Inside {
    router: Router,
    operator_key: String,
}

impl Inside {
    pub fn new(router: Router, operator_key: String) -> Inside {
        Inside { router, operator_key }
    }

    /// Reads; what is no success is an error in words.
    pub async fn get(&self, path: &str) -> Result<Value, String> {
        self.succeed(Method::GET, path, "text/plain", Bytes::new()).await
    }

    /// Sends CSV; what is no success is an error in words.
    pub async fn post_csv(&self, path: &str, csv: &'static str) -> Result<Value, String> {
        self.succeed(Method::POST, path, "text/csv", Bytes::from_static(csv.as_bytes())).await
    }

    /// Sends JSON; what is no success is an error in words.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.succeed(Method::POST, path, "application/json", body.to_string().into()).await
    }

    async fn succeed(&self, method: Method, path: &str, media_type: &str, body: Bytes) -> Result<Value, String> {
        let failed = |reason: String| format!("{path}: {reason}");
        let (status, body) = self.send(method, path, media_type, body).await.map_err(failed)?;
        if !status.is_success() {
            return Err(failed(String::from_utf8_lossy(&body).into_owned()));
        }
        serde_json::from_slice(&body).map_err(|error| failed(error.to_string()))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), String> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.operator_key))
            .header(header::CONTENT_TYPE, media_type)
            .body(Body::from(body))
            .map_err(|error| error.to_string())?;
        let response = self.router.clone().oneshot(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.map_err(|error| error.to_string())?;
        Ok((status, body))
    }
}
