//! A server under test: a process of the real binary on a data folder of its own.

pub mod terraform;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The operator key of every server under test.
pub const KEY: &str = "operator-key-of-the-tests";

pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orderflow"));
    command.env("RUST_LOG", "warn").env("ORDERFLOW_ADMIN_KEY", KEY);
    command
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A copy of the built-in workflows, to be changed.
pub fn copy_workflows(to: &Path) {
    for entry in std::fs::read_dir(root().join("workflows")).unwrap() {
        let folder = entry.unwrap().path();
        if folder.is_dir() {
            let copy = to.join(folder.file_name().unwrap());
            std::fs::create_dir_all(&copy).unwrap();
            for file in std::fs::read_dir(&folder).unwrap() {
                let file = file.unwrap().path();
                std::fs::copy(&file, copy.join(file.file_name().unwrap())).unwrap();
            }
        }
    }
}

/// A running server.
pub struct Server {
    process: Child,
    url: String,
    http: reqwest::Client,
    data: PathBuf,
    /// Kept so that the folder lives as long as the server, unless it is somebody else's.
    folder: Option<TempDir>,
}

/// An answer: its status and its JSON (null when it is none).
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

impl Answer {
    /// The body, when the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// Asserts a refusal that names the field.
    #[track_caller]
    pub fn names(self, status: u16, field: &str) {
        assert_eq!(self.status.as_u16(), status, "expected a refusal that names {field}: {:#}", self.body);
        let named = self.body["errors"].as_array().into_iter().flatten().any(|error| error["field"] == field);
        assert!(named, "{field} is not named: {:#}", self.body);
    }
}

impl Server {
    /// A server with an empty inventory.
    pub fn start() -> Server {
        Self::start_with(&[])
    }

    /// A server with the demo catalogue.
    pub fn demo() -> Server {
        Self::start_with(&["--demo"])
    }

    /// A server with more arguments.
    pub fn start_with(arguments: &[&str]) -> Server {
        let folder = TempDir::new().expect("a temporary folder");
        let mut server = Self::start_on(folder.path(), arguments);
        server.folder = Some(folder);
        server
    }

    /// A server on a folder that outlives it.
    pub fn start_on(data: &Path, arguments: &[&str]) -> Server {
        let mut serve = binary();
        serve.arg("serve");
        Self::of(serve, data, arguments)
    }

    /// The server that a command runs.
    pub fn of(mut command: Command, data: &Path, arguments: &[&str]) -> Server {
        let mut process = command
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("standard output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the server says where it listens");
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap_or_else(|| panic!("the server did not start: {line}"))
            .to_owned();
        let http = reqwest::Client::new();
        Server { process, url, http, data: data.to_owned(), folder: None }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Kills it as a power cut would.
    pub fn kill(mut self) {
        self.process.kill().expect("the server can be killed");
        self.process.wait().expect("the server ends");
    }

    /// Tells it to stop, and waits until it has; gives its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let pid = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        self.process.wait().expect("the server ends").code()
    }

