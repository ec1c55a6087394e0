//! CloudFormation templates: one for what all workflows share, one for each workflow.
//!
//! [`shared`] and [`workflow`] are the entry points. Both forms of the infrastructure, this one and Terraform's, give
//! everything the same names, which are functions of the parameter `Name` and of the workflow's files: so nothing refers
//! in a circle, and a reader finds a resource by what it is for. What has no name of ours (the user pool, the network,
//! the key, the firewall) the shared stack exports.

mod alarms;
mod api;
mod dashboard;
mod events;
mod functions;
mod machines;
mod mail;
mod model;
mod network;
mod parameters;
mod place;
mod queues;
mod security;
mod shared;
mod storage;
mod tables;
mod template;
mod topics;
mod values;
mod web;

use serde_json::{Value, json};
use triggers::document::{Consumer, Target};

use crate::facts::Facts;
use crate::problem::Problem;
use crate::workflow::{DELIVER_OUTBOX, Workflow};
use functions::{Calls, READ_QUEUE, READ_STREAM, function_id};
use place::Place;
use template::{Resource, Template};
use values::{attribute, reference, text};

pub use model::model;
pub use shared::{SHARED, shared};

/// The template of a workflow's stack. `model` is the JSON schema of what its intake takes, which API Gateway checks
/// requests against.
///
/// # Errors
/// What keeps the workflow from being deployed: a function that `infra/functions.json` does not know, a queue that does
/// not wait for its consumer, two things with one name.
pub fn workflow(workflow: &Workflow, facts: &Facts, model: Option<&Value>) -> Result<Value, Problem> {
    let description = format!("OrderFlow: the workflow {}. Made by `orderflow export cloudformation`.", workflow.name);
    let mut template = Template::new(&workflow.name, &description);
    let place = Place::Workflow(workflow);
    parameters::add_common(&mut template, Some(workflow));
    parameters::add_for_workflow(&mut template, workflow);
    add_failures_queue(&mut template, &place);
    tables::add(&mut template, "OutboxTable", &format!("{}-outbox", place.prefix()), &facts.outbox_table);
    tables::add_documents(&mut template, workflow);
    topics::add(&mut template, workflow);
    queues::add(&mut template, workflow, facts)?;
    for function in workflow.functions() {
        let known = facts.function(function)?;
        functions::add(&mut template, &place, function, known, &calls(workflow, function));
        alarms::of_function(&mut template, &place, function, known);
    }
    add_outbox_delivery(&mut template, &place);
    machines::add(&mut template, workflow);
    events::add_rules(&mut template, workflow);
    events::add_pipe(&mut template, workflow);
    api::add(&mut template, workflow, model);
    alarms::add_documents(&mut template, workflow);
    alarms::of_workflow(&mut template, workflow);
    dashboard::add(&mut template, workflow);
    for machine in &workflow.machines {
        let id = machines::machine_id(&machine.name);
        template.output(&format!("{id}Arn"), &format!("The state machine of {}", machine.name), reference(&id));
    }
    template.output("OutboxTableName", "What waits to leave the shop", reference("OutboxTable"));
    template.output("FailuresQueueUrl", "What could not be handed over", reference("FailuresQueue"));
    template.finish().map_err(|taken| {
        let message = format!("two things of the workflow would both be {}", taken.join(", "));
        Problem::new(workflow.triggers_file(), "", message)
    })
}

/// Adds the queue of what could not be handed over: batches of the outbox, records of the pipe, events of rules.
fn add_failures_queue(template: &mut Template, place: &Place<'_>) {
    let name = format!("{}-failures", place.prefix());
    let properties = json!({ "QueueName": text(name.clone()), "MessageRetentionPeriod": 1_209_600 });
    let rules = values::arn("events", &format!("rule/${{Name}}/{}-*", place.prefix()));
    queues::add_queue(template, "FailuresQueue", properties, vec![("events.amazonaws.com", rules)]);
    alarms::not_empty(template, "FailuresQueue", &name);
}

/// Feeds `DeliverOutbox` from the outbox's stream, and calls it every minute for what is due again.
fn add_outbox_delivery(template: &mut Template, place: &Place<'_>) {
    // Marking an item delivered comes back through the stream, and is nobody's business.
    let inserts = json!({ "eventName": ["INSERT"] });
    template.add(
        "OutboxDelivery",
        Resource::new(
            "AWS::Lambda::EventSourceMapping",
            json!({
                "FunctionName": reference(&function_id(DELIVER_OUTBOX)),
                "EventSourceArn": attribute("OutboxTable", "StreamArn"),
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 25,
                "ParallelizationFactor": 4,
                "BisectBatchOnFunctionError": true,
                "MaximumRetryAttempts": 5,
                "MaximumRecordAgeInSeconds": 3600,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "FilterCriteria": { "Filters": [{ "Pattern": inserts.to_string() }] },
                "DestinationConfig": { "OnFailure": { "Destination": attribute("FailuresQueue", "Arn") } },
            }),
        ),
    );
    events::add_schedule(template, &place.prefix(), DELIVER_OUTBOX, "sweep", "rate(1 minute)");
}

fn calls(workflow: &Workflow, function: &str) -> Calls {
    let bindings = &workflow.bindings;
    let is_this = |target: &Target| *target == Target::Step(function.to_owned());
    let by_alarms = bindings.alarms.values().any(|alarm| {
        [&alarm.alarm_actions, &alarm.ok_actions, &alarm.insufficient_data_actions].into_iter().flatten().any(is_this)
    });
    let by_rules = bindings.rules.values().any(|rule| rule.targets.iter().any(is_this));
    if function == DELIVER_OUTBOX {
        let stream = values::arn("dynamodb", &format!("table/${{Name}}-{}-outbox/stream/*", workflow.name));
        // What it could not deliver is put on the queue of failures by the stream's own destination.
        return Calls { by_events: true, fed_by: Some((READ_STREAM, stream)) };
    }
    let consumer = Some(Consumer::Step(function.to_owned()));
    let queue = bindings.queues.iter().find(|(_, queue)| queue.consumer == consumer);
    let fed_by = queue.map(|(name, _)| (READ_QUEUE, attribute(&queues::queue_id(name), "Arn")));
    Calls { by_events: by_alarms || by_rules, fed_by }
}
