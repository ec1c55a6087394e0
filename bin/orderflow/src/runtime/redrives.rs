//! Redrives by the engine, as the HTTP interface knows them.

use asl::NotRedrivable;
use async_trait::async_trait;
use engine::{Engine, QueryError};
use ports::{ExecutionError, RedriveError, Redrives};
use serde_json::Value;

/// The executions of an engine.
pub struct EngineRedrives(pub Engine);

#[async_trait]
impl Redrives for EngineRedrives {
    async fn redrive(&self, execution_arn: &str, input: Option<Value>) -> Result<(), RedriveError> {
        match self.0.redrive(execution_arn, input).await {
            Ok(_) => Ok(()),
            Err(error) => Err(refusal(error)),
        }
    }
}

fn refusal(error: engine::RedriveError) -> RedriveError {
    match error {
        engine::RedriveError::NotRedrivable {
            reason: reason @ (NotRedrivable::SeveralStates | NotRedrivable::InputTooLarge),
            ..
        } => RedriveError::Input(reason.to_string()),
        engine::RedriveError::NotRedrivable { reason, .. } => RedriveError::Refused(reason.to_string()),
        engine::RedriveError::NoCheckpoint { reason, .. } => {
            RedriveError::Refused(format!("the execution left nothing to go on from: {reason}"))
        }
        engine::RedriveError::Query(QueryError::ExecutionDoesNotExist { execution_arn }) => {
            ExecutionError::DoesNotExist { execution_arn }.into()
        }
        engine::RedriveError::Query(QueryError::Storage(reason)) => ExecutionError::Unavailable(reason).into(),
        engine::RedriveError::NotReady => ExecutionError::Unavailable(error.to_string()).into(),
    }
}
