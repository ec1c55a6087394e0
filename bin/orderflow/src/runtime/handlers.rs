//! Runs handlers by name: what a request, a message or an event is handed to.

use std::sync::Arc;

use async_trait::async_trait;
use ports::{Change, ErrorName, Handlers, Result, StepError};
use serde_json::Value;
use steps::Context;

use super::commit::Home;

/// How often a decision is made anew.
const ATTEMPTS: u32 = 3;

/// The steps as handlers.
pub struct StepHandlers {
    pub home: Arc<Home>,
    pub context: Context,
}

impl StepHandlers {
    /// Lets a step decide; nothing is applied yet.
    pub async fn decide(&self, step: &str, input: Value) -> Result<(Value, Vec<Change>)> {
        let found = steps::registry::find(step);
        let step = found.ok_or_else(|| StepError::new(ErrorName::NotFound, format!("there is no step {step}")))?;
        step.run(&self.context, input).await
    }
}

#[async_trait]
impl Handlers for StepHandlers {
    async fn run(&self, step: &str, input: Value) -> Result<Value> {
        let mut attempt = 1;
        loop {
            let (output, changes) = self.decide(step, input.clone()).await?;
            if changes.is_empty() {
                return Ok(output);
            }
            match self.home.commit(changes, |_| Ok(())).await {
                Ok(()) => return Ok(output),
                // Somebody was first between the decision and the commit (the same Idempotency-Key at the same
                // moment): decided anew, the outcome is theirs.
                Err(error) if error.name == ErrorName::ServiceUnavailable && attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }
}
