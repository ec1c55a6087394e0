//! `Api`: the HTTP interface, over the very same router as in the embedded home.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ::api::{Console, Intake, IntakeAuth, LinkVerdict, WorkflowView};
use adapter::ReceiptLinks;
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Uri, header};
use bytes::Bytes;
use documents::{ReceiptData, Shop, receipt_pdf};
use jiff::Timestamp;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, RequestExt, Service, service_fn};
use lambda_runtime::{Context, LambdaEvent};
use order::{Order, OrderId};
use ports::{Audit, Auditor, ErrorName, Orders, StepError};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::watch;
use tower::ServiceExt;
use triggers::Origin;
use triggers::document::{Auth, Consumer};
use workflows::{Placeholder, Surroundings, Workflow};

use super::{Function, read};
use crate::failure::Failure;
use crate::home::{Home, StartError};

/// Says otherwise than the workflow's triggers who may place orders, as the deployment wants it.
const INTAKE_AUTH: &str = "ORDERFLOW_INTAKE_AUTH";

/// API Gateway gives up on a REST API's integration after 29 seconds.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(29);

/// How long before anybody gives up requests that wait for something are told to answer with what there is.
const TIME_TO_ANSWER: Duration = Duration::from_secs(2);

/// Answers requests of API Gateway.
pub struct Api {
    router: Router,
    stopping: watch::Sender<bool>,
}

impl Api {
    pub async fn open(home: &Home) -> Result<Self, StartError> {
        let settings = home.settings();
        let keys = home.keys().await?;
        let links = home.links(&keys);
        let steps = home.steps_with(Some(links.clone()))?;
        let ports = steps.context.ports.clone();
        let workflows = workflows_of(home)?;
        let (stopping, is_stopping) = watch::channel(false);
        let state = ::api::State {
            readiness: Arc::new(Readable(ports.orders.clone())),
            ports,
            writer: steps.writer.clone(),
            receipts: Arc::new(Documents { shop: steps.context.shop.clone(), links }),
            handlers: Arc::new(steps),
            messages: Arc::new(home.messages()?),
            auditor: Arc::new(NoAudit),
            executions: Arc::new(home.executions()),
            console: Console::default(),
            keys: ::api::Keys::new(&keys.operator, keys.signing.as_bytes()),
            base_url: settings.public_url.clone(),
            intakes: intakes(&workflows)?,
            workflows: workflows.iter().map(|workflow| view(workflow, home)).collect(),
            gateway: None,
            metrics: None,
            stopping: is_stopping,
        };
        Ok(Self { router: ::api::router(state)?, stopping })
    }
}

#[async_trait]
impl Function for Api {
    async fn call(&self, event: &RawValue, context: Context) -> Result<Value, Failure> {
        let request: LambdaRequest = read(event)?;
        // An event without a method and a path is none of API Gateway's, however little it says otherwise.
        if !matches!(&request, LambdaRequest::ApiGatewayV1(request) if request.path.is_some()) {
            return Err(Failure::malformed("expected a request of API Gateway"));
        }
        let patience = GATEWAY_PATIENCE.min(context.deadline().duration_since(SystemTime::now()).unwrap_or_default());
        let let_go = tokio::time::Instant::now() + patience.saturating_sub(TIME_TO_ANSWER);
        self.stopping.send_replace(false);
        let answer = Adapter::from(service_fn(|request| self.router.clone().oneshot(for_router(request))))
            .call(LambdaEvent::new(request, context));
        tokio::pin!(answer);
        let answer = tokio::select! {
            answer = &mut answer => answer,
            () = tokio::time::sleep_until(let_go) => {
                self.stopping.send_replace(true);
                answer.await
            }
        };
        let answer = answer.unwrap_or_else(|never: Infallible| match never {});
        Ok(serde_json::to_value(answer).expect("an answer is text, numbers and Base64"))
    }
}

/// The request as the router takes it: without the stage in its path, and never to be compressed, which
/// API Gateway does better, as it knows what is text.
fn for_router(request: lambda_http::Request) -> axum::http::Request<Body> {
    let path = request.raw_http_path().to_owned();
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    // A path that is none finds no route.
    parts.uri = format!("{path}{query}").parse().unwrap_or_else(|_| Uri::from_static("/"));
    parts.headers.remove(header::ACCEPT_ENCODING);
    axum::http::Request::from_parts(parts, Body::new(body))
}

/// The workflow of this deployment, and what follows it.
fn workflows_of(home: &Home) -> Result<Vec<Workflow>, StartError> {
    let name = home.settings().workflow()?;
    let none = Default::default();
    let all = workflows::load(None, &Surroundings { origin: &origin(home), parameters: &none });
    let mut all = all.expect("a test of the workflows' crate reads them all");
    let Some(own) = all.iter().find(|workflow| workflow.name == name) else {
        let known: Vec<&str> = all.iter().map(|workflow| workflow.name.as_str()).collect();
        return Err(StartError::UnknownWorkflow { known: known.join(", "), found: name.to_owned() });
    };
    let follow_ups = own.bindings.follow_ups.clone();
    all.retain(|workflow| workflow.name == name || follow_ups.contains(&workflow.name));
    Ok(all)
}

