//! The shop as its customers and its operator reach it: through the APIs that were deployed.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::account::{Account, encoded};
use crate::deployment::Api;

const PATIENCE: Duration = Duration::from_secs(120);
const PASSWORD: &str = "Correct-Horse-Battery-7";

/// A shop, by the API of one workflow.
#[derive(Clone)]
pub struct Shop {
    http: reqwest::Client,
    api: String,
    operator_key: String,
    /// A customer's, of the user pool.
    token: String,
}

/// An answer: its status and its JSON (null when it is none).
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Shop {
    /// Reads the operator's key, and signs a customer up and in.
    pub async fn open(account: &Account, name: &str) -> Self {
        let input = json!({ "SecretId": format!("{name}/keys") });
        let secret = account.call("secretsmanager", "secretsmanager.GetSecretValue", input).await;
        let keys: Value =
            serde_json::from_str(secret["SecretString"].as_str().unwrap_or_default()).expect("keys are JSON");
        let operator_key = keys["operator_key"].as_str().expect("there is an operator's key").to_owned();
        let token = token(account, name).await;
        Self { http: reqwest::Client::new(), api: account.endpoint().to_owned(), operator_key, token }
    }

    /// The same shop, by the API of a workflow.
    pub fn at(&self, api: &Api) -> Self {
        // Where the stand-in answers for `{id}.execute-api.{region}.amazonaws.com/{stage}`.
        let url = format!("{}/_aws/execute-api/{}/{}", self.api, api.id, api.stage);
        Self { api: url, ..self.clone() }
    }

    /// The shop of the embedded home, where the operator's key stands for a customer's token.
    pub fn embedded(url: &str, operator_key: &str) -> Self {
        let token = format!("Bearer {operator_key}");
        Self { http: reqwest::Client::new(), api: url.to_owned(), operator_key: operator_key.to_owned(), token }
    }

    /// Places an order as a customer who is signed in.
    pub async fn place(&self, method: &Method, path: &str, order: &Value) -> Answer {
        self.send(self.order(method, path, order).header("authorization", &self.token)).await
    }

    /// The same, under a key that makes it safe to repeat.
    pub async fn place_under(&self, key: Option<&str>, method: &Method, path: &str, order: &Value) -> Answer {
        let request = self.order(method, path, order).header("authorization", &self.token);
        self.send(key.into_iter().fold(request, |request, key| request.header("idempotency-key", key))).await
    }

    /// Places an order as somebody unknown.
    pub async fn place_without_token(&self, method: &Method, path: &str, order: &Value) -> Answer {
        self.send(self.order(method, path, order)).await
    }

    /// Reads as the operator.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.api)).bearer_auth(&self.operator_key)).await
    }

    /// Every entry of a listing, page after page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        let separator = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.get(&format!("{path}{separator}limit=500{cursor}")).await;
            items.extend(page.body["items"].as_array().unwrap_or_else(|| panic!("{path}: {page:#?}")).iter().cloned());
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={}", encoded(next)),
                None => return items,
            }
        }
    }

    /// Asks for something to be done, as the operator.
    pub async fn post(&self, path: &str) -> Answer {
        self.send(self.http.post(format!("{}{path}", self.api)).bearer_auth(&self.operator_key).json(&json!({}))).await
    }

    /// Writes as the operator.
    pub async fn put(&self, path: &str, body: &Value) {
        let request = self.http.put(format!("{}{path}", self.api)).bearer_auth(&self.operator_key).json(body);
        let answer = self.send(request).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
    }

    /// Writes down the customer that orders may name.
    pub async fn put_customer(&self) {
        self.put("/customers/ana", &json!({ "contact": "Ana Pop", "email": "ana@example.com" })).await;
    }

    /// The order, once it is where it was to come.
    pub async fn reached(&self, id: &str, status: &str) -> Value {
        let started = Instant::now();
        loop {
            let order = self.get(&format!("/orders/{id}")).await;
            if order.body["status"] == status {
                return order.body;
            }
            assert!(started.elapsed() < PATIENCE, "{id} did not become {status}: {order:#?}");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// The stock of a product: on hand, reserved, sold.
    pub async fn level(&self, sku: &str) -> [i64; 3] {
        let product = self.get(&format!("/inventory/{sku}")).await;
        ["on_hand", "reserved", "sold"]
            .map(|name| product.body[name].as_i64().unwrap_or_else(|| panic!("{sku} has no {name}: {product:?}")))
    }

    /// The audit finds nothing.
    pub async fn books_agree(&self) {
        let audit = self.get("/audit").await;
        assert_eq!(audit.body["ok"], true, "{audit:#?}");
    }

    fn order(&self, method: &Method, path: &str, order: &Value) -> RequestBuilder {
        let url = format!("{}{path}", self.api);
        if method != Method::GET {
            return self.http.request(method.clone(), url).json(order);
        }
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let members = order.as_object().into_iter().flatten();
        let query: Vec<String> = members.map(|(name, value)| format!("{name}={}", encoded(&text(value)))).collect();
        self.http.get(format!("{url}?{}", query.join("&")))
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("the stand-in answers");
        let status = response.status().as_u16();
        let body = response.bytes().await.expect("the answer is whole");
        Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }
}

/// A token of a customer who signed up with the user pool.
async fn token(account: &Account, name: &str) -> String {
    let call = |operation: &str, input: Value| {
        account.call("cognito-idp", &format!("AWSCognitoIdentityProviderService.{operation}"), input)
    };
    let pools = call("ListUserPools", json!({ "MaxResults": 60 })).await;
    let pools = pools["UserPools"].as_array().cloned().unwrap_or_default();
    let pool = pools.iter().find(|pool| pool["Name"].as_str().is_some_and(|pool| pool.starts_with(name)));
    let pool = pool.unwrap_or_else(|| panic!("there is a user pool {name}: {pools:?}"))["Id"].clone();
    let clients = call("ListUserPoolClients", json!({ "UserPoolId": pool, "MaxResults": 60 })).await;
    let client = clients["UserPoolClients"][0]["ClientId"].clone();
    let (user, again) = ("ana@example.com", "SUPPRESS");
    let input = json!({ "UserPoolId": pool, "Username": user, "MessageAction": again });
    call("AdminCreateUser", input).await;
    let input = json!({ "UserPoolId": pool, "Username": user, "Password": PASSWORD, "Permanent": true });
    call("AdminSetUserPassword", input).await;
    let parameters = json!({ "USERNAME": user, "PASSWORD": PASSWORD });
    let input = json!({ "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
    let session = call("InitiateAuth", input).await;
    session["AuthenticationResult"]["IdToken"].as_str().unwrap_or_else(|| panic!("no token: {session}")).to_owned()
}
