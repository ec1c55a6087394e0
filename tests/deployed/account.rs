//! Calls of AWS's services where the stand-in is, in their own protocols.

use bytes::Bytes;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

/// Where everything is.
pub const REGION: &str = "eu-central-1";
/// The stand-in's only account.
pub const ACCOUNT: &str = "000000000000";

/// An account of the stand-in.
#[derive(Clone)]
pub struct Account {
    http: reqwest::Client,
    endpoint: String,
}

impl Account {
    pub fn new(endpoint: &str) -> Self {
        Self { http: reqwest::Client::new(), endpoint: endpoint.to_owned() }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// An operation in the JSON protocol: `AmazonSQS.ReceiveMessage`.
    #[track_caller]
    pub fn call(&self, service: &str, operation: &str, input: Value) -> impl Future<Output = Value> + use<> {
        let (account, service, operation) = (self.clone(), service.to_owned(), operation.to_owned());
        async move {
            let answer = account.try_call(&service, &operation, &input).await;
            answer.unwrap_or_else(|error| panic!("{operation} of {input}: {error}"))
        }
    }

    /// The same; an error is what the service says.
    pub async fn try_call(&self, service: &str, operation: &str, input: &Value) -> Result<Value, String> {
        let version = if ["dynamodb", "sqs", "states"].contains(&service) { "1.0" } else { "1.1" };
        let request = self
            .http
            .post(&self.endpoint)
            .header("content-type", format!("application/x-amz-json-{version}"))
            .header("x-amz-target", operation)
            .body(input.to_string());
        let (status, body) = self.send(service, request).await;
        let text = String::from_utf8_lossy(&body);
        if !status.is_success() {
            return Err(format!("{status}: {text}"));
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// An operation in the query protocol, whose answer is XML.
    pub async fn query(&self, service: &str, version: &str, action: &str, input: &[(String, String)]) -> String {
        let mut form = vec![("Action".to_owned(), action.to_owned()), ("Version".to_owned(), version.to_owned())];
        form.extend_from_slice(input);
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let request = self.http.post(&self.endpoint).header("content-type", "application/x-www-form-urlencoded");
        let (status, body) = self.send(service, request.body(body.join("&"))).await;
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(status.is_success(), "{action}: {status}: {text}");
        text
    }

    /// Calls a function and waits for its answer.
    pub async fn invoke(&self, function: &str, input: &Value) -> Value {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.endpoint);
        let (status, body) = self.send("lambda", self.http.post(url).body(input.to_string())).await;
        assert!(status.is_success(), "{function}: {status}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("a function answers in JSON")
    }

    /// An object, when it is there.
    pub async fn object(&self, bucket: &str, key: &str) -> Option<Bytes> {
        let (status, body) = self.send("s3", self.http.get(format!("{}/{bucket}/{key}", self.endpoint))).await;
        status.is_success().then_some(body)
    }

    /// Whether there is a bucket of that name.
    pub async fn has_bucket(&self, bucket: &str) -> bool {
        let (status, _) = self.send("s3", self.http.head(format!("{}/{bucket}", self.endpoint))).await;
        status.is_success()
    }

    /// Puts an object; a bucket, when the path is but its name.
    pub async fn put(&self, path: &str, body: Vec<u8>) {
        let (status, body) = self.send("s3", self.http.put(format!("{}/{path}", self.endpoint)).body(body)).await;
        assert!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&body));
    }

    /// The addresses that mails went to.
    pub async fn recipients(&self) -> Vec<String> {
        let url = format!("{}/_ministack/ses/messages", self.endpoint);
        let (_, body) = self.send("ses", self.http.get(url)).await;
        let answer: Value = serde_json::from_slice(&body).expect("the stand-in lists mails as JSON");
        let mails =
            answer["messages"].as_object().into_iter().flatten().flat_map(|(_, mails)| mails.as_array().cloned());
        mails
            .flatten()
            .flat_map(|mail| mail["To"].as_array().cloned().unwrap_or_default())
            .map(|to| to.to_string())
            .collect()
    }

    async fn send(&self, service: &str, request: RequestBuilder) -> (StatusCode, Bytes) {
        // The stand-in reads service and region from a signature's scope, and checks nothing of it.
        let scope = format!("Credential=test/20260101/{REGION}/{service}/aws4_request");
        let request =
            request.header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"));
        let response = request.send().await.expect("the stand-in answers");
        (response.status(), response.bytes().await.expect("the answer is whole"))
    }
}

/// What stands between `<tag>` and `</tag>`, each time.
pub fn between<'x>(xml: &'x str, tag: &str) -> Vec<&'x str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    xml.split(&open).skip(1).filter_map(|rest| rest.split(&close).next()).collect()
}

/// As a form or a query has it.
pub fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
