//! What the router is made of.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::Method;
use bytes::Bytes;
use jiff::Timestamp;
use order::{Order, OrderId, ShippingRule, TaxRule};
use ports::{
    Auditor, Executions, Handlers, Messages, OperatorLog, PersonalData, Ports, Redrives, Rehearsals, Statistics,
    Trails, Writer,
};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::Keys;
use crate::problem::{Kind, Problem};

/// The workflow that is meant when none is named: its intake stands at the root.
pub(crate) const DEFAULT_WORKFLOW: &str = "checkout";

/// Everything that the HTTP interface is given.
#[derive(Clone)]
pub struct State {
    /// The readers.
    pub ports: Ports,
    /// Applies what an operator changes.
    pub writer: Arc<dyn Writer>,
    /// Runs the handlers that intakes name.
    pub handlers: Arc<dyn Handlers>,
    /// What was sent and what waits to be.
    pub messages: Arc<dyn Messages>,
    /// Looks through the books.
    pub auditor: Arc<dyn Auditor>,
    /// Runs the workflows.
    pub executions: Arc<dyn Executions>,
    /// What the console needs besides.
    pub console: Console,
    /// The operator's key, and the secret that access tokens are made with.
    pub keys: Keys,
    /// What links begin with, such as `https://shop.example`, without a slash at the end. Without it
    /// links are paths, to be resolved against the address that was asked.
    pub base_url: Option<String>,
    /// The routes at which orders come in.
    pub intakes: Vec<Intake>,
    /// The workflows, by name.
    pub workflows: Vec<WorkflowView>,
    /// Makes receipts again and checks links to them.
    pub receipts: Arc<dyn ReceiptDocuments>,
    /// The switch of the simulated payment gateway, where that is the gateway.
    pub gateway: Option<Arc<dyn GatewaySwitch>>,
    /// Tells whether requests can be served.
    pub readiness: Arc<dyn Readiness>,
    /// Renders the metrics, where they are kept by the program itself.
    pub metrics: Option<Arc<dyn Metrics>>,
    /// Whether an answer leaves piece by piece. Where it leaves only whole, an event stream ends as soon as it has told
    /// something, and whoever follows comes back.
    pub streams_answers: bool,
    /// Turns true when the server is asked to end: waiting requests and event streams then let go, so
    /// that it can end gracefully.
    pub stopping: watch::Receiver<bool>,
}

/// What the console needs beyond the ports of orders. What a home lacks is answered with 501 where it is
/// asked for.
#[derive(Clone, Default)]
pub struct Console {
    /// Goes on with executions that ended without success.
    pub redrives: Option<Arc<dyn Redrives>>,
    /// Keeps what operators did.
    pub operator_log: Option<Arc<dyn OperatorLog>>,
    /// Finds what orders leave in the books.
    pub trails: Option<Arc<dyn Trails>>,
    /// Reads what is counted.
    pub statistics: Option<Arc<dyn Statistics>>,
    /// What is known of a person, and its erasure.
    pub personal_data: Option<Arc<dyn PersonalData>>,
    /// Runs state machines in thought.
    pub rehearsals: Option<Arc<dyn Rehearsals>>,
    /// The shop as its visitors see it.
    pub shop: Option<Shop>,
    /// The files of the web application.
    pub web: Option<Arc<dyn WebFiles>>,
}

/// The shop as its visitors see it.
#[derive(Debug, Clone)]
pub struct Shop {
    /// Its name.
    pub name: String,
    /// Whether it is one to try things out in: the payment tokens are shown.
    pub demo: bool,
    /// The payment tokens that the gateway takes for tests, each with what it leads to.
    pub payment_tokens: Vec<(String, String)>,
    /// What checkout takes for shipping.
    pub shipping: ShippingRule,
    /// What tax checkout adds.
    pub tax: TaxRule,
}

/// What stands for a card at the simulated gateway, and what it leads to.
const PAYMENT_TOKENS: [(&str, &str); 7] = [
    ("tok_visa", "succeeds"),
    ("tok_declined", "is declined"),
    ("tok_insufficient_funds", "is refused: insufficient funds"),
    ("tok_expired", "is refused: the card has expired"),
    ("tok_fraud", "is refused: suspected fraud"),
    ("tok_timeout", "times out once, then succeeds"),
    ("tok_unavailable", "does not answer"),
];

impl Shop {
    /// The workflow whose prices the shop shows.
    pub const WORKFLOW: &str = DEFAULT_WORKFLOW;

    /// The shop of that name whose orders a definition prices; nothing when none of its states does.
    pub fn of_definition(definition: &Value, name: &str, demo: bool) -> Option<Self> {
        let (shipping, tax) = definition["States"].as_object()?.values().find_map(prices)?;
        let payment_tokens = PAYMENT_TOKENS.map(|(token, outcome)| (token.to_owned(), outcome.to_owned())).to_vec();
        Some(Self { name: name.to_owned(), demo, payment_tokens, shipping, tax })
    }
}

