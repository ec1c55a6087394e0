//! Executions on Step Functions.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use adapter::{Failure, paging};
use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus as Status};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future::try_join_all;
use futures::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use ports::{
    Execution, ExecutionError, ExecutionFilter, ExecutionRecord, ExecutionStatus, ExecutionSummary, Executions,
    HistoryPart, Moved, Page,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

use crate::environment::execution_arn;
use crate::fault;

const LISTING: &str = "executions";

/// The most events or executions of one answer.
const MOST: i32 = 1_000;

/// How long to wait before the first look whether an execution has ended. The pause grows by half each time.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause between two looks: an account may look 15 times a second in the long run.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// How often looking for moves is worth it.
const MOVES_EVERY: Duration = Duration::from_secs(1);

/// Starts executions that were asked for in the outbox.
#[derive(Debug, Clone)]
pub struct Starter {
    client: Client,
    state_machines: BTreeMap<String, String>,
}

impl Starter {
    /// A starter of the state machines of those ARNs, by workflow.
    pub fn new(client: Client, state_machines: BTreeMap<String, String>) -> Self {
        Self { client, state_machines }
    }

    /// Starts an execution. One of its name that was started before is the same: there is nothing to do.
    pub(crate) async fn start(&self, execution: &Execution) -> Result<(), Failure> {
        let workflow = &execution.state_machine;
        let arn = self.state_machines.get(workflow).ok_or_else(|| {
            Failure::permanent(format!("there is no state machine of {workflow} in ORDERFLOW_STATE_MACHINES"))
        })?;
        let start = self.client.start_execution().state_machine_arn(arn).name(&execution.name);
        match start.input(execution.input.to_string()).send().await {
            Ok(_) => Ok(()),
            Err(error) if fault::is(&error, "ExecutionAlreadyExists") => Ok(()),
            Err(error) => Err(fault::failure("Step Functions", &error, &["InvalidName", "InvalidExecutionInput"])),
        }
    }
}

/// [`Executions`] over Step Functions.
#[derive(Debug, Clone)]
pub struct StateMachines {
    client: Client,
    state_machines: BTreeMap<String, String>,
}

impl StateMachines {
    /// Executions of the state machines of those ARNs, by workflow.
    pub fn new(client: Client, state_machines: BTreeMap<String, String>) -> Self {
        Self { client, state_machines }
    }

    /// The workflow of a state machine; of one that is not ours, its own name.
    fn workflow(&self, state_machine_arn: &str) -> String {
        let known = self.state_machines.iter().find(|(_, arn)| *arn == state_machine_arn);
        let name = || state_machine_arn.rsplit(':').next().unwrap_or_default().to_owned();
        known.map_or_else(name, |(workflow, _)| workflow.clone())
    }

    async fn status(&self, execution_arn: &str) -> Result<ExecutionStatus, ExecutionError> {
        let answer = self.client.describe_execution().execution_arn(execution_arn).send().await;
        Ok(status(answer.map_err(|error| failed(&error, execution_arn))?.status()))
    }

    /// A workflow's executions from that page on, until there are enough that come after `last`.
    async fn lane(
        &self,
        workflow: &str,
        state_machine_arn: &str,
        wanted: Option<ExecutionStatus>,
        mut page: Option<String>,
        last: Option<&Place>,
        limit: usize,
    ) -> Result<Vec<Listed>, ExecutionError> {
        let mut found = Vec::new();
        loop {
            let list = self.client.list_executions().state_machine_arn(state_machine_arn);
            let list = list.set_status_filter(wanted.map(|status| Status::from(status.as_str())));
            let list = list.max_results(i32::try_from(limit).unwrap_or(MOST).clamp(1, MOST));
            let answer = list.set_next_token(page.clone()).send().await.map_err(|error| unanswered(&error))?;
            for item in answer.executions {
                let summary = summary(workflow, item);
                if last.is_none_or(|last| place(&summary) < *last) {
                    found.push(Listed { page: page.clone(), summary });
                }
            }
            page = answer.next_token;
            if found.len() >= limit || page.is_none() {
                return Ok(found);
            }
        }
    }
}

/// An execution in a listing of one state machine, with the page it is on.
struct Listed {
    page: Option<String>,
    summary: ExecutionSummary,
}

/// Where an execution stands in a listing: when it was started, in microseconds, and its ARN.
type Place = (i64, String);

/// Where a listing of several state machines goes on: behind this execution, and by workflow on the page
/// of this token. A workflow that is not among them has been listed to its end.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    last: Place,
    pages: BTreeMap<String, Option<String>>,
}

