//! What moves orders on: the bus's rules and the pipe.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use triggers::document::{PipeSource, Target};

use super::functions::{
    READ_QUEUE, READ_STREAM, add_log_group, function_id, key_statement, permission, trust_from_account,
};
use super::machines::machine_id;
use super::queues::{key_arn, queue_id};
use super::tables::{stream_arn, table_id};
use super::template::{Resource, Template};
use super::topics::topic_id;
use super::values::{arn, attribute, json_text, reference, text, triggers_value, when};
use crate::workflow::{Workflow, logical};

/// For how long, and how often, something is tried again before it goes to the queue of failures: all that AWS allows.
const RETRY_SECONDS: u32 = 86_400;
const RETRY_ATTEMPTS: u32 = 185;

/// The ARN of what a rule, a pipe or an alarm hands to.
pub(super) fn target_arn(workflow: &Workflow, target: &Target) -> Value {
    match target {
        Target::Workflow => reference(&machine_id(&workflow.name)),
        Target::EventBus => arn("events", "event-bus/${Name}"),
        Target::Queue(queue) => attribute(&queue_id(queue), "Arn"),
        Target::Topic(topic) => reference(&topic_id(topic)),
        Target::Step(step) => attribute(&function_id(step), "Arn"),
    }
}

/// Adds the workflow's rules.
pub(super) fn add_rules(template: &mut Template, workflow: &Workflow) {
    for (name, rule) in &workflow.bindings.rules {
        let id = logical(name);
        let pattern = &workflow.triggers["Rules"][name]["EventPattern"];
        let targets: Vec<Value> = rule.targets.iter().map(|target| rule_target(workflow, target)).collect();
        template.add(
            &id,
            Resource::new(
                "AWS::Events::Rule",
                json!({
                    "Name": text(format!("${{Name}}-{}-{name}", workflow.name)),
                    "Description": format!("{name} of the workflow {}", workflow.name),
                    "EventBusName": reference("Name"),
                    "EventPattern": pattern,
                    "Targets": targets,
                }),
            ),
        );
        for step in rule.targets.iter().filter_map(as_step) {
            let resource = permission(step, "events.amazonaws.com", attribute(&id, "Arn"));
            template.add(format!("{id}{}Permission", logical(step)), resource);
        }
    }
    let starts = workflow.bindings.rules.values().any(|rule| rule.targets.contains(&Target::Workflow));
    if starts {
        let statements = json!([{
            "Effect": "Allow",
            "Action": "states:StartExecution",
            "Resource": reference(&machine_id(&workflow.name)),
        }]);
        template.add("RulesRole", role("events.amazonaws.com", statements));
    }
}

fn rule_target(workflow: &Workflow, target: &Target) -> Value {
    let mut written = json!({
        "Id": target.name(),
        "Arn": target_arn(workflow, target),
        "DeadLetterConfig": { "Arn": attribute("FailuresQueue", "Arn") },
        "RetryPolicy": { "MaximumEventAgeInSeconds": RETRY_SECONDS, "MaximumRetryAttempts": RETRY_ATTEMPTS },
    });
    if *target == Target::Workflow {
        written["RoleArn"] = attribute("RulesRole", "Arn");
    }
    written
}

fn as_step(target: &Target) -> Option<&str> {
    match target {
        Target::Step(step) => Some(step),
        _ => None,
    }
}

