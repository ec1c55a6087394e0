//! The REST API of a workflow: its intakes, which the gateway guards and validates, and behind them everything else that
//! the function `Api` answers, which the function guards itself.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::functions::{add_log_group, function_id, permission};
use super::place::Place;
use super::template::{Resource, Template};
use super::values::{arn_text, attribute, choose, import, parameter_of, reference, text, triggers_value, when};
use crate::workflow::{API, Workflow, logical, route};

/// The parameter that names the stage where `triggers.json` has none.
const STAGE_PARAMETER: &str = "ApiStageName";

/// The ways in which the gateway lets callers in at an intake, each with the condition that says so. `key` is the
/// operator's, which the function checks: to the gateway it is open.
const AUTHORIZATIONS: [(&str, &str); 3] = [("Open", "IntakeIsOpen"), ("Jwt", "IntakeIsJwt"), ("Iam", "IntakeIsIam")];

/// What API Gateway answers by itself, in the form that the function answers in.
const REFUSALS: [(&str, &str, &str); 6] = [
    ("BAD_REQUEST_BODY", "invalid-request", "The request is not right"),
    ("BAD_REQUEST_PARAMETERS", "invalid-request", "The request is not right"),
    ("UNAUTHORIZED", "unauthorized", "Who calls is not known"),
    ("ACCESS_DENIED", "forbidden", "That is not allowed"),
    ("THROTTLED", "too-many-requests", "Too many requests at once"),
    ("DEFAULT_5XX", "service-unavailable", "Something that is needed does not answer"),
];

/// The API's name, to be referred to.
pub(super) fn name(workflow: &Workflow) -> Value {
    text(name_text(workflow))
}

/// The same within other text.
pub(super) fn name_text(workflow: &Workflow) -> String {
    let written = first(workflow)["Name"].as_str();
    written.map_or_else(|| Place::Workflow(workflow).prefix(), str::to_owned)
}

/// The stage's name, to be referred to.
pub(super) fn stage(workflow: &Workflow) -> Value {
    match first(workflow).get("Stage") {
        Some(stage) => triggers_value(stage),
        None => reference(STAGE_PARAMETER),
    }
}

/// The same within other text.
pub(super) fn stage_text(workflow: &Workflow) -> String {
    let written = first(workflow)["Stage"].as_str();
    written.map_or_else(|| format!("${{{STAGE_PARAMETER}}}"), str::to_owned)
}

/// Where the shop is for its customers: as the parameter says, else the API itself.
pub(super) fn public_url(workflow: &Workflow) -> Value {
    choose("HasPublicUrl", reference("PublicUrl"), url(workflow))
}

/// Where the API is.
pub(super) fn url(workflow: &Workflow) -> Value {
    if workflow.bindings.api.is_empty() {
        return "https://localhost".into();
    }
    text(format!("https://${{RestApi}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{}", stage_text(workflow)))
}

/// Adds the API. `model` is the schema of what its intake takes.
pub(super) fn add(template: &mut Template, workflow: &Workflow, model: Option<&Value>) {
    if workflow.bindings.api.is_empty() {
        return;
    }
    if first(workflow).get("Stage").is_none() {
        let declaration = json!({
            "Type": "String",
            "Default": "live",
            "AllowedPattern": "[A-Za-z0-9_-]{1,128}",
            "Description": "The stage of the API",
        });
        template.parameter(STAGE_PARAMETER, declaration);
    }
    add_frame(template, workflow, model);
    let methods = add_methods(template, workflow, model.is_some());
    add_stage(template, workflow, &methods);
    let source = text(arn_text("execute-api", "${RestApi}/*"));
    template.add("ApiPermission", permission(API, "apigateway.amazonaws.com", source));
    template.output("ApiUrl", "Where orders are placed", url(workflow));
}

