//! `Api`: the HTTP interface, over the very same router as in the embedded home.

mod gateway;
mod hooks;
mod served;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use axum::Router;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Service, service_fn};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::watch;
use tower::ServiceExt;

use super::{Function, read};
use crate::failure::Failure;
use crate::home::{Home, StartError};

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
        let workflows = served::workflows(settings)?;
        let executions = Arc::new(home.executions());
        let audit = home.auditor(served::audit_rules(&workflows), executions.clone(), ports.ids.clone())?;
        let (stopping, is_stopping) = watch::channel(false);
        let state = ::api::State {
            readiness: Arc::new(hooks::Readable(ports.orders.clone())),
            ports,
            writer: steps.writer.clone(),
            receipts: Arc::new(hooks::Documents { shop: steps.context.shop.clone(), links }),
            handlers: Arc::new(steps),
            messages: Arc::new(home.messages()?),
            auditor: Arc::new(hooks::WithinRequest { auditor: audit, patience: GATEWAY_PATIENCE - TIME_TO_ANSWER }),
            executions,
            console: ::api::Console { shop: served::shop(&workflows, settings), ..::api::Console::default() },
            keys: ::api::Keys::new(&keys.operator, keys.signing.as_bytes()),
            base_url: settings.public_url.clone(),
            intakes: served::intakes(&workflows)?,
            workflows: workflows.iter().map(|workflow| served::view(workflow, settings)).collect(),
            gateway: None,
            metrics: None,
            // API Gateway takes an answer whole.
            streams_answers: false,
            stopping: is_stopping,
        };
        Ok(Self { router: ::api::router(state)?, stopping })
    }
}

#[async_trait]
impl Function for Api {
    async fn call(&self, event: &RawValue, context: Context) -> Result<Value, Failure> {
        let request: LambdaRequest = read(event)?;
        // An event without a path is none of API Gateway's, however little it says otherwise.
        let has_path = |path: &Option<String>| path.as_deref().is_some_and(|path| path.starts_with('/'));
        if !matches!(&request, LambdaRequest::ApiGatewayV1(request) if has_path(&request.path)) {
            return Err(Failure::malformed("expected a request of API Gateway"));
        }
        let patience = GATEWAY_PATIENCE.min(context.deadline().duration_since(SystemTime::now()).unwrap_or_default());
        let let_go = tokio::time::Instant::now() + patience.saturating_sub(TIME_TO_ANSWER);
        self.stopping.send_replace(false);
        let answer = Adapter::from(service_fn(|request| self.router.clone().oneshot(gateway::for_router(request))))
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
