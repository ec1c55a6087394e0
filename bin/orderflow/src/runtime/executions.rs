//! The engine's executions, as the HTTP interface knows them.

use async_trait::async_trait;
use engine::{Engine, HistoryPage, ListFilter, QueryError, StartError, StartRequest, StopError};
use futures::StreamExt;
use futures::stream::BoxStream;
use order::Invalid;
use ports::{
    Execution, ExecutionError, ExecutionFilter, ExecutionRecord, ExecutionStatus, ExecutionSummary, Executions,
    HistoryPart, Moved, Page,
};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

/// The executions of an engine.
pub struct EngineExecutions(pub Engine);

#[async_trait]
impl Executions for EngineExecutions {
    async fn describe(&self, execution_arn: &str) -> Result<ExecutionRecord, ExecutionError> {
        Ok(record(self.0.describe(execution_arn).map_err(from_query)?))
    }

    async fn list(
        &self,
        filter: &ExecutionFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<ExecutionSummary>, ExecutionError> {
        let expected = || Invalid::new("`next_cursor` of the page before").at("cursor");
        let cursor = cursor.map(str::parse).transpose().map_err(|_| ExecutionError::Invalid(expected()))?;
        let filter =
            ListFilter { state_machine_name: filter.workflow.clone(), status: filter.status.map(engine_status) };
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let page = self.0.list(filter, cursor, limit).await.map_err(from_query)?;
        Ok(Page {
            items: page.executions.into_iter().map(summary).collect(),
            next_cursor: page.next.map(|cursor| cursor.to_string()),
        })
    }

    async fn history(&self, execution_arn: &str, part: HistoryPart) -> Result<Vec<Value>, ExecutionError> {
        let HistoryPart { after_event_id, limit, reverse } = part;
        self.0.history(execution_arn, HistoryPage { after_event_id, limit, reverse }).await.map_err(from_query)
    }

    async fn start(&self, execution: &Execution) -> Result<String, ExecutionError> {
        let request = StartRequest {
            state_machine_name: execution.state_machine.clone(),
            name: Some(execution.name.clone()),
            input: execution.input.clone(),
        };
        match self.0.start(request).await {
            Ok(started) => Ok(started.execution_arn),
            Err(error) => Err(from_start(error, &execution.state_machine)),
        }
    }

    async fn stop(
        &self,
        execution_arn: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<(), ExecutionError> {
        match self.0.stop(execution_arn, error, cause).await {
            Ok(_) => Ok(()),
            Err(StopError::Query(error)) => Err(from_query(error)),
            Err(error) => Err(ExecutionError::Unavailable(error.to_string())),
        }
    }

    async fn wait(&self, execution_arn: &str) -> Result<ExecutionStatus, ExecutionError> {
        self.0.wait(execution_arn).await.map(port_status).map_err(from_query)
    }

    fn moves(&self) -> BoxStream<'static, Moved> {
        futures::stream::unfold(self.0.subscribe(), |mut progress| async move {
            match progress.recv().await {
                Ok(moved) => Some((Moved::One(moved.execution_arn), progress)),
                // What was missed may have been about any.
                Err(RecvError::Lagged(_)) => Some((Moved::Any, progress)),
                Err(RecvError::Closed) => None,
            }
        })
        .boxed()
    }
}

/// The last part of a state machine's ARN is its name, and here the workflow's.
fn workflow_of(state_machine_arn: &str) -> String {
    state_machine_arn.rsplit(':').next().unwrap_or_default().to_owned()
}

fn summary(found: engine::ExecutionSummary) -> ExecutionSummary {
    ExecutionSummary {
        workflow: workflow_of(&found.state_machine_arn),
        execution_arn: found.execution_arn,
        name: found.name,
        status: port_status(found.status),
        started_at: found.started_at,
        stopped_at: found.stopped_at,
    }
}

fn record(found: engine::ExecutionRecord) -> ExecutionRecord {
    ExecutionRecord {
        summary: ExecutionSummary {
            workflow: workflow_of(&found.state_machine_arn),
            execution_arn: found.execution_arn,
            name: found.name,
            status: port_status(found.status),
            started_at: found.started_at,
            stopped_at: found.stopped_at,
        },
        input: found.input,
        output: found.output,
        error: found.error,
        cause: found.cause,
        definition_hash: Some(found.definition_hash),
    }
}

fn port_status(status: engine::ExecutionStatus) -> ExecutionStatus {
    match status {
        engine::ExecutionStatus::Running => ExecutionStatus::Running,
        engine::ExecutionStatus::Succeeded => ExecutionStatus::Succeeded,
        engine::ExecutionStatus::Failed => ExecutionStatus::Failed,
        engine::ExecutionStatus::TimedOut => ExecutionStatus::TimedOut,
        engine::ExecutionStatus::Aborted => ExecutionStatus::Aborted,
    }
}

fn engine_status(status: ExecutionStatus) -> engine::ExecutionStatus {
    match status {
        ExecutionStatus::Running => engine::ExecutionStatus::Running,
        ExecutionStatus::Succeeded => engine::ExecutionStatus::Succeeded,
        ExecutionStatus::Failed => engine::ExecutionStatus::Failed,
        ExecutionStatus::TimedOut => engine::ExecutionStatus::TimedOut,
        ExecutionStatus::Aborted => engine::ExecutionStatus::Aborted,
    }
}

fn from_query(error: QueryError) -> ExecutionError {
    match error {
        QueryError::ExecutionDoesNotExist { execution_arn } => ExecutionError::DoesNotExist { execution_arn },
        QueryError::Storage(reason) => ExecutionError::Unavailable(reason),
    }
}

fn from_start(error: StartError, workflow: &str) -> ExecutionError {
    match error {
        StartError::ExecutionAlreadyExists { execution_arn } => ExecutionError::AlreadyExists { execution_arn },
        StartError::StateMachineDoesNotExist { .. } => ExecutionError::NoStateMachine { workflow: workflow.to_owned() },
        StartError::Name(invalid) => {
            ExecutionError::Invalid(Invalid::new(format!("a name that AWS allows: {invalid}")).at("name"))
        }
        StartError::InputTooLarge { .. } => {
            ExecutionError::Invalid(Invalid::new(format!("at most 262144 bytes: {error}")).at("input"))
        }
        StartError::ShuttingDown | StartError::Storage(_) => ExecutionError::Unavailable(error.to_string()),
    }
}
