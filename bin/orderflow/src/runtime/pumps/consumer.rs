//! Queues: what takes their messages, and what comes of it, in the transaction that deletes them.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use local::ApplyError;
use local::queues::{self, Received};
use ports::{BusEvent, Change, Execution, QueueMessage, Result, StepError, TopicMessage};
use serde_json::Value;
use store::WriteError;
use triggers::document::{Consumer as Taker, PipeSource};
use triggers::{Records, Target};
use workflows::Workflow;

use super::{Pump, Surroundings};
use crate::runtime::wiring::{Destination, hop};

/// As many as Lambda takes from a queue at once unless told otherwise.
const BATCH: usize = 10;

/// What becomes of a queue's messages.
enum Delivery {
    /// A step gets them as Lambda would, several in one event.
    Step(String),
    /// Each starts an execution.
    Workflow(String),
    /// Each is a pipe's batch: enriched, then handed to the target.
    Pipe { enrichment: Option<String>, to: Destination },
    /// Each is an event for a rule's target.
    Event(Destination),
}

/// Takes the messages of one queue.
pub struct Consumer {
    around: Surroundings,
    queue: String,
    delivery: Delivery,
}

/// A consumer for every queue that has one, and for every hop.
pub fn of(workflows: &[Workflow], around: &Surroundings) -> Vec<Consumer> {
    let mut consumers = Vec::new();
    let mut add = |queue: String, delivery| consumers.push(Consumer { around: around.clone(), queue, delivery });
    for workflow in workflows {
        let bindings = &workflow.bindings;
        for (queue, spec) in &bindings.queues {
            match &spec.consumer {
                Some(Taker::Step(step)) => add(queue.clone(), Delivery::Step(step.clone())),
                Some(Taker::Workflow) => add(queue.clone(), Delivery::Workflow(workflow.name.clone())),
                None => {}
            }
        }
        if let Some(pipe) = &bindings.pipe {
            let to = Destination { workflow: workflow.name.clone(), target: pipe.target.clone() };
            let queue = match &pipe.source {
                PipeSource::Stream(_) => hop::of_pipe(&workflow.name),
                PipeSource::Queue(queue) => queue.clone(),
            };
            add(queue, Delivery::Pipe { enrichment: pipe.enrichment.clone(), to });
        }
        for (rule_name, rule) in &bindings.rules {
            for target in &rule.targets {
                let queue = hop::of_rule(&workflow.name, rule_name, target.name());
                let to = Destination { workflow: workflow.name.clone(), target: target.clone() };
                add(queue, Delivery::Event(to));
            }
        }
    }
    consumers
}

#[async_trait]
impl Pump for Consumer {
    fn name(&self) -> String {
        format!("queue:{}", self.queue)
    }

    async fn turn(&mut self) -> Result<bool> {
        let received = self.receive().await?;
        if received.is_empty() {
            return Ok(false);
        }
        let more = received.len() == BATCH;
        if self.deliver(&received).await.is_err() {
            // One message must not hold up the others: each by itself, the bad one fails alone.
            for message in &received {
                if let Err(error) = self.deliver(std::slice::from_ref(message)).await {
                    tracing::warn!(
                        queue = self.queue,
                        message_id = message.message_id,
                        receives = message.state.receive_count,
                        error = error.name.as_str(),
                        "a message could not be delivered"
                    );
                    self.release(message).await?;
                }
            }
        }
        Ok(more)
    }
}

impl Consumer {
    async fn receive(&self) -> Result<Vec<Received>> {
        let home = self.around.home.clone();
        let (queue, now) = (self.queue.clone(), self.around.clock.now());
        // An empty queue is found empty without a write.
        let next = {
            let queue = queue.clone();
            home.store.read_blocking(move |connection| queues::next_visible_at(connection, &queue))
        };
        if next.map_err(StepError::unavailable)?.is_none_or(|at| at > now) {
            return Ok(Vec::new());
        }
        let wiring = home.wiring.clone();
        let received =
            home.store.write(move |transaction| queues::receive(transaction, &queue, BATCH, now, &wiring)).await;
        received.map_err(|error| match error {
            WriteError::Refused(error) => error.into(),
            error => StepError::unavailable(error),
        })
    }

    /// Gives a message back; it comes again after a pause that grows with every receive.
    async fn release(&self, message: &Received) -> Result<()> {
        let handle = message.receipt_handle.clone();
        let visible_at = self.around.clock.now() + pause(message.state.receive_count);
        let released =
            self.around.home.store.write(move |transaction| queues::release(transaction, &handle, visible_at));
        released.await.map(drop).map_err(StepError::unavailable)
    }