/// The rules of a state that prices orders.
fn prices(state: &Value) -> Option<(ShippingRule, TaxRule)> {
    state["Resource"].as_str().filter(|resource| resource.ends_with(":PriceOrder"))?;
    let parameters = &state["Parameters"];
    let shipping = serde_json::from_value(parameters["shipping"].clone()).ok()?;
    let tax = match &parameters["tax"] {
        Value::Null => TaxRule::default(),
        rule => serde_json::from_value(rule.clone()).ok()?,
    };
    Some((shipping, tax))
}

/// The files of the web application.
pub trait WebFiles: Send + Sync {
    /// The file at that path below the root, without a slash at its beginning.
    fn get(&self, path: &str) -> Option<WebFile>;
}

/// A file of the web application.
pub struct WebFile {
    /// Its contents.
    pub content: Bytes,
    /// Its media type.
    pub media_type: String,
    /// A text that changes with its contents.
    pub etag: String,
}

/// What a home has, or the answer that it has not.
pub(crate) fn available<T>(part: &Option<T>) -> Result<&T, Problem> {
    part.as_ref().ok_or_else(|| Problem::new(Kind::NotAvailable, "this installation does not offer it"))
}

/// A route at which a workflow's orders come in.
#[derive(Debug, Clone)]
pub struct Intake {
    /// The workflow.
    pub workflow: String,
    /// `GET` (the request is in the query) and `POST` (the request is the body).
    pub methods: Vec<Method>,
    /// The path as the workflow's trigger has it: `/orders`. Below `/{workflow}` for all but `checkout`.
    pub path: String,
    /// The handler that takes the request: `PlaceOrder`.
    pub handler: String,
    /// Who may place an order.
    pub auth: IntakeAuth,
    /// A request that is accepted, to be shown in the interface's description.
    pub example: Option<Value>,
}

impl Intake {
    /// The path at which it is served.
    #[must_use]
    pub fn route(&self) -> String {
        if self.workflow == DEFAULT_WORKFLOW { self.path.clone() } else { format!("/{}{}", self.workflow, self.path) }
    }
}

/// Who may place an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntakeAuth {
    /// Anybody.
    None,
    /// Who has the operator's key.
    Key,
    /// Whom the gateway before this interface has let in: the request carries [`Admitted`].
    Gateway,
}

/// Among a request's extensions: who sent it has shown the gateway before this interface who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted;

/// A workflow as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkflowView {
    /// Its name.
    #[schema(example = "checkout")]
    pub name: String,
    /// What it is for, in a sentence.
    #[schema(example = "Takes an order from placed to paid, receipted and confirmed.")]
    pub description: String,
    /// Its state machine.
    #[schema(example = "arn:aws:states:us-east-1:123456789012:stateMachine:checkout")]
    pub state_machine_arn: String,
    /// Its definition in the Amazon States Language, with the ARNs filled in.
    #[schema(value_type = Object)]
    pub definition: Value,
    /// What starts it and what follows it.
    #[schema(value_type = Object)]
    pub triggers: Value,
    /// A request that it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub example_order: Option<Value>,
}

/// Makes receipts, and checks the links that lead to them.
pub trait ReceiptDocuments: Send + Sync {
    /// The receipt of an order as a PDF; nothing when the order has no prices yet.
    fn render(&self, order: &Order) -> Option<Bytes>;

    /// Whether a link to an order's receipt is one of ours and still good. `expires` and `signature`
    /// are the link's parameters as they came.
    fn verify_link(&self, order_id: &OrderId, expires: &str, signature: &str, now: Timestamp) -> LinkVerdict;
}

/// What became of a signed link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkVerdict {
    /// It opens the receipt.
    Valid,
    /// It was ours, and has run out.
    Expired,
    /// It is none of ours.
    Forged,
}

/// The switch of the simulated payment gateway: whether the token `tok_unavailable` is answered.
pub trait GatewaySwitch: Send + Sync {
    /// Whether `tok_unavailable` is answered now.
    fn unavailable_served(&self) -> bool;

    /// Answers `tok_unavailable` from now on, or stops doing so.
    fn serve_unavailable(&self, served: bool);
}

/// Renders the metrics that the program keeps.
pub trait Metrics: Send + Sync {
    /// All of them, in Prometheus's text format.
    fn render(&self) -> String;
}

/// Tells whether requests can be served.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Succeeds when recovery is done and a write goes through.
    ///
    /// # Errors
    ///
    /// What is missing, in plain words.
    async fn check(&self) -> Result<(), String>;
}
