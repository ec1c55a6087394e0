//! The interface over a shop in memory and a real engine on a temporary file, and a client for it.

use std::sync::Arc;

use api::{Console, Intake, IntakeAuth, Keys, State, WorkflowView};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use engine::{Engine, SystemClock};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::executions_of_engine::EngineExecutions;
use crate::shop::{Shop, Tasks};

pub const OPERATOR: &str = "the-operators-key";

const CHECKOUT: &str = r#"{"StartAt": "Validate", "TimeoutSeconds": 600, "States": {
    "Validate": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:validate", "Next": "Confirm"},
    "Confirm": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:confirm", "End": true}}}"#;

const CANCELLATION: &str = r#"{"StartAt": "Cancel", "States": {
    "Cancel": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:cancel", "End": true}}}"#;

const SHIPMENT: &str = r#"{"StartAt": "Ship", "States": {
    "Ship": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:ship", "End": true}}}"#;

/// The shop with its interface.
pub struct World {
    pub shop: Arc<Shop>,
    pub router: Router,
    pub stopping: watch::Sender<bool>,
    pub keys: Keys,
    _folder: tempfile::TempDir,
}

/// An answer, read.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The answer of that status, as JSON.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    /// A problem of that status and type that names those fields.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, kind: &str, fields: &[&str]) -> Value {
        let problem = self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["detail"].is_string() && problem["instance"].is_string());
        let named: Vec<_> = problem["errors"].as_array().into_iter().flatten().map(|e| e["field"].clone()).collect();
        assert_eq!(named, fields, "{problem}");
        problem
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world whose state was changed before its router was made.
    pub async fn with(change: impl FnOnce(&mut State)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = store::Store::open(&folder.path().join("test.db"), &[engine::MIGRATIONS]).unwrap();
        let shop = Arc::new(Shop::default());
        let handler = Arc::new(Tasks(shop.clone()));
        let engine = Engine::open(store, engine::Config::default(), handler, Arc::new(SystemClock::default())).unwrap();
        for (name, definition) in [
            ("checkout", CHECKOUT),
            ("queued-orders", CHECKOUT),
            ("cancellation", CANCELLATION),
            ("shipment", SHIPMENT),
        ] {
            engine.put_state_machine(name, definition).await.unwrap();
        }
        shop.engine.set(engine.clone()).ok().unwrap();
        shop.put_product("tea", "Tea", "18.00", 10);
        shop.put_product("coffee", "Coffee", "9.50", 5);
        let (stopping, stopped) = watch::channel(false);
        let keys = Keys::new(OPERATOR, b"secret");
        let intake = |workflow: &str, methods: &[Method], path: &str, handler: &str, auth| Intake {
            workflow: workflow.to_owned(),
            methods: methods.to_vec(),
            path: path.to_owned(),
            handler: handler.to_owned(),
            auth,
            example: Some(json!({"order_id": "Q-1", "items": []})),
        };
        let both = [Method::GET, Method::POST];
        let mut state = State {
            ports: shop.ports(),
            writer: shop.clone(),
            handlers: shop.clone(),
            messages: shop.clone(),
            auditor: shop.clone(),
            executions: Arc::new(EngineExecutions(engine)),
            console: Console::default(),
            keys: keys.clone(),
            base_url: None,
            intakes: vec![
                intake("checkout", &[Method::POST], "/orders", "PlaceOrder", IntakeAuth::None),
                intake("queued-orders", &both, "/order", "PlaceQueuedOrder", IntakeAuth::None),
                intake("queued-orders", &[Method::POST], "/keyed", "PlaceOrder", IntakeAuth::Key),
                intake("queued-orders", &[Method::POST], "/broken", "Broken", IntakeAuth::None),
                intake("queued-orders", &[Method::POST], "/echo", "Echo", IntakeAuth::None),
            ],
            workflows: ["checkout", "queued-orders"].map(workflow).to_vec(),
            receipts: shop.clone(),
            gateway: Some(shop.clone()),
            readiness: shop.clone(),
            metrics: Some(shop.clone()),
            streams_answers: true,
            stopping: stopped,
        };
        change(&mut state);
        let router = api::router(state).unwrap();
        Self { shop, router, stopping, keys, _folder: folder }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&body).into_owned() }
    }

    /// A request of the operator's.
    pub async fn operator(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {OPERATOR}"));
        self.send(with_json(request, body)).await
    }

    /// A request without any key.
    pub async fn anybody(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send(with_json(Request::builder().method(method).uri(path), body)).await
    }

    /// Places an order of one unit and returns what came back.
    pub async fn place(&self, id: &str, query: &str) -> Answer {
        self.anybody("POST", &format!("/orders{query}"), Some(order(id))).await
    }
}

fn with_json(request: axum::http::request::Builder, body: Option<Value>) -> Request<Body> {
    match body {
        Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    }
    .unwrap()
}

/// A request for one unit of tea.
pub fn order(id: &str) -> Value {
    json!({"order_id": id, "customer": {"email": "ana@example.com"}, "items": [{"sku": "tea", "quantity": 1}]})
}

fn workflow(name: &str) -> WorkflowView {
    WorkflowView {
        name: name.to_owned(),
        description: "For tests.".to_owned(),
        state_machine_arn: format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}"),
        definition: serde_json::from_str(CHECKOUT).unwrap(),
        triggers: json!({}),
        example_order: None,
    }
}