/// The account and region, as they stand in the ARNs of the state machines:
/// `arn:aws:states:{region}:{account}:stateMachine:{name}`.
fn origin(home: &Home) -> Origin {
    let arn = home.settings().state_machines.values().next();
    let mut parts = arn.into_iter().flat_map(|arn| arn.split(':')).skip(3).map(str::to_owned);
    Origin { region: parts.next().unwrap_or_default(), account: parts.next().unwrap_or_default() }
}

fn intakes(workflows: &[Workflow]) -> Result<Vec<Intake>, StartError> {
    let told = std::env::var(INTAKE_AUTH).ok().filter(|told| !told.is_empty());
    let told = match told.as_deref() {
        None => None,
        Some("none" | "jwt" | "iam") => Some(IntakeAuth::None),
        Some("key") => Some(IntakeAuth::Key),
        Some(_) => return Err(StartError::Wrong { variable: INTAKE_AUTH, expected: "none, key, jwt or iam" }),
    };
    let mut intakes = Vec::new();
    for workflow in workflows {
        for api in &workflow.bindings.api {
            let Consumer::Step(handler) = &api.handler else { continue };
            intakes.push(Intake {
                workflow: workflow.name.clone(),
                methods: api.methods.iter().filter_map(|method| method.as_str().parse().ok()).collect(),
                path: api.path.clone(),
                handler: handler.clone(),
                auth: told.unwrap_or(match api.auth {
                    // The gateway has seen the token before a request comes here.
                    Auth::None | Auth::Jwt => IntakeAuth::None,
                    Auth::Key => IntakeAuth::Key,
                }),
                example: workflow.example.clone(),
            });
        }
    }
    Ok(intakes)
}

fn view(workflow: &Workflow, home: &Home) -> WorkflowView {
    let settings = home.settings();
    let origin = origin(home);
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    // The functions of a deployment differ in the last part of their names.
    let prefix = function.strip_suffix(settings.function()).unwrap_or_default();
    let definition = workflow.definition_with(|placeholder| match placeholder {
        Placeholder::Function(step) => origin.function_arn(&format!("{prefix}{step}")),
        Placeholder::Topic(topic) => settings.topics.get(topic).cloned().unwrap_or_default(),
        Placeholder::QueueUrl(queue) => settings.queues.get(queue).cloned().unwrap_or_default(),
        Placeholder::QueueArn(queue) => origin.queue_arn(last_part(settings.queues.get(queue))),
        Placeholder::EventBusName => settings.event_bus().unwrap_or_default().to_owned(),
    });
    WorkflowView {
        name: workflow.name.clone(),
        description: workflow.comment.clone().unwrap_or_default(),
        state_machine_arn: settings.state_machines.get(&workflow.name).cloned().unwrap_or_default(),
        definition: serde_json::from_str(&definition).expect("it was read as a definition"),
        triggers: workflow.triggers.clone(),
        example_order: workflow.example.clone(),
    }
}

/// A queue's name on AWS is the last part of its URL.
fn last_part(url: Option<&String>) -> &str {
    url.and_then(|url| url.rsplit('/').next()).unwrap_or_default()
}

/// Makes receipts again and checks links to them.
struct Documents {
    shop: Shop,
    links: ReceiptLinks,
}

impl ::api::ReceiptDocuments for Documents {
    fn render(&self, order: &Order) -> Option<Bytes> {
        let issued_at = order.receipt.as_ref()?.issued_at;
        ReceiptData::of(order, &self.shop, issued_at).map(|receipt| receipt_pdf(&receipt).into())
    }

    fn verify_link(&self, order_id: &OrderId, expires: &str, signature: &str, now: Timestamp) -> LinkVerdict {
        let Ok(seconds) = expires.parse() else { return LinkVerdict::Forged };
        if self.links.verify(order_id, seconds, signature, now) {
            LinkVerdict::Valid
        } else if self.links.verify(order_id, seconds, signature, Timestamp::UNIX_EPOCH) {
            LinkVerdict::Expired
        } else {
            LinkVerdict::Forged
        }
    }
}

/// Ready when the orders can be read.
struct Readable(Arc<dyn Orders>);

#[async_trait]
impl ::api::Readiness for Readable {
    async fn check(&self) -> Result<(), String> {
        let id = OrderId::parse("readiness").expect("it is made of letters");
        self.0.get(&id).await.map(drop).map_err(|error| error.message)
    }
}

/// A look through all books takes longer than a request may: it is not offered here.
struct NoAudit;

#[async_trait]
impl Auditor for NoAudit {
    async fn audit(&self) -> ports::Result<Audit> {
        let message = "this home has no audit within a request";
        Err(StepError::new(ErrorName::NotFound, message))
    }
}
