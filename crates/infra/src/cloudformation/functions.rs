//! A Lambda function: its role, its log group, its environment.

use serde_json::{Map, Value, json};

use super::place::Place;
use super::queues::key_arn;
use super::template::{Resource, Template};
use super::values::{attribute, choose, nothing, reference, text, when};
use crate::facts::Function;
use crate::workflow::{API, logical};

/// Why `AWSXRayDaemonWriteAccess`'s two actions name no resource.
const XRAY_REASON: &str = "xray:PutTraceSegments and xray:PutTelemetryRecords take no resource but * \
    (Service Authorization Reference, AWS X-Ray)";

/// How a function is called.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls {
    /// By events: a call that keeps failing goes to the queue of failures. Otherwise its callers wait for the answer and
    /// see the failure.
    pub(super) by_events: bool,
    /// What Lambda does with the function's role to feed it from a stream or a queue, and where.
    pub(super) fed_by: Option<(&'static [&'static str], Value)>,
}

/// What reading a stream takes.
pub(super) const READ_STREAM: &[&str] =
    &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
/// What reading a queue takes.
pub(super) const READ_QUEUE: &[&str] =
    &["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];

/// The logical name of a function.
pub(super) fn function_id(function: &str) -> String {
    format!("{}Function", logical(function))
}

/// The logical name of a function's log group.
pub(super) fn log_group_id(function: &str) -> String {
    format!("{}LogGroup", logical(function))
}

/// Adds a function with its role and log group.
pub(super) fn add(template: &mut Template, place: &Place<'_>, name: &str, facts: &Function, calls: &Calls) {
    let (function, role, logs) = (function_id(name), format!("{}Role", logical(name)), log_group_id(name));
    let full_name = text(place.function_name(name));
    add_log_group(template, &logs, &format!("/aws/lambda/{}", place.function_name(name)));
    let mut statements = statements(place, &logs, facts, calls);
    statements.push(key_statement(template));
    template.add(
        &role,
        Resource::new(
            "AWS::IAM::Role",
            json!({
                "AssumeRolePolicyDocument": trust("lambda.amazonaws.com"),
                "ManagedPolicyArns": when("UsesVpc", json!([text(
                    "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
                )])),
                "Policies": [{
                    "PolicyName": "function",
                    "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
                }],
            }),
        )
        .exempt("CKV_AWS_111", XRAY_REASON),
    );
    let mut properties = json!({
        "FunctionName": full_name,
        "Description": place.describe(name),
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Architectures": [reference("Architecture")],
        "Code": { "S3Bucket": reference("ArtifactsBucket"), "S3Key": reference("ArtifactKey") },
        "Role": attribute(&role, "Arn"),
        "Timeout": facts.timeout,
        "MemorySize": facts.memory_size,
        "Environment": { "Variables": environment(place, name) },
        "KmsKeyArn": when("UsesCustomerKey", key_arn(template)),
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": reference(&logs) },
        "ReservedConcurrentExecutions": reserved_concurrency(name),
        "TracingConfig": { "Mode": "Active" },
        "VpcConfig": when("UsesVpc", place.network()),
    });
    if calls.by_events {
        properties["DeadLetterConfig"] = json!({ "TargetArn": attribute("FailuresQueue", "Arn") });
    }
    let mut resource = Resource::new("AWS::Lambda::Function", properties);
    if !calls.by_events {
        resource = resource.exempt(
            "CKV_AWS_116",
            "its callers wait for the answer and handle the failure: there is no asynchronous call to keep",
        );
    }
    template.add(&function, resource);
}

/// Adds a log group that is kept for as long as the stack says.
pub(super) fn add_log_group(template: &mut Template, id: &str, name: &str) {
    let properties = json!({
        "LogGroupName": text(name),
        "RetentionInDays": reference("LogRetentionInDays"),
        "KmsKeyId": when("UsesCustomerKey", key_arn(template)),
    });
    template.add(id, Resource::new("AWS::Logs::LogGroup", properties));
}

/// Lets a role use the customer's key, when there is one.
pub(super) fn key_statement(template: &Template) -> Value {
    let actions = ["kms:Decrypt", "kms:GenerateDataKey"];
    when("UsesCustomerKey", json!({ "Effect": "Allow", "Action": actions, "Resource": key_arn(template) }))
}

/// Lets one service take on a role.
pub(super) fn trust(service: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
    })
}

/// Lets one service take on a role, for this account only.
pub(super) fn trust_from_account(service: &str) -> Value {
    let mut trust = trust(service);
    trust["Statement"][0]["Condition"] =
        json!({ "StringEquals": { "aws:SourceAccount": reference("AWS::AccountId") } });
    trust
}

/// Lets a service of this account call a function, on behalf of one resource.
pub(super) fn permission(function: &str, service: &str, source: Value) -> Resource {
    Resource::new(
        "AWS::Lambda::Permission",
        json!({
            "Action": "lambda:InvokeFunction",
            "FunctionName": reference(&function_id(function)),
            "Principal": service,
            "SourceAccount": reference("AWS::AccountId"),
            "SourceArn": source,
        }),
    )
}

fn statements(place: &Place<'_>, logs: &str, facts: &Function, calls: &Calls) -> Vec<Value> {
    let mut statements = vec![
        json!({
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": attribute(logs, "Arn"),
        }),
        json!({
            "Effect": "Allow",
            "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
            "Resource": "*",
        }),
    ];
    if let Some((actions, source)) = &calls.fed_by {
        statements.push(json!({ "Effect": "Allow", "Action": actions, "Resource": source }));
    }
    if calls.by_events {
        let resource = attribute("FailuresQueue", "Arn");
        statements.push(json!({ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": resource }));
    }
    for (alias, actions) in &facts.permissions {
        let resources = place.resources(*alias);
        // A workflow without topics, queues or tables of its own has nothing to allow.
        if !resources.is_empty() {
            statements.push(json!({ "Effect": "Allow", "Action": actions, "Resource": resources }));
        }
    }
    statements
}

fn environment(place: &Place<'_>, name: &str) -> Map<String, Value> {
    let mut variables = Map::new();
    variables.insert("ORDERFLOW_FUNCTION".to_owned(), name.into());
    for (variable, value) in place.variables() {
        variables.insert(format!("ORDERFLOW_{variable}"), value);
    }
    if let (API, Place::Workflow(workflow)) = (name, place) {
        variables.insert("ORDERFLOW_INTAKE_AUTH".to_owned(), super::parameters::intake_authorization(workflow));
    }
    variables
}

/// How many of a function may run at once, when that is limited.
fn reserved_concurrency(function: &str) -> Value {
    let (condition, parameter) = if function == API {
        ("LimitsApiConcurrency", "ApiReservedConcurrency")
    } else {
        ("LimitsConcurrency", "ReservedConcurrency")
    };
    choose(condition, reference(parameter), nothing())
}