/// Adds the workflow's pipe, when it has one.
pub(super) fn add_pipe(template: &mut Template, workflow: &Workflow) {
    let Some(pipe) = &workflow.bindings.pipe else { return };
    let written = &workflow.triggers["Pipe"];
    let batch_size = written.get("BatchSize").map_or(json!(1), triggers_value);
    let failures = attribute("FailuresQueue", "Arn");
    let (source, reads, mut source_parameters) = match &pipe.source {
        PipeSource::Stream(table) => {
            let mut actions = READ_STREAM.to_vec();
            actions.push("dynamodb:ListStreams");
            let parameters = json!({
                "DynamoDBStreamParameters": {
                    "StartingPosition": "TRIM_HORIZON",
                    "BatchSize": batch_size,
                    "MaximumRetryAttempts": RETRY_ATTEMPTS,
                    "MaximumRecordAgeInSeconds": RETRY_SECONDS,
                    "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
                    "DeadLetterConfig": { "Arn": failures },
                },
            });
            (stream_arn(&table_id(table)), actions, parameters)
        }
        PipeSource::Queue(queue) => {
            let parameters = json!({ "SqsQueueParameters": { "BatchSize": batch_size } });
            (attribute(&queue_id(queue), "Arn"), READ_QUEUE.to_vec(), parameters)
        }
    };
    let filters = written["FilterCriteria"]["Filters"].as_array();
    let filters: Vec<Value> =
        filters.into_iter().flatten().map(|filter| json!({ "Pattern": json_text(&filter["Pattern"]) })).collect();
    if !filters.is_empty() {
        source_parameters["FilterCriteria"] = json!({ "Filters": filters });
    }
    let (target_action, target_parameters) = match &pipe.target {
        Target::Workflow => (
            "states:StartExecution",
            json!({ "StepFunctionStateMachineParameters": { "InvocationType": "FIRE_AND_FORGET" } }),
        ),
        // As EventBridge Pipes itself names what it puts on a bus.
        Target::EventBus => (
            "events:PutEvents",
            json!({ "EventBridgeEventBusParameters": {
                "Source": format!("Pipe {}", workflow.name),
                "DetailType": "Event from aws:dynamodb",
            } }),
        ),
        Target::Queue(_) => ("sqs:SendMessage", json!({})),
        Target::Topic(_) => ("sns:Publish", json!({})),
        Target::Step(_) => {
            ("lambda:InvokeFunction", json!({ "LambdaFunctionParameters": { "InvocationType": "REQUEST_RESPONSE" } }))
        }
    };
    let mut allowed: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    allowed.entry(target_action).or_default().push(target_arn(workflow, &pipe.target));
    allowed.entry("sqs:SendMessage").or_default().push(failures);
    if let Some(step) = &pipe.enrichment {
        allowed.entry("lambda:InvokeFunction").or_default().push(attribute(&function_id(step), "Arn"));
    }
    let mut statements = vec![json!({ "Effect": "Allow", "Action": reads, "Resource": source })];
    statements.extend(
        allowed
            .into_iter()
            .map(|(action, resources)| json!({ "Effect": "Allow", "Action": action, "Resource": resources })),
    );
    statements.push(key_statement(template));
    template.add("PipeRole", role("pipes.amazonaws.com", Value::Array(statements)));
    add_log_group(template, "PipeLogGroup", &format!("/aws/vendedlogs/pipes/${{Name}}-{}", workflow.name));
    let mut properties = json!({
        "Name": text(format!("${{Name}}-{}", workflow.name)),
        "Description": format!("From {} to {}", written["Source"].as_str().unwrap_or_default(), pipe.target.name()),
        "DesiredState": reference("PipeState"),
        "RoleArn": attribute("PipeRole", "Arn"),
        "Source": source,
        "SourceParameters": source_parameters,
        "Target": target_arn(workflow, &pipe.target),
        "TargetParameters": target_parameters,
        "KmsKeyIdentifier": when("UsesCustomerKey", key_arn(template)),
        "LogConfiguration": {
            "Level": "ERROR",
            "CloudwatchLogsLogDestination": { "LogGroupArn": attribute("PipeLogGroup", "Arn") },
        },
    });
    if let Some(step) = &pipe.enrichment {
        properties["Enrichment"] = attribute(&function_id(step), "Arn");
    }
    template.add("Pipe", Resource::new("AWS::Pipes::Pipe", properties));
}

/// Adds what calls a function by the clock. The next call does the same, so one that fails is not repeated.
pub(super) fn add_schedule(template: &mut Template, prefix: &str, function: &str, name: &str, rate: &str) {
    let id = format!("{}Schedule", logical(name));
    let called = attribute(&function_id(function), "Arn");
    let statements = json!([{ "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": called }]);
    template.add(format!("{id}Role"), role("scheduler.amazonaws.com", statements));
    let input = json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {} });
    template.add(
        id.clone(),
        Resource::new(
            "AWS::Scheduler::Schedule",
            json!({
                "Name": text(format!("{prefix}-{name}")),
                "ScheduleExpression": rate,
                "FlexibleTimeWindow": { "Mode": "OFF" },
                "KmsKeyArn": when("UsesCustomerKey", key_arn(template)),
                "Target": {
                    "Arn": called,
                    "RoleArn": attribute(&format!("{id}Role"), "Arn"),
                    "Input": json_text(&input),
                    "RetryPolicy": { "MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0 },
                },
            }),
        ),
    );
}

fn role(service: &str, statements: Value) -> Resource {
    Resource::new(
        "AWS::IAM::Role",
        json!({
            "AssumeRolePolicyDocument": trust_from_account(service),
            "Policies": [{
                "PolicyName": "permissions",
                "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
            }],
        }),
    )
}