    async fn deliver(&self, messages: &[Received]) -> Result<()> {
        let now = self.around.clock.now();
        let mut changes = Vec::new();
        let mut done: Vec<&Received> = messages.iter().collect();
        match &self.delivery {
            Delivery::Step(step) => {
                let origin = &self.around.home.wiring.origin;
                let records = Records { records: messages.iter().map(|message| message.record(origin)).collect() };
                let input = serde_json::to_value(records).expect("records are plain data");
                let (output, wanted) = self.around.handlers.decide(step, input).await?;
                let failed = failed_items(&output);
                if failed.len() == messages.len() {
                    return Err(StepError::unavailable(format_args!("{step} took none of the messages")));
                }
                for message in messages.iter().filter(|message| failed.contains(&message.message_id.as_str())) {
                    self.release(message).await?;
                }
                done.retain(|message| !failed.contains(&message.message_id.as_str()));
                changes = wanted;
            }
            Delivery::Workflow(workflow) => {
                for message in messages {
                    let to = Destination { workflow: workflow.clone(), target: Target::Workflow };
                    changes.extend(self.hand_over(&to, &message.message_id, parse(&message.body)?, now).await?);
                }
            }
            Delivery::Pipe { enrichment, to } => {
                for message in messages {
                    let batch = parse(&message.body)?;
                    let name = record_key(&batch[0]).unwrap_or_else(|| message.message_id.clone());
                    let enriched = match enrichment {
                        Some(step) => {
                            let (output, wanted) = self.around.handlers.decide(step, batch).await?;
                            changes.extend(wanted);
                            output
                        }
                        None => batch,
                    };
                    // A state machine gets the batch as one input; the others get its elements.
                    match (&to.target, enriched) {
                        (Target::Workflow | Target::Step(_), batch) => {
                            changes.extend(self.hand_over(to, &name, batch, now).await?);
                        }
                        (_, Value::Array(elements)) => {
                            for (index, element) in elements.into_iter().enumerate() {
                                let identity = format!("{}/{index}", message.message_id);
                                changes.extend(self.hand_over(to, &identity, element, now).await?);
                            }
                        }
                        (_, other) => changes.extend(self.hand_over(to, &message.message_id, other, now).await?),
                    }
                }
            }
            Delivery::Event(to) => {
                for message in messages {
                    let event = parse(&message.body)?;
                    let name = record_key(&event["detail"])
                        .or_else(|| event["id"].as_str().map(str::to_owned))
                        .unwrap_or_else(|| message.message_id.clone());
                    changes.extend(self.hand_over(to, &name, event, now).await?);
                }
            }
        }
        let handles: Vec<String> = done.into_iter().map(|message| message.receipt_handle.clone()).collect();
        let commit = self.around.home.commit(changes, move |transaction| {
            for handle in &handles {
                if !queues::delete(transaction, handle, now)? {
                    // Somebody else has the message by now, and does what is to be done.
                    return Err(ApplyError::Refused(StepError::unavailable("a message's time ran out")));
                }
            }
            Ok(())
        });
        commit.await
    }

    /// What is to be changed so that the target has the payload. `identity` names this delivery: the same
    /// one again is no change.
    async fn hand_over(&self, to: &Destination, identity: &str, payload: Value, at: Timestamp) -> Result<Vec<Change>> {
        let change = match &to.target {
            Target::Workflow => Change::StartExecution(Execution {
                state_machine: to.workflow.clone(),
                name: identity.to_owned(),
                input: payload,
            }),
            Target::EventBus => Change::PutEvent(BusEvent {
                key: identity.to_owned(),
                // As EventBridge Pipes names what it puts on a bus unless told otherwise.
                source: format!("Pipe {}", to.workflow),
                detail_type: "Event from aws:dynamodb".to_owned(),
                detail: payload,
                at,
            }),
            Target::Queue(queue) => Change::SendMessage(QueueMessage {
                queue: queue.clone(),
                key: identity.to_owned(),
                body: payload.to_string(),
                at,
            }),
            Target::Topic(topic) => Change::Publish(TopicMessage {
                topic: topic.clone(),
                key: identity.to_owned(),
                subject: None,
                message: payload.to_string(),
                at,
            }),
            Target::Step(step) => return Ok(self.around.handlers.decide(step, payload).await?.1),
        };
        Ok(vec![change])
    }
}

/// 1 s after the first receive, twice as long after each further one, at most a minute.
fn pause(receive_count: u32) -> SignedDuration {
    SignedDuration::from_secs(60.min(1 << receive_count.saturating_sub(1).min(6)))
}

fn parse(body: &str) -> Result<Value> {
    serde_json::from_str(body).map_err(|error| order::Invalid::new(format!("JSON: {error}")).at("body").into())
}

/// The key of a table's item in a stream record: it names the execution that the record starts, so that
/// its ARN is known as soon as the item is written.
fn record_key(record: &Value) -> Option<String> {
    let keys = record["dynamodb"]["Keys"].as_object()?;
    let (_, key) = keys.iter().next()?;
    let text = key["S"].as_str().or_else(|| key["N"].as_str())?;
    // Only an item's coming starts its own execution; a later change is another matter.
    if record["eventName"] == "INSERT" {
        return Some(text.to_owned());
    }
    let sequence = record["dynamodb"]["SequenceNumber"].as_str()?.trim_start_matches('0');
    Some(format!("{text}-{sequence}"))
}

/// The messages that a step could not take, as Lambda reports them: `{"batchItemFailures": […]}`.
fn failed_items(output: &Value) -> Vec<&str> {
    let failures = output["batchItemFailures"].as_array();
    failures.into_iter().flatten().filter_map(|failure| failure["itemIdentifier"].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_names_its_execution_by_the_item_s_key() {
        let record = |name: &str| json!({ "eventName": name, "dynamodb": { "Keys": { "order_id": { "S": "o-1" } }, "SequenceNumber": "000000000000000000007" } });
        assert_eq!(record_key(&record("INSERT")).as_deref(), Some("o-1"));
        assert_eq!(record_key(&record("MODIFY")).as_deref(), Some("o-1-7"));
        assert_eq!(record_key(&json!({ "order_id": "o-1" })), None);
    }

    #[test]
    fn pauses_grow_to_a_minute() {
        let seconds: Vec<i64> = (1..=9).map(|count| pause(count).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }
}