#[async_trait]
impl Executions for StateMachines {
    async fn describe(&self, execution_arn: &str) -> Result<ExecutionRecord, ExecutionError> {
        let answer = self.client.describe_execution().execution_arn(execution_arn).send().await;
        let answer = answer.map_err(|error| failed(&error, execution_arn))?;
        let name = || execution_arn.rsplit(':').next().unwrap_or_default().to_owned();
        Ok(ExecutionRecord {
            summary: ExecutionSummary {
                workflow: self.workflow(&answer.state_machine_arn),
                execution_arn: answer.execution_arn,
                name: answer.name.unwrap_or_else(name),
                status: status(&answer.status),
                started_at: time(&answer.start_date),
                stopped_at: answer.stop_date.as_ref().map(time),
            },
            input: answer.input.unwrap_or_default(),
            output: answer.output,
            error: answer.error,
            cause: answer.cause,
            definition_hash: None,
        })
    }

    async fn list(
        &self,
        filter: &ExecutionFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<ExecutionSummary>, ExecutionError> {
        let cursor: Option<Cursor> = paging::resume(LISTING, cursor).map_err(from_step)?;
        let limit = paging::bounded(limit);
        let wanted = |workflow: &str| filter.workflow.as_deref().is_none_or(|wanted| wanted == workflow);
        let lanes =
            self.state_machines.iter().filter(|(workflow, _)| wanted(workflow)).filter_map(|(workflow, arn)| {
                let page = match &cursor {
                    Some(cursor) => cursor.pages.get(workflow)?.clone(),
                    None => None,
                };
                let last = cursor.as_ref().map(|cursor| &cursor.last);
                // One more than the page holds tells whether there is a next one.
                Some(self.lane(workflow, arn, filter.status, page, last, limit + 1))
            });
        let mut found: Vec<Listed> = try_join_all(lanes).await?.into_iter().flatten().collect();
        found.sort_by_key(|listed| std::cmp::Reverse(place(&listed.summary)));
        let next_cursor = (found.len() > limit).then(|| {
            let mut pages = BTreeMap::new();
            for listed in &found[limit..] {
                pages.entry(listed.summary.workflow.clone()).or_insert_with(|| listed.page.clone());
            }
            paging::cursor(LISTING, &Cursor { last: place(&found[limit - 1].summary), pages })
        });
        found.truncate(limit);
        Ok(Page { items: found.into_iter().map(|listed| listed.summary).collect(), next_cursor })
    }

    /// The events come from the answer's own text: the SDK's types would have to be written back member by
    /// member, and would lose those that the SDK does not know.
    async fn history(&self, execution_arn: &str, part: HistoryPart) -> Result<Vec<Value>, ExecutionError> {
        let (mut events, mut page) = (Vec::new(), None);
        let wanted = |event: &Value| {
            let id = event["id"].as_u64().unwrap_or(0);
            match part.after_event_id {
                None => true,
                Some(after) if part.reverse => id < after,
                Some(after) => id > after,
            }
        };
        loop {
            let body = Body::default();
            let get = self.client.get_execution_history().execution_arn(execution_arn).reverse_order(part.reverse);
            let get = get.include_execution_data(true).max_results(MOST).set_next_token(page);
            let answer = get.customize().interceptor(body.clone()).send().await;
            page = answer.map_err(|error| failed(&error, execution_arn))?.next_token;
            events.extend(body.events()?.into_iter().filter(wanted));
            if page.is_none() || events.len() >= part.limit {
                events.truncate(part.limit);
                return Ok(events);
            }
        }
    }

    async fn start(&self, execution: &Execution) -> Result<String, ExecutionError> {
        let workflow = &execution.state_machine;
        let state_machine_arn = self.state_machines.get(workflow);
        let state_machine_arn =
            state_machine_arn.ok_or_else(|| ExecutionError::NoStateMachine { workflow: workflow.clone() })?;
        let start = self.client.start_execution().state_machine_arn(state_machine_arn).name(&execution.name);
        match start.input(execution.input.to_string()).send().await {
            Ok(started) => Ok(started.execution_arn),
            Err(error) if fault::is(&error, "ExecutionAlreadyExists") => {
                Err(ExecutionError::AlreadyExists { execution_arn: execution_arn(state_machine_arn, &execution.name) })
            }
            Err(error) if fault::is(&error, "StateMachineDoesNotExist") => {
                Err(ExecutionError::NoStateMachine { workflow: workflow.clone() })
            }
            Err(error) if fault::is(&error, "InvalidName") => {
                Err(ExecutionError::Invalid(order::Invalid::new("a name that Step Functions takes").at("name")))
            }
            Err(error) => Err(unanswered(&error)),
        }
    }

    async fn stop(
        &self,
        execution_arn: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<(), ExecutionError> {
        if self.status(execution_arn).await? != ExecutionStatus::Running {
            return Ok(());
        }
        let stop = self.client.stop_execution().execution_arn(execution_arn).set_error(error).set_cause(cause);
        stop.send().await.map(drop).map_err(|error| failed(&error, execution_arn))
    }

    async fn wait(&self, execution_arn: &str) -> Result<ExecutionStatus, ExecutionError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let status = self.status(execution_arn).await?;
            if status != ExecutionStatus::Running {
                return Ok(status);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    fn moves(&self) -> BoxStream<'static, Moved> {
        let mut ticks = tokio::time::interval(MOVES_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        stream::unfold(ticks, |mut ticks| async move {
            ticks.tick().await;
            Some((Moved::Any, ticks))
        })
        .boxed()
    }
}

/// Keeps the text of an answer.
#[derive(Debug, Clone, Default)]
struct Body(Arc<Mutex<Vec<u8>>>);

impl Body {
    fn events(&self) -> Result<Vec<Value>, ExecutionError> {
        #[derive(Deserialize)]
        struct History {
            events: Vec<Value>,
        }
        let body = self.0.lock().expect("nobody panics while holding it");
        let history: History = serde_json::from_slice(&body)
            .map_err(|_| ExecutionError::Unavailable("Step Functions gave a history that cannot be read".into()))?;
        Ok(history.events)
    }
}

impl Intercept for Body {
    fn name(&self) -> &'static str {
        "Body"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        *self.0.lock().expect("nobody panics while holding it") = body.to_vec();
        Ok(())
    }
}

fn place(summary: &ExecutionSummary) -> Place {
    (summary.started_at.as_microsecond(), summary.execution_arn.clone())
}

fn summary(workflow: &str, item: ExecutionListItem) -> ExecutionSummary {
    ExecutionSummary {
        execution_arn: item.execution_arn,
        workflow: workflow.to_owned(),
        name: item.name,
        status: status(&item.status),
        started_at: time(&item.start_date),
        stopped_at: item.stop_date.as_ref().map(time),
    }
}

/// A status in our words. One that waits for a redrive has failed.
fn status(status: &Status) -> ExecutionStatus {
    match status {
        Status::Succeeded => ExecutionStatus::Succeeded,
        Status::Failed | Status::PendingRedrive => ExecutionStatus::Failed,
        Status::TimedOut => ExecutionStatus::TimedOut,
        Status::Aborted => ExecutionStatus::Aborted,
        _ => ExecutionStatus::Running,
    }
}

fn time(at: &DateTime) -> Timestamp {
    let nanoseconds = i32::try_from(at.subsec_nanos()).unwrap_or_default();
    Timestamp::new(at.secs(), nanoseconds).unwrap_or(Timestamp::MAX)
}

/// What came of a question about an execution. An ARN that is none names no execution.
fn failed<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, execution_arn: &str) -> ExecutionError {
    if ["ExecutionDoesNotExist", "InvalidArn"].iter().any(|name| fault::is(error, name)) {
        return ExecutionError::DoesNotExist { execution_arn: execution_arn.to_owned() };
    }
    unanswered(error)
}

fn unanswered<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> ExecutionError {
    ExecutionError::Unavailable(fault::unavailable("Step Functions", error).message)
}

fn from_step(error: ports::StepError) -> ExecutionError {
    match error.invalid.into_iter().next() {
        Some(invalid) => ExecutionError::Invalid(invalid),
        None => ExecutionError::Unavailable(error.message),
    }
}
