//! The parameters of the templates, each checked before anything is created, and the conditions made of them.

use serde_json::{Value, json};
use triggers::document::{Auth, Parameter, ParameterType};

use super::template::Template;
use super::topics::given_condition;
use super::values::{choose, is_given, parameter_is, parameter_of, reference, triggers_value};
use crate::workflow::Workflow;

/// The retentions that CloudWatch Logs offers, in days.
const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// How long logs are kept where the document says nothing.
const DEFAULT_RETENTION_DAYS: u32 = 30;

/// An address, or nothing.
pub(super) const ADDRESS_OR_NOTHING: &str = r"(|[^@\s]+@[^@\s]+\.[^@\s]+)";

/// Adds what every stack is asked.
pub(super) fn add_common(template: &mut Template, workflow: Option<&Workflow>) {
    let retention = workflow.and_then(|workflow| workflow.bindings.logs).map(|logs| logs.retention_days);
    template.parameter(
        "Name",
        json!({
            "Type": "String",
            "Default": "orderflow",
            "AllowedPattern": "[a-z][a-z0-9-]{0,18}[a-z0-9]",
            "ConstraintDescription": "2 to 20 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen",
            "Description": "What the names of everything begin with; the same for all stacks of an installation",
        }),
    );
    template.parameter(
        "ArtifactsBucket",
        json!({
            "Type": "String",
            "AllowedPattern": "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            "ConstraintDescription": "the name of an S3 bucket",
            "Description": "The bucket in this region that holds the functions' code",
        }),
    );
    template.parameter(
        "ArtifactKey",
        json!({
            "Type": "String",
            "AllowedPattern": ".*[^/]",
            "ConstraintDescription": "the key of an object, such as orderflow/bootstrap-1.zip",
            "Description": "The key of bootstrap.zip in that bucket; a new one for new code",
        }),
    );
    choice(template, "Architecture", "x86_64", &["x86_64", "arm64"], "What bootstrap.zip was built for");
    let days = RETENTION_DAYS.map(|days| days.to_string());
    let retention = retention.unwrap_or(DEFAULT_RETENTION_DAYS).to_string();
    let days: Vec<&str> = days.iter().map(String::as_str).collect();
    choice(template, "LogRetentionInDays", &retention, &days, "How long logs are kept");
    template.parameter(
        "LogLevel",
        json!({
            "Type": "String",
            "Default": "info",
            "AllowedPattern": "[A-Za-z0-9_=,:-]+",
            "Description": "What functions log: a level, or levels by module (tracing's EnvFilter)",
        }),
    );
    number(
        template,
        "ErrorsThreshold",
        20,
        (0, 1_000_000),
        "How many failed calls of a function within five minutes are borne before an alarm; refusals are among them",
    );
    number(
        template,
        "ReservedConcurrency",
        0,
        (0, 100_000),
        "How many calls of each function may run at once; 0 is as many as the account has",
    );
    for (name, default, description) in [
        ("DeletionProtection", "true", "Whether tables refuse to be deleted"),
        ("EnableCustomerKey", "false", "Whether everything is encrypted under a key of the customer's own"),
        ("EnableVpc", "false", "Whether functions run in a network of their own, with endpoints for what they reach"),
        ("EnableWaf", "true", "Whether a firewall stands before what is public"),
    ] {
        choice(template, name, default, &["true", "false"], description);
    }
    for (condition, parameter) in
        [("UsesCustomerKey", "EnableCustomerKey"), ("UsesVpc", "EnableVpc"), ("HasWaf", "EnableWaf")]
    {
        template.condition(condition, parameter_is(parameter, "true"));
    }
    template.condition("UsesOwnedKey", json!({ "Fn::Not": [{ "Condition": "UsesCustomerKey" }] }));
    template.condition("LimitsConcurrency", is_not_zero("ReservedConcurrency"));
}

/// Adds what a workflow's stack is asked beside, the parameters of its document among it.
pub(super) fn add_for_workflow(template: &mut Template, workflow: &Workflow) {
    for (name, parameter) in &workflow.parameters {
        let used = is_endpoint(workflow, name);
        template.parameter(name, document_parameter(parameter, used));
        if used {
            template.condition(&given_condition(name), is_given(name));
        }
    }
    choice(template, "EnableTracingGroup", "true", &["true", "false"], "Whether X-Ray groups the workflow's traces");
    template.condition("HasTracingGroup", parameter_is("EnableTracingGroup", "true"));
    template.parameter(
        "PaymentFailureRate",
        json!({
            "Type": "Number",
            "Default": 0,
            "MinValue": 0,
            "MaxValue": 1,
            "Description": "Which share of payments the simulated gateway refuses, by the order's id",
        }),
    );
    template.parameter(
        "PublicUrl",
        json!({
            "Type": "String",
            "Default": "",
            "AllowedPattern": r"(|https://[^\s]+[^/\s])",
            "ConstraintDescription": "a URL that begins with https:// and does not end with a slash, or nothing",
            "Description": "Where customers find the shop, for links in mails; the API itself when empty",
        }),
    );
    template.condition("HasPublicUrl", is_given("PublicUrl"));
    if workflow.bindings.pipe.is_some() {
        choice(template, "PipeState", "RUNNING", &["RUNNING", "STOPPED"], "Whether the pipe takes records");
    }
    if workflow.machines.iter().any(crate::workflow::Machine::may_be_express) {
        let description = "EXPRESS is cheaper and starts more a second; it keeps no history and may run a step twice";
        choice(template, "StateMachineType", "STANDARD", &["STANDARD", "EXPRESS"], description);
    }
    if !workflow.bindings.api.is_empty() {
        add_for_api(template, workflow);
    }
}

