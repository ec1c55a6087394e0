//! State machines: the workflow's own and its follow-ups'.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use workflows::Placeholder;

use super::functions::{add_log_group, function_id, key_statement, trust_from_account};
use super::queues::queue_id;
use super::template::{Resource, Template};
use super::topics::topic_id;
use super::values::{arn, attribute, nothing, reference, text};
use crate::workflow::{Machine, Workflow, logical};

/// Why a state machine's role has two statements on `*`.
const STAR_REASON: &str = "log delivery and X-Ray take no resource but * \
    (Step Functions developer guide, \"Logging using CloudWatch Logs\" and \"X-Ray\")";

/// The logical name of a state machine.
pub(super) fn machine_id(machine: &str) -> String {
    format!("{}StateMachine", logical(machine))
}

/// Adds the workflow's state machines.
pub(super) fn add(template: &mut Template, workflow: &Workflow) {
    for machine in &workflow.machines {
        add_machine(template, workflow, machine);
    }
}

fn add_machine(template: &mut Template, workflow: &Workflow, machine: &Machine) {
    let id = machine_id(&machine.name);
    let (role, logs) = (format!("{id}Role"), format!("{id}LogGroup"));
    add_log_group(template, &logs, &format!("/aws/vendedlogs/states/${{Name}}-{}", machine.name));
    let mut statements = statements(workflow, machine);
    statements.push(key_statement(template));
    template.add(
        &role,
        Resource::new(
            "AWS::IAM::Role",
            json!({
                "AssumeRolePolicyDocument": trust_from_account("states.amazonaws.com"),
                "Policies": [{
                    "PolicyName": "state-machine",
                    "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
                }],
            }),
        )
        .exempt("CKV_AWS_111", STAR_REASON),
    );
    let substitutions: Map<String, Value> =
        workflow.placeholders(machine).map(|(name, meaning)| (name.to_owned(), substitution(meaning))).collect();
    let kind = if machine.may_be_express() { reference("StateMachineType") } else { "STANDARD".into() };
    let properties = json!({
        "StateMachineName": text(format!("${{Name}}-{}", machine.name)),
        "StateMachineType": kind,
        "RoleArn": attribute(&role, "Arn"),
        "DefinitionString": compact(&machine.template),
        "DefinitionSubstitutions": if substitutions.is_empty() { nothing() } else { Value::Object(substitutions) },
        "LoggingConfiguration": {
            "Level": "ALL",
            // Orders hold names and addresses, which are nothing for logs.
            "IncludeExecutionData": false,
            "Destinations": [{ "CloudWatchLogsLogGroup": { "LogGroupArn": attribute(&logs, "Arn") } }],
        },
        "TracingConfiguration": { "Enabled": true },
    });
    let resource = Resource::new("AWS::StepFunctions::StateMachine", properties);
    template.add(id, resource);
}

/// The definition without the spaces between its parts. CloudFormation knows no null, so it goes in as text.
fn compact(definition: &str) -> String {
    let value: Value = serde_json::from_str(definition).expect("it was parsed when the workflow was read");
    value.to_string()
}

fn substitution(meaning: Placeholder<'_>) -> Value {
    match meaning {
        Placeholder::Function(step) => attribute(&function_id(step), "Arn"),
        Placeholder::Topic(topic) => reference(&topic_id(topic)),
        Placeholder::QueueArn(queue) => attribute(&queue_id(queue), "Arn"),
        Placeholder::QueueUrl(queue) => reference(&queue_id(queue)),
        Placeholder::EventBusName => reference("Name"),
    }
}

fn statements(workflow: &Workflow, machine: &Machine) -> Vec<Value> {
    let mut allowed: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (_, meaning) in workflow.placeholders(machine) {
        let (action, resource) = match meaning {
            Placeholder::Function(_) => ("lambda:InvokeFunction", substitution(meaning)),
            Placeholder::Topic(_) => ("sns:Publish", substitution(meaning)),
            Placeholder::QueueUrl(queue) => ("sqs:SendMessage", attribute(&queue_id(queue), "Arn")),
            Placeholder::EventBusName => ("events:PutEvents", arn("events", "event-bus/${Name}")),
            Placeholder::QueueArn(_) => continue,
        };
        allowed.entry(action).or_default().push(resource);
    }
    let mut statements: Vec<Value> = allowed
        .into_iter()
        .map(|(action, resources)| json!({ "Effect": "Allow", "Action": action, "Resource": resources }))
        .collect();
    statements.push(json!({
        "Effect": "Allow",
        "Action": [
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ],
        "Resource": "*",
    }));
    statements
}
