//! The HTTP client of the commands that speak to a running server.

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::Failure;

pub struct Client {
    http: reqwest::Client,
    server: String,
    key: Option<String>,
}

impl Client {
    pub fn new(server: &str, key: Option<String>) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .pool_max_idle_per_host(1024)
            .build()
            .map_err(|error| Failure::server(format!("cannot set up HTTP: {error}")))?;
        let address = reqwest::Url::parse(server).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        if address.is_none() {
            return Err(Failure::input(format!("--server {server}: expected a URL such as http://127.0.0.1:8080")));
        }
        Ok(Self { http, server: server.trim_end_matches('/').to_owned(), key })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.server));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Asks for JSON; a refusal is an error in the server's own words.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        let response = self.send(self.request(Method::GET, path)).await?;
        self.accepted(response).await
    }

    /// Sends a body of that media type.
    pub async fn post(&self, path: &str, media_type: &str, body: Vec<u8>) -> Result<Value, Failure> {
        let request = self.request(Method::POST, path).header("content-type", media_type).body(body);
        let response = self.send(request).await?;
        self.accepted(response).await
    }

    /// Places an order and gives back whatever comes, a refusal included. A connection that breaks is
    /// tried again: the order's own id, or else a key for this one placing, makes that safe.
    pub async fn place(&self, path: &str, order: &Value) -> Result<(StatusCode, Value), Failure> {
        let key = (!has_id(order)).then(|| uuid::Uuid::new_v4().to_string());
        let mut attempt = 0;
        loop {
            let mut request = self.request(Method::POST, path).json(order);
            if let Some(key) = &key {
                request = request.header("idempotency-key", key);
            }
            match request.send().await {
                Ok(response) => {
                    let status = response.status();
                    let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
                    return Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)));
                }
                Err(error) if attempt == 3 => return Err(self.unreachable(&error)),
                Err(_) => {
                    attempt += 1;
                    tokio::time::sleep(std::time::Duration::from_millis(200 * attempt)).await;
                }
            }
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        request.send().await.map_err(|error| self.unreachable(&error))
    }

    async fn accepted(&self, response: Response) -> Result<Value, Failure> {
        let status = response.status();
        let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(body);
        }
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(Failure::server(format!(
                "{} asks for an operator key: set ORDERFLOW_ADMIN_KEY, or --data to the server's data folder",
                self.server
            )));
        }
        let problem = problem(status, &body);
        Err(if status == StatusCode::BAD_REQUEST { Failure::input(problem) } else { Failure::refused(problem) })
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Failure::server(format!("no answer from {}: {cause}", self.server))
    }
}

/// Whether an order names itself, in the words of any of the intakes.
fn has_id(order: &Value) -> bool {
    ["order_id", "orderId", "OrderID"].iter().any(|field| !order[field].is_null())
}

/// A problem document in one line; where several fields are wrong, with a line for each.
pub fn problem(status: StatusCode, body: &Value) -> String {
    let errors = body["errors"].as_array().filter(|errors| errors.len() > 1);
    let [first, second] = if errors.is_some() { ["title", "detail"] } else { ["detail", "title"] };
    let mut text = body[first].as_str().or(body[second].as_str()).map_or(status.to_string(), str::to_owned);
    for error in errors.into_iter().flatten() {
        let (field, expected) = (error["field"].as_str().unwrap_or(""), error["expected"].as_str().unwrap_or(""));
        text.push_str(&format!("\n  {field}: expected {expected}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_says_each_thing_once() {
        let error = |field: &str| json!({ "field": field, "expected": "a thing" });
        let body =
            |errors: &[Value]| json!({ "title": "Not right", "detail": "a: expected a thing", "errors": errors });
        for (body, text) in [
            (body(&[error("a")]), "a: expected a thing"),
            (body(&[error("a"), error("b")]), "Not right\n  a: expected a thing\n  b: expected a thing"),
            (json!({ "detail": "gone" }), "gone"),
            (Value::Null, "502 Bad Gateway"),
        ] {
            assert_eq!(problem(StatusCode::BAD_GATEWAY, &body), text);
        }
    }

    #[test]
    fn an_order_names_itself_in_the_words_of_its_intake() {
        for named in [json!({ "order_id": "A-1" }), json!({ "orderId": "A-1" }), json!({ "OrderID": "A-1" })] {
            assert!(has_id(&named), "{named}");
        }
        assert!(!has_id(&json!({ "items": [] })) && !has_id(&json!({ "order_id": null })));
    }
}