    /// A request without any key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        let status = response.status();
        let body = response.bytes().await.expect("the answer is whole");
        Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    /// As the operator.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth(KEY)).await
    }

    /// As the operator.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).bearer_auth(KEY).json(body)).await
    }

    /// As the operator.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).bearer_auth(KEY).json(body)).await
    }

    /// As a shopper: without any key.
    pub async fn shop(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Makes a product with so many units at 10.00 USD.
    pub async fn stock(&self, sku: &str, units: i64) {
        let product = json!({
            "name": format!("Product {sku}"),
            "unit_price": { "amount": "10.00", "currency": "USD" },
            "on_hand": units,
        });
        let answer = self.put(&format!("/inventory/{sku}"), &product).await;
        assert!(answer.status.is_success(), "{answer:?}");
    }

    /// The stock of a product.
    pub async fn level(&self, sku: &str) -> (i64, i64, i64) {
        let product = self.get(&format!("/inventory/{sku}")).await.expect(200);
        let number = |name: &str| product[name].as_i64().expect("a counter is a number");
        (number("on_hand"), number("reserved"), number("sold"))
    }

    /// Places an order through an intake and waits for its end; gives the order as the operator sees it.
    pub async fn place(&self, intake: &str, body: &Value) -> Value {
        let separator = if intake.contains('?') { '&' } else { '?' };
        let placed = self.shop(&format!("{intake}{separator}wait=30"), body).await;
        assert!(placed.status.is_success(), "{placed:?}");
        let id = placed.body["order_id"].as_str().expect("a placed order has an id").to_owned();
        self.finished(&id).await
    }

    /// The order, once its workflow has ended.
    pub async fn finished(&self, id: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let order = self.get(&format!("/orders/{id}")).await.expect(200);
            let arn = order["execution_arn"].as_str().unwrap_or_default();
            let execution = self.get(&format!("/executions/{arn}")).await;
            if execution.status.is_success() && execution.body["status"] != "RUNNING" {
                return self.get(&format!("/orders/{id}")).await.expect(200);
            }
            assert!(Instant::now() < deadline, "the order did not end: {order:#} {execution:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The names of the states an order went through, in order.
    pub async fn states(&self, order: &Value) -> Vec<String> {
        let arn = order["execution_arn"].as_str().expect("an order names its execution");
        let history = self.get(&format!("/executions/{arn}/history?limit=500")).await.expect(200);
        let events = history["events"].as_array().expect("a history is a list");
        let entered = events.iter().filter_map(|event| event["stateEnteredEventDetails"]["name"].as_str());
        entered.map(str::to_owned).collect()
    }

    /// The mails about something, newest first.
    pub async fn mails(&self, about: &str) -> Vec<Value> {
        let page = self.get(&format!("/mailbox?q={about}")).await.expect(200);
        page["items"].as_array().expect("a mailbox is a list").clone()
    }

    /// The messages of a topic, newest first.
    pub async fn messages(&self, topic: &str) -> Vec<Value> {
        let page = self.get(&format!("/topics/{topic}/messages")).await.expect(200);
        page["items"].as_array().expect("messages are a list").clone()
    }

    /// Asserts that the books agree.
    pub async fn audit(&self) {
        let audit = self.get("/audit").await.expect(200);
        assert_eq!(audit["ok"], true, "{audit:#}");
    }

    /// Waits until something holds, for things that follow a little later.
    pub async fn eventually<F: Future<Output = bool>>(&self, what: &str, mut holds: impl FnMut() -> F) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds().await {
            assert!(Instant::now() < deadline, "it never came about that {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The built-in workflows, but a payment provider that does not answer is asked again after a minute only: time to
/// look at such an order, and to stop it.
pub fn patient_workflows(to: &Path) {
    copy_workflows(to);
    let file = to.join("checkout/workflow.asl.json");
    let mut machine: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let retry = &mut machine["States"]["ChargePayment"]["Retry"][0];
    (retry["IntervalSeconds"], retry["MaxDelaySeconds"]) = (json!(60), json!(61));
    retry.as_object_mut().unwrap().remove("JitterStrategy");
    std::fs::write(file, machine.to_string()).unwrap();
}

/// A checkout order of one line by a guest.
pub fn checkout(order_id: &str, sku: &str, quantity: i64) -> Value {
    json!({
        "order_id": order_id,
        "customer": { "email": "ana@example.com", "name": "Ana Pop" },
        "items": [{ "sku": sku, "quantity": quantity }],
        "shipping_address": { "name": "Ana Pop", "street": "Str. Lungă 1", "city": "Brașov", "postal_code": "500001", "country": "RO" },
        "payment": { "token": "tok_visa" },
    })
}

/// An order that pays with another token.
pub fn paid_with(mut order: Value, token: &str) -> Value {
    order["payment"]["token"] = token.into();
    order
}
