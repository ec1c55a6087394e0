//! Runs the tasks of all executions: steps by name, and the service integrations.

use std::sync::{Arc, Weak};
use std::time::Instant;

use async_trait::async_trait;
use engine::{Task, TaskError, TaskHandler, TaskSuccess};
use ports::{BusEvent, Change, Clock, QueueMessage, TopicMessage};
use serde_json::{Value, json};
use steps::Context;
use workflows::Resource;

use super::commit::{Batch, Home, task_error};
use super::measurements::Measurements;

/// The handler of the engine's tasks.
pub struct Tasks {
    /// The engine holds its handler, and the home the engine: one of the two must not hold the other.
    pub home: Weak<Home>,
    pub context: Context,
    pub clock: Arc<dyn Clock>,
    pub measurements: Arc<Measurements>,
}

#[async_trait]
impl TaskHandler for Tasks {
    async fn run(&self, task: Task) -> Result<TaskSuccess, TaskError> {
        let (workflow, state, begun) = (task.state_machine_name.clone(), task.state.clone(), Instant::now());
        let answer = self.answer(task).await;
        self.measurements.note(&workflow, &state, begun.elapsed(), answer.is_err());
        answer
    }
}

impl Tasks {
    async fn answer(&self, task: Task) -> Result<TaskSuccess, TaskError> {
        let key = task.idempotency_key();
        let (output, changes) = match Resource::parse(&task.resource) {
            Some(Resource::Step(name)) => {
                let step = steps::registry::find(name).ok_or_else(|| {
                    TaskError::new("Lambda.ResourceNotFoundException", format!("there is no step {name}"))
                })?;
                step.run(&self.context, task.input).await.map_err(|error| {
                    tracing::debug!(
                        execution = &*task.execution_arn,
                        state = task.state,
                        error = error.name.as_str(),
                        "a step was refused"
                    );
                    task_error(&error)
                })?
            }
            Some(Resource::SnsPublish) => self.publish(&key, &task.input)?,
            Some(Resource::PutEvents) => self.put_events(&key, &task.input)?,
            Some(Resource::SendMessage) => self.send_message(&key, &task.input)?,
            None => return Err(TaskError::new("States.Runtime", format!("{} cannot be run here", task.resource))),
        };
        if changes.is_empty() {
            return Ok(TaskSuccess::new(output));
        }
        let home = self.home.upgrade().ok_or_else(|| TaskError::new("ServiceUnavailable", "the server is stopping"))?;
        let batch = Batch::new(&home, changes).map_err(|error| task_error(&error))?;
        Ok(TaskSuccess::new(output).with_effect(batch))
    }
}

/// The integrations: what AWS's own services do for a state machine, with the shapes of their APIs.
impl Tasks {
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html>
    fn publish(&self, key: &str, input: &Value) -> Result<(Value, Vec<Change>), TaskError> {
        let invalid = |message: &str| TaskError::new("SNS.InvalidParameterException", message);
        let topic =
            last_part(input, "TopicArn", ':').ok_or_else(|| invalid("TopicArn: expected the ARN of a topic"))?;
        let message = text_of(&input["Message"]).ok_or_else(|| invalid("Message: expected text or an object"))?;
        let change = Change::Publish(TopicMessage {
            topic: topic.to_owned(),
            key: key.to_owned(),
            subject: input["Subject"].as_str().map(str::to_owned),
            message,
            at: self.clock.now(),
        });
        Ok((json!({ "MessageId": message_id(&["sns", topic, key]) }), vec![change]))
    }

    /// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html>
    fn put_events(&self, key: &str, input: &Value) -> Result<(Value, Vec<Change>), TaskError> {
        let invalid = |message: String| TaskError::new("EventBridge.ValidationException", message);
        let entries = input["Entries"].as_array().filter(|entries| (1..=10).contains(&entries.len()));
        let entries = entries.ok_or_else(|| invalid("Entries: expected a list of 1 to 10".to_owned()))?;
        let mut changes = Vec::new();
        let mut answers = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let text = |name: &str| {
                let found = entry[name].as_str().map(str::to_owned);
                found.ok_or_else(|| invalid(format!("Entries/{index}/{name}: expected text")))
            };
            let detail = match &entry["Detail"] {
                Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
                other => other.clone(),
            };
            if !detail.is_object() {
                return Err(invalid(format!("Entries/{index}/Detail: expected an object")));
            }
            let key = format!("{key}/{index}");
            answers.push(json!({ "EventId": message_id(&["events", &key]) }));
            changes.push(Change::PutEvent(BusEvent {
                key,
                source: text("Source")?,
                detail_type: text("DetailType")?,
                detail,
                at: self.clock.now(),
            }));
        }
        Ok((json!({ "FailedEntryCount": 0, "Entries": answers }), changes))
    }

    /// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html>
    fn send_message(&self, key: &str, input: &Value) -> Result<(Value, Vec<Change>), TaskError> {
        let invalid = |message: &str| TaskError::new("SQS.InvalidParameterValueException", message);
        let queue =
            last_part(input, "QueueUrl", '/').ok_or_else(|| invalid("QueueUrl: expected the URL of a queue"))?;
        let body = text_of(&input["MessageBody"]).ok_or_else(|| invalid("MessageBody: expected text or an object"))?;
        let change = Change::SendMessage(QueueMessage {
            queue: queue.to_owned(),
            key: key.to_owned(),
            body,
            at: self.clock.now(),
        });
        Ok((json!({ "MessageId": message_id(&["sqs", queue, key]) }), vec![change]))
    }
}

fn last_part<'a>(input: &'a Value, field: &str, separator: char) -> Option<&'a str> {
    input[field].as_str()?.rsplit(separator).next().filter(|part| !part.is_empty())
}

/// Text as it is, anything else as its JSON; nothing for nothing.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The same id for the same message, so that a task run again after a crash answers as the first time.
fn message_id(parts: &[&str]) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(parts.join("\u{0}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}