fn add_for_api(template: &mut Template, workflow: &Workflow) {
    number(template, "ApiReservedConcurrency", 0, (0, 100_000), "How many calls of the function Api may run at once");
    template.condition("LimitsApiConcurrency", is_not_zero("ApiReservedConcurrency"));
    choice(
        template,
        "IntakeAuthorization",
        "document",
        &["document", "none", "key", "jwt", "iam"],
        "Who may place orders: as the workflow's document says, anybody, who has the operator's key, a token of the user \
         pool, or the rights of an IAM identity",
    );
    choice(template, "RequireApiKey", "false", &["true", "false"], "Whether placing an order takes an API key as well");
    number(template, "ThrottleRate", 1_000, (1, 100_000), "Requests a second that are let through");
    number(template, "ThrottleBurst", 2_000, (1, 100_000), "Requests at once that are let through");
    template.condition("RequiresApiKey", parameter_is("RequireApiKey", "true"));
    let asked = |auth: &str| parameter_is("IntakeAuthorization", auth);
    template.condition(
        "IntakeIsJwt",
        match documents_jwt(workflow) {
            None => asked("jwt"),
            Some(documents) => json!({ "Fn::Or": [asked("jwt"), { "Fn::And": [asked("document"), documents] }] }),
        },
    );
    template.condition("IntakeIsIam", asked("iam"));
    template.condition("IntakeIsAsDocumented", asked("document"));
    template.condition(
        "IntakeIsOpen",
        json!({ "Fn::Not": [{ "Fn::Or": [{ "Condition": "IntakeIsJwt" }, { "Condition": "IntakeIsIam" }] }] }),
    );
}

/// Who may place orders, as the function is told: it asks for the operator's key itself, and does not take the gateway's
/// word for a request that the gateway asked nothing of.
pub(super) fn intake_authorization(workflow: &Workflow) -> Value {
    let documented = match &first_api(workflow)["Auth"] {
        Value::Null => "none".into(),
        auth => triggers_value(auth),
    };
    choose("IntakeIsAsDocumented", documented, reference("IntakeAuthorization"))
}

fn is_not_zero(parameter: &str) -> Value {
    json!({ "Fn::Not": [parameter_is(parameter, "0")] })
}

/// When the document itself asks for a token: never, always, or as its parameter says.
fn documents_jwt(workflow: &Workflow) -> Option<Value> {
    match parameter_of(&first_api(workflow)["Auth"]) {
        Some(parameter) => Some(parameter_is(parameter, "jwt")),
        None if workflow.bindings.api.iter().any(|api| api.auth == Auth::Jwt) => {
            Some(parameter_is("IntakeAuthorization", "document"))
        }
        None => None,
    }
}

/// The intake that speaks for all.
fn first_api(workflow: &Workflow) -> &Value {
    match &workflow.triggers["Api"] {
        Value::Array(intakes) => intakes.first().unwrap_or(&Value::Null),
        one => one,
    }
}

/// Whether a parameter is where a topic's messages go: nobody is told when it is empty.
fn is_endpoint(workflow: &Workflow, parameter: &str) -> bool {
    let topics = workflow.triggers["Topics"].as_object();
    topics.into_iter().flatten().any(|(_, topic)| {
        let subscriptions = topic["Subscriptions"].as_array();
        subscriptions
            .into_iter()
            .flatten()
            .any(|subscription| parameter_of(&subscription["Endpoint"]) == Some(parameter))
    })
}

fn document_parameter(parameter: &Parameter, is_endpoint: bool) -> Value {
    let mut declaration = json!({
        "Type": match parameter.kind {
            ParameterType::String => "String",
            ParameterType::Number => "Number",
            ParameterType::CommaDelimitedList => "CommaDelimitedList",
        },
    });
    if let Some(default) = &parameter.default {
        declaration["Default"] = default.as_str().into();
    } else if is_endpoint {
        declaration["Default"] = "".into();
        declaration["AllowedPattern"] = ADDRESS_OR_NOTHING.into();
        declaration["ConstraintDescription"] = "a mail address, or nothing".into();
    }
    if let Some(description) = &parameter.description {
        declaration["Description"] = description.as_str().into();
    }
    if !parameter.allowed_values.is_empty() {
        declaration["AllowedValues"] = json!(parameter.allowed_values);
    } else if parameter.kind == ParameterType::String && declaration.get("AllowedPattern").is_none() {
        // A name that is there has a letter: an empty one would fail in the middle of a deployment.
        let pattern = parameter.allowed_pattern.as_ref().map_or(".+", |pattern| pattern.as_str());
        declaration["AllowedPattern"] = pattern.into();
    }
    declaration
}

pub(super) fn choice(template: &mut Template, name: &str, default: &str, allowed: &[&str], description: &str) {
    template.parameter(
        name,
        json!({ "Type": "String", "Default": default, "AllowedValues": allowed, "Description": description }),
    );
}

pub(super) fn number(template: &mut Template, name: &str, default: u32, range: (u32, u32), description: &str) {
    template.parameter(
        name,
        json!({
            "Type": "Number",
            "Default": default,
            "MinValue": range.0,
            "MaxValue": range.1,
            "Description": description,
        }),
    );
}