/// The API itself, its authorizer, its model and its refusals.
fn add_frame(template: &mut Template, workflow: &Workflow, model: Option<&Value>) {
    let properties = json!({
        "Name": name(workflow),
        "Description": format!("OrderFlow: the workflow {}", workflow.name),
        // A PDF is answered as such to whoever asks for one, and to a browser, which asks for HTML first.
        "BinaryMediaTypes": ["application/pdf", "text/html"],
        "EndpointConfiguration": { "Types": ["REGIONAL"] },
    });
    template.add("RestApi", Resource::new("AWS::ApiGateway::RestApi", properties));
    let api = reference("RestApi");
    let properties = json!({
        "Name": "customers",
        "Type": "COGNITO_USER_POOLS",
        "RestApiId": api,
        "ProviderARNs": [import("UserPoolArn")],
        "IdentitySource": "method.request.header.Authorization",
    });
    template.add("CustomersAuthorizer", Resource::new("AWS::ApiGateway::Authorizer", properties));
    let properties = json!({
        "Name": "intakes",
        "RestApiId": api,
        "ValidateRequestBody": true,
        "ValidateRequestParameters": true,
    });
    template.add("IntakeValidator", Resource::new("AWS::ApiGateway::RequestValidator", properties));
    if let Some(schema) = model {
        let properties = json!({
            "Name": "Order",
            "Description": format!("What the intake of {} takes", workflow.name),
            "RestApiId": api,
            "ContentType": "application/json",
            "Schema": schema,
        });
        template.add("OrderModel", Resource::new("AWS::ApiGateway::Model", properties));
    }
    for (kind, problem, title) in REFUSALS {
        // `messageString` comes with its quotes.
        let body =
            format!(r#"{{"type":"/problems/{problem}","title":"{title}","detail":$context.error.messageString}}"#);
        let properties = json!({
            "RestApiId": api,
            "ResponseType": kind,
            "ResponseTemplates": { "application/json": body },
            "ResponseParameters": { "gatewayresponse.header.Content-Type": "'application/problem+json'" },
        });
        template.add(
            format!("Refusal{}", logical(&kind.to_lowercase())),
            Resource::new("AWS::ApiGateway::GatewayResponse", properties),
        );
    }
}

/// The logical names of an API's methods.
#[derive(Default)]
struct Methods {
    certain: Vec<String>,
    /// One that is only there under a condition, and the condition.
    conditional: Option<(String, String)>,
}

/// The paths, with a method for each intake and one for everything else. Answers with the methods' names.
fn add_methods(template: &mut Template, workflow: &Workflow, has_model: bool) -> Methods {
    let mut methods = Methods::default();
    let mut paths = BTreeSet::new();
    for api in written(workflow) {
        let path = path_of(workflow, api);
        add_path(template, &path);
        let several = match &api["Method"] {
            Value::Array(methods) => methods.clone(),
            one => vec![one.clone()],
        };
        for method in &several {
            let id = format!("{}{}Method", path_id(&path), method_id(method));
            let mut properties = method_properties(&path, triggers_value(method));
            properties["AuthorizationType"] = choose(
                "IntakeIsJwt",
                "COGNITO_USER_POOLS".into(),
                choose("IntakeIsIam", "AWS_IAM".into(), "NONE".into()),
            );
            properties["AuthorizerId"] = when("IntakeIsJwt", reference("CustomersAuthorizer"));
            properties["ApiKeyRequired"] = choose("RequiresApiKey", true.into(), false.into());
            properties["RequestValidatorId"] = reference("IntakeValidator");
            if has_model && method != "GET" {
                properties["RequestModels"] = json!({ "application/json": reference("OrderModel") });
            }
            let mut resource = Resource::new("AWS::ApiGateway::Method", properties).exempt(
                "CKV_AWS_59",
                "anybody may place an order where the workflow's document says so; IntakeAuthorization closes it",
            );
            match differs(template, &id, method, &several) {
                Some(condition) => {
                    resource = resource.only_if(&condition);
                    methods.conditional = Some((condition, id.clone()));
                }
                None => methods.certain.push(id.clone()),
            }
            template.add(id, resource);
        }
        paths.insert(path);
    }
    paths.extend([String::new(), "/{proxy+}".to_owned()]);
    add_path(template, "/{proxy+}");
    for path in paths {
        let id = format!("{}AnyMethod", path_id(&path));
        let mut properties = method_properties(&path, "ANY".into());
        properties["AuthorizationType"] = "NONE".into();
        let reason = "the function asks for the operator's key or the order's token; health and description are open";
        template.add(&id, Resource::new("AWS::ApiGateway::Method", properties).exempt("CKV_AWS_59", reason));
        methods.certain.push(id);
    }
    methods
}

fn method_properties(path: &str, method: Value) -> Value {
    let uri = arn_for_integration();
    json!({
        "RestApiId": reference("RestApi"),
        "ResourceId": if path.is_empty() { attribute("RestApi", "RootResourceId") } else { reference(&resource_id(path)) },
        "HttpMethod": method,
        "Integration": { "Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri },
    })
}

/// API Gateway calls a function by an address of its own making.
fn arn_for_integration() -> Value {
    text(format!(
        "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{}.Arn}}/invocations",
        function_id(API)
    ))
}

/// A method that a parameter names is only made when no other of the intake is the same.
fn differs(template: &mut Template, id: &str, method: &Value, all: &[Value]) -> Option<String> {
    let parameter = parameter_of(method)?;
    let others = all.iter().filter(|other| parameter_of(other).is_none());
    let differences: Vec<Value> =
        others.map(|other| json!({ "Fn::Not": [{ "Fn::Equals": [reference(parameter), other] }] })).collect();
    let condition = format!("Has{id}");
    let together = match differences.as_slice() {
        [] => return None,
        [one] => one.clone(),
        _ => json!({ "Fn::And": differences }),
    };
    template.condition(&condition, together);
    Some(condition)
}

/// What is served, and how: the deployment, the stage, its throttling, its usage plan, its firewall.
fn add_stage(template: &mut Template, workflow: &Workflow, methods: &Methods) {
    let api = reference("RestApi");
    // A stage serves a snapshot. Whatever changes the API must make a new one, under a new name; and so must a
    // parameter that changes how callers are let in.
    let fingerprint = fingerprint(template);
    let mut served = None;
    for (authorization, condition) in AUTHORIZATIONS {
        for (keys, requires) in [("", "false"), ("WithKeys", "true")] {
            let condition_name = format!("Serves{authorization}{keys}");
            let key = json!({ "Fn::Equals": [reference("RequireApiKey"), requires] });
            template.condition(&condition_name, json!({ "Fn::And": [{ "Condition": condition }, key] }));
            let id = format!("Deployment{authorization}{keys}{fingerprint}");
            let mut properties = json!({ "RestApiId": api });
            if let Some((condition, method)) = &methods.conditional {
                // A dependency on a method that may not be there is only one when it is.
                properties["Description"] = choose(condition, reference(method), "OrderFlow".into());
            }
            let deployment = Resource::new("AWS::ApiGateway::Deployment", properties).only_if(&condition_name);
            template.add(&id, deployment.after(methods.certain.clone()));
            served = Some(match served {
                None => reference(&id),
                Some(otherwise) => choose(&condition_name, reference(&id), otherwise),
            });
        }
    }
    add_log_group(template, "GatewayLogGroup", &format!("/aws/apigateway/{}", Place::Workflow(workflow).prefix()));
    let properties = json!({
        "RestApiId": api,
        "StageName": stage(workflow),
        "DeploymentId": served,
        "TracingEnabled": true,
        "AccessLogSetting": { "DestinationArn": attribute("GatewayLogGroup", "Arn"), "Format": access_log_format() },
        "MethodSettings": [{
            "HttpMethod": "*",
            "ResourcePath": "/*",
            "MetricsEnabled": true,
            "LoggingLevel": "ERROR",
            "DataTraceEnabled": false,
            "ThrottlingRateLimit": reference("ThrottleRate"),
            "ThrottlingBurstLimit": reference("ThrottleBurst"),
        }],
    });
    template.add(
        "Stage",
        Resource::new("AWS::ApiGateway::Stage", properties)
            .exempt("CKV_AWS_120", "orders and their state must not come from a cache"),
    );
    let throttle = json!({ "RateLimit": reference("ThrottleRate"), "BurstLimit": reference("ThrottleBurst") });
    let properties = json!({
        "UsagePlanName": Place::Workflow(workflow).prefix_value(),
        "Description": format!("Who calls {} with an API key", workflow.name),
        "ApiStages": [{ "ApiId": api, "Stage": reference("Stage") }],
        "Throttle": throttle,
    });
    template.add("UsagePlan", Resource::new("AWS::ApiGateway::UsagePlan", properties));
    let properties = json!({ "Name": Place::Workflow(workflow).prefix_value(), "Enabled": true });
    template.add("ApiKey", Resource::new("AWS::ApiGateway::ApiKey", properties).only_if("RequiresApiKey"));
    let properties =
        json!({ "KeyId": reference("ApiKey"), "KeyType": "API_KEY", "UsagePlanId": reference("UsagePlan") });
    template.add("UsagePlanKey", Resource::new("AWS::ApiGateway::UsagePlanKey", properties).only_if("RequiresApiKey"));
    let stage_arn = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestApi}/stages/${Stage}";
    let properties = json!({ "ResourceArn": text(stage_arn), "WebACLArn": import("WebAclArn") });
    template.add("Firewall", Resource::new("AWS::WAFv2::WebACLAssociation", properties).only_if("HasWaf"));
}

/// Neither the query nor the caller's address: both may tell who somebody is.
fn access_log_format() -> Value {
    let members = [
        ("requestId", "requestId"),
        ("requestTime", "requestTime"),
        ("httpMethod", "httpMethod"),
        ("resourcePath", "resourcePath"),
        ("status", "status"),
        ("latency", "responseLatency"),
        ("integration", "integrationLatency"),
        ("error", "error.message"),
        ("trace", "xrayTraceId"),
    ];
    let format: Map<String, Value> =
        members.map(|(name, variable)| (name.to_owned(), format!("$context.{variable}").into())).into_iter().collect();
    Value::String(Value::Object(format).to_string())
}

/// Changes whenever anything of the API does.
fn fingerprint(template: &Template) -> String {
    let mut hash = Sha256::new();
    for kind in ["RestApi", "Resource", "Method", "Model", "Authorizer", "RequestValidator", "GatewayResponse"] {
        for id in template.resources_of_type(&format!("AWS::ApiGateway::{kind}")) {
            hash.update(template.resource(&id).map(Value::to_string).unwrap_or_default());
        }
    }
    hash.finalize().iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

/// Adds the resources that a path is made of, each once.
fn add_path(template: &mut Template, path: &str) {
    let mut above = String::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let parent =
            if above.is_empty() { attribute("RestApi", "RootResourceId") } else { reference(&resource_id(&above)) };
        above = format!("{above}/{part}");
        let id = resource_id(&above);
        if template.resource(&id).is_none() {
            let properties = json!({ "RestApiId": reference("RestApi"), "ParentId": parent, "PathPart": part });
            template.add(id, Resource::new("AWS::ApiGateway::Resource", properties));
        }
    }
}

/// Where an intake stands.
fn path_of(workflow: &Workflow, api: &Value) -> String {
    route(&workflow.name, api["Path"].as_str().unwrap_or_default())
}

fn path_id(path: &str) -> String {
    if path.is_empty() { "Root".to_owned() } else { logical(path) }
}

fn resource_id(path: &str) -> String {
    format!("{}Resource", path_id(path))
}

fn method_id(method: &Value) -> String {
    let name = parameter_of(method).or(method.as_str()).unwrap_or_default();
    if parameter_of(method).is_some() { name.to_owned() } else { logical(&name.to_lowercase()) }
}

/// The intakes as `triggers.json` has them.
fn written(workflow: &Workflow) -> &[Value] {
    match &workflow.triggers["Api"] {
        Value::Array(intakes) => intakes,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

/// The one that names the API and its stage.
fn first(workflow: &Workflow) -> &Value {
    match &workflow.triggers["Api"] {
        Value::Array(intakes) => intakes.first().unwrap_or(&Value::Null),
        one => one,
    }
}
