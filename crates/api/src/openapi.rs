//! The description of this interface: what the handlers say of themselves, and what the intakes are.

use serde_json::{Map, Value, json};
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, Required, Response, ResponseBuilder, Schema};
use utoipa::{Modify, OpenApi as _};

use crate::orders::place::{AcceptedOrder, CheckoutRequest, FinishedOrder};
use crate::problem::ProblemBody;
use crate::state::{DEFAULT_WORKFLOW, Intake, IntakeAuth};

/// What the description says before any route is added.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "OrderFlow",
        description = "Takes orders from placed to paid, receipted and confirmed.\n\nPlacing an order needs no key. The answer has an `access_token`: with it, as `?token=` or as `Authorization: Bearer`, one may read the order, follow it, fetch its receipt and call it off. Everything else needs the operator's key as `Authorization: Bearer`.\n\nWhat is refused is answered as `application/problem+json` (RFC 9457). Listings are paged: ask with `next_cursor` as `cursor` until there is none.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "orders", description = "Placing orders, reading them, following them, and what comes after"),
        (name = "inventory", description = "Products, prices and stock"),
        (name = "customers", description = "The customers we know"),
        (name = "messages", description = "What was sent and what waits to be"),
        (name = "executions", description = "The runs of workflows"),
        (name = "workflows", description = "What orders can go through"),
        (name = "administration", description = "Alarms, the audit, health and metrics"),
        (name = "description", description = "What this is"),
    ),
    components(schemas(ProblemBody, AcceptedOrder, FinishedOrder, CheckoutRequest)),
    modifiers(&Credentials),
)]
struct Description;

/// Names the two credentials.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, description: &mut OpenApi) {
        let operator =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("The operator's key")).build();
        let token = ApiKeyValue::with_description("token", "The access token that placing the order returned");
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("operator", SecurityScheme::Http(operator));
        components.add_security_scheme("access_token", SecurityScheme::ApiKey(ApiKey::Query(token)));
    }
}

/// The description to which routes are added.
pub(crate) fn base() -> OpenApi {
    Description::openapi()
}

/// The JSON schema of what the intake of a workflow takes as its body, as the description has it, complete in itself.
#[must_use]
pub fn request_schema(workflow: &str) -> Value {
    if workflow != DEFAULT_WORKFLOW {
        return json!({ "type": "object" });
    }
    let description = serde_json::to_value(base()).expect("a description is JSON");
    let schemas = &description["components"]["schemas"];
    inline(&schemas["CheckoutRequest"], schemas)
}

/// A schema with what it refers to written in its place.
fn inline(schema: &Value, schemas: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/components/schemas/")) {
        return inline(&schemas[name], schemas);
    }
    match schema {
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), inline(member, schemas))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(|item| inline(item, schemas)).collect(),
        plain => plain.clone(),
    }
}

/// All operations of a path, with their methods.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Option<Operation>)> {
    [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Delete, &mut item.delete),
        (HttpMethod::Patch, &mut item.patch),
    ]
    .into_iter()
}

/// Says of every operation that it may be refused, which need not be repeated at each.
pub(crate) fn finish(mut description: OpenApi) -> OpenApi {
    for item in description.paths.paths.values_mut() {
        for operation in operations(item).filter_map(|(_, operation)| operation.as_mut()) {
            let responses = &mut operation.responses.responses;
            responses.insert("default".to_owned(), refusal().into());
        }
    }
    description
}

fn refusal() -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description("It is refused; `type` and `detail` say why")
        .content("application/problem+json", content)
        .build()
}

/// Describes an intake under one of its methods.
pub(crate) fn intake(intake: &Intake, method: HttpMethod) -> Operation {
    let in_query = method == HttpMethod::Get;
    let mut operation = OperationBuilder::new()
        .tag("orders")
        .operation_id(Some(operation_id(intake, in_query)))
        .summary(Some(format!("Places an order of the workflow {}", intake.workflow)))
        .description(Some(
            "Answers 202 once the order is durable; with `wait`, 200 with the finished order when it ends in time. \
             Placing the same order again, by its id or under the same Idempotency-Key, answers as the first time.",
        ))
        .parameter(parameter(
            "wait",
            ParameterIn::Query,
            "Seconds to wait for the order's end",
            ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0)).maximum(Some(60)).into(),
        ))
        .parameter(parameter(
            "Idempotency-Key",
            ParameterIn::Header,
            "Makes placing safe to repeat: the same key is the same order",
            ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255)).into(),
        ))
        .response("200", answer("The finished order (with `wait`)", "FinishedOrder"))
        .response("202", answer("The order is accepted", "AcceptedOrder"))
        .security(match intake.auth {
            // What the gateway asks for, its own description says.
            IntakeAuth::None | IntakeAuth::Gateway => SecurityRequirement::default(),
            IntakeAuth::Key => SecurityRequirement::new("operator", Vec::<String>::new()),
        });
    let example = intake.example.clone().unwrap_or_else(|| json!({}));
    if in_query {
        for (name, value) in example.as_object().into_iter().flatten() {
            let schema = ObjectBuilder::new().schema_type(Type::String).examples([text(value)]).into();
            operation =
                operation.parameter(parameter(name, ParameterIn::Query, "As in the workflow's document", schema));
        }
        operation.build()
    } else {
        operation.request_body(Some(request_body(intake, example))).build()
    }
}

/// Named after the route, which no other intake has.
fn operation_id(intake: &Intake, in_query: bool) -> String {
    let route = intake.route();
    let name =
        if route == "/orders" { "_order".to_owned() } else { route.replace(|c: char| !c.is_alphanumeric(), "_") };
    let suffix = if in_query { "_by_query" } else { "" };
    format!("place{name}{suffix}")
}

fn parameter(name: &str, place: ParameterIn, description: &str, schema: Schema) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn request_body(intake: &Intake, example: Value) -> RequestBody {
    let content = if intake.workflow == DEFAULT_WORKFLOW {
        ContentBuilder::new().schema(Some(Ref::from_schema_name("CheckoutRequest")))
    } else {
        let object = ObjectBuilder::new().schema_type(Type::Object);
        ContentBuilder::new().schema(Some(Schema::from(object)))
    };
    let content = content.example(Some(example)).build();
    RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", content).build()
}

fn answer(description: &str, schema: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    ResponseBuilder::new().description(description).content("application/json", content).build()
}

/// A value as it stands in a query.
fn text(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        other => Value::String(other.to_string()),
    }
}
