//! SQS queues with their dead letters, and the functions that take their messages.

use serde_json::{Value, json};
use triggers::document::{Consumer, Subscription, Target};

use super::functions::function_id;
use super::template::{Resource, Template};
use super::values::{arn, attribute, import, reference, text, triggers_value, when};
use crate::facts::Facts;
use crate::problem::Problem;
use crate::workflow::{Workflow, logical};

/// How long dead letters are kept: as long as SQS can, 14 days.
const DEAD_LETTER_SECONDS: u32 = 1_209_600;

/// The logical name of a queue.
pub(super) fn queue_id(queue: &str) -> String {
    let id = logical(queue);
    if id.ends_with("Queue") || id.ends_with("DeadLetters") { id } else { format!("{id}Queue") }
}

/// Adds the workflow's queues.
pub(super) fn add(template: &mut Template, workflow: &Workflow, facts: &Facts) -> Result<(), Problem> {
    let bindings = &workflow.bindings;
    let declared = &workflow.triggers["Queues"];
    for name in bindings.queue_names() {
        let id = queue_id(name);
        let written = &declared[name];
        let is_dead_letters = bindings
            .queues
            .values()
            .any(|queue| queue.redrive.as_ref().is_some_and(|redrive| redrive.dead_letter_queue == name));
        let mut properties = json!({ "QueueName": text(format!("${{Name}}-{name}")) });
        if is_dead_letters {
            properties["MessageRetentionPeriod"] = DEAD_LETTER_SECONDS.into();
        }
        for property in ["VisibilityTimeout", "MessageRetentionPeriod", "DelaySeconds"] {
            if let Some(value) = written.get(property) {
                properties[property] = triggers_value(value);
            }
        }
        if let Some(queue) = bindings.queues.get(name) {
            if let Some(redrive) = &queue.redrive {
                properties["RedrivePolicy"] = json!({
                    "deadLetterTargetArn": attribute(&queue_id(&redrive.dead_letter_queue), "Arn"),
                    "maxReceiveCount": triggers_value(&written["RedrivePolicy"]["maxReceiveCount"]),
                });
            }
            consumer(template, workflow, facts, name, queue)?;
        }
        add_queue(template, &id, properties, senders(workflow, name));
        if is_dead_letters {
            super::alarms::not_empty(template, &id, &format!("${{Name}}-{name}"));
        }
    }
    Ok(())
}

/// Adds a queue, encrypted and over TLS only. `senders` are the services that may put messages on it, each with the
/// ARN that it does so for.
pub(super) fn add_queue(template: &mut Template, id: &str, mut properties: Value, senders: Vec<(&str, Value)>) {
    properties["KmsMasterKeyId"] = when("UsesCustomerKey", key_arn(template));
    properties["SqsManagedSseEnabled"] = when("UsesOwnedKey", true.into());
    template.add(id, Resource::new("AWS::SQS::Queue", properties));
    let mut statements = vec![json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": attribute(id, "Arn"),
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })];
    for (index, (service, source)) in senders.into_iter().enumerate() {
        statements.push(json!({
            "Sid": format!("Sender{index}"),
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sqs:SendMessage",
            "Resource": attribute(id, "Arn"),
            "Condition": { "ArnLike": { "aws:SourceArn": source } },
        }));
    }
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let properties = json!({ "Queues": [reference(id)], "PolicyDocument": document });
    template.add(format!("{id}Policy"), Resource::new("AWS::SQS::QueuePolicy", properties));
}

/// The customer's key, as a stack sees it.
pub(super) fn key_arn(template: &Template) -> Value {
    if template.resource("Key").is_some() { attribute("Key", "Arn") } else { import("KeyArn") }
}

fn consumer(
    template: &mut Template,
    workflow: &Workflow,
    facts: &Facts,
    name: &str,
    queue: &triggers::QueueSpec,
) -> Result<(), Problem> {
    let pointer = format!("/Queues/{name}");
    let step = match &queue.consumer {
        None => return Ok(()),
        Some(Consumer::Step(step)) => step,
        Some(Consumer::Workflow) => {
            let message = "on AWS a queue is taken by a step that starts executions, such as StartOrderProcessing";
            return Err(Problem::new(workflow.triggers_file(), format!("{pointer}/Consumer"), message));
        }
    };
    let timeout = facts.function(step)?.timeout;
    if queue.visibility_timeout_seconds < timeout {
        // Lambda refuses it: a message would come back while it is being handled.
        let message = format!("expected at least the {timeout} seconds that {step} may take");
        return Err(Problem::new(workflow.triggers_file(), format!("{pointer}/VisibilityTimeout"), message));
    }
    template.add(
        format!("{}{}", queue_id(name), function_id(step)),
        Resource::new(
            "AWS::Lambda::EventSourceMapping",
            json!({
                "FunctionName": reference(&function_id(step)),
                "EventSourceArn": attribute(&queue_id(name), "Arn"),
                "BatchSize": 10,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            }),
        ),
    );
    Ok(())
}

/// Rules and topics that hand messages to a queue.
fn senders(workflow: &Workflow, queue: &str) -> Vec<(&'static str, Value)> {
    let bindings = &workflow.bindings;
    let rules = bindings.rules.iter().filter(|(_, rule)| rule.targets.contains(&Target::Queue(queue.to_owned())));
    let rules = rules.map(|(rule, _)| {
        ("events.amazonaws.com", arn("events", &format!("rule/${{Name}}/${{Name}}-{}-{rule}", workflow.name)))
    });
    let listens = |subscription: &Subscription| *subscription == Subscription::Queue(queue.to_owned());
    let topics = bindings.topics.iter().filter(|(_, topic)| topic.subscriptions.iter().any(listens));
    rules.chain(topics.map(|(topic, _)| ("sns.amazonaws.com", arn("sns", &format!("${{Name}}-{topic}"))))).collect()
}
