//! The steps: decided, applied, answered.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use lambda_runtime::Context;
use ports::{Change, ErrorName, Handlers, Result, StepError, Writer};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use steps::AnyStep;

use super::{Function, read};
use crate::failure::Failure;

/// How often a decision is made anew.
const ATTEMPTS: u32 = 3;

/// Runs steps and applies what they want.
#[derive(Clone)]
pub struct Steps {
    /// What steps are given.
    pub context: steps::Context,
    /// What applies their changes.
    pub writer: Arc<dyn Writer>,
}

impl Steps {
    async fn run_step(&self, step: &dyn AnyStep, input: Value) -> Result<Value> {
        let begun = Instant::now();
        let outcome = self.decide_and_apply(step, input).await;
        let word = outcome.as_ref().map_or_else(|error| error.name.as_str(), |_| "succeeded");
        metrics::histogram!("step_seconds", "step" => step.name(), "outcome" => word).record(begun.elapsed());
        outcome
    }

    async fn decide_and_apply(&self, step: &dyn AnyStep, input: Value) -> Result<Value> {
        let mut attempt = 1;
        loop {
            let (output, changes) = step.run(&self.context, input.clone()).await?;
            if changes.is_empty() {
                return Ok(output);
            }
            let statuses = statuses(&changes);
            match self.writer.apply(changes).await {
                Ok(()) => {
                    for status in statuses {
                        metrics::counter!("orders_total", "status" => status).increment(1);
                    }
                    return Ok(output);
                }
                // Somebody was first between the decision and the commit (the same Idempotency-Key at the same
                // moment): decided anew, the outcome is theirs.
                Err(error) if error.name == ErrorName::ServiceUnavailable && attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

/// The statuses that orders come to by these changes.
fn statuses(changes: &[Change]) -> Vec<&'static str> {
    let status = |change: &Change| match change {
        Change::PlaceOrder { .. } => Some(order::Status::Placed.name()),
        Change::SetStatus { status, .. } => Some(status.name()),
        _ => None,
    };
    changes.iter().filter_map(status).collect()
}

#[async_trait]
impl Handlers for Steps {
    async fn run(&self, step: &str, input: Value) -> Result<Value> {
        let found = steps::registry::find(step);
        let step = found.ok_or_else(|| StepError::new(ErrorName::NotFound, format!("there is no step {step}")))?;
        self.run_step(step, input).await
    }
}

/// One step as a function.
pub struct StepFunction {
    step: &'static dyn AnyStep,
    steps: Steps,
}

impl StepFunction {
    pub fn new(step: &'static dyn AnyStep, steps: Steps) -> Self {
        Self { step, steps }
    }

    /// One message must not hold up the others: each by itself, the bad one fails alone.
    async fn take_singly(&self, batch: QueueBatch) -> Value {
        let mut failures = Vec::new();
        for message in batch.records {
            let single = json!({ "Records": [message.record] });
            match self.steps.run_step(self.step, single).await {
                Ok(answer) => failures.extend(answer["batchItemFailures"].as_array().cloned().unwrap_or_default()),
                Err(error) => {
                    let (message_id, error) = (message.id, error.name.as_str());
                    tracing::warn!(message_id, error, "a message goes back to its queue");
                    failures.push(json!({ "itemIdentifier": message_id }));
                }
            }
        }
        json!({ "batchItemFailures": failures })
    }
}

#[async_trait]
impl Function for StepFunction {
    async fn call(&self, event: &RawValue, _: Context) -> Result<Value, Failure> {
        let input: Value = read(event)?;
        let batch = QueueBatch::of(&input);
        match (self.steps.run_step(self.step, input).await, batch) {
            (Ok(output), _) => Ok(output),
            (Err(_), Some(batch)) => Ok(self.take_singly(batch).await),
            (Err(error), None) => Err(error.into()),
        }
    }
}

/// Messages of a queue, of which some may be handed back.
struct QueueBatch {
    records: Vec<QueueRecord>,
}

struct QueueRecord {
    id: String,
    record: Value,
}

impl QueueBatch {
    /// The batch that an event is; nothing when it is something else.
    fn of(event: &Value) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Head {
            message_id: String,
            event_source: String,
        }
        let records = event.get("Records")?.as_array()?;
        let records = records.iter().map(|record| {
            let head = Head::deserialize(record).ok().filter(|head| head.event_source == "aws:sqs")?;
            Some(QueueRecord { id: head.message_id, record: record.clone() })
        });
        Some(Self { records: records.collect::<Option<_>>()? })
    }
}
