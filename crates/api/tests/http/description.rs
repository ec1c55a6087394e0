//! The description of the interface against the interface.

use serde_json::Value;

use crate::world::World;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// What needs neither key nor token.
const PUBLIC: [&str; 16] = [
    "delete /session",
    "get /",
    "get /catalog",
    "get /healthz",
    "get /openapi.json",
    "get /orders/{id}/receipt",
    "get /problems/{name}",
    "get /queued-orders/order",
    "get /readyz",
    "get /shop",
    "post /orders",
    "post /queued-orders/broken",
    "post /queued-orders/echo",
    "post /queued-orders/order",
    "post /quote",
    "post /session",
];

async fn description(world: &World) -> Value {
    world.anybody("GET", "/openapi.json", None).await.expect(200)
}

/// All operations: method, path, operation.
fn operations(description: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                operations.push((method.to_owned(), path.clone(), operation.clone()));
            }
        }
    }
    operations
}

/// The path with something in the place of its parameters.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "1".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn what_is_described_is_served_and_nothing_else_beside_it() {
    let world = World::new().await;
    let description = description(&world).await;
    let described = operations(&description);
    assert!(described.len() > 40, "{}", described.len());
    for path in description["paths"].as_object().unwrap().keys() {
        for method in METHODS {
            let answer = world.anybody(&method.to_uppercase(), &filled(path), None).await;
            let no_route = answer.status == 404 && answer.text.contains("nothing at this address");
            let served = answer.status != 405 && !no_route;
            let is_described = described.iter().any(|(other, at, _)| other == method && at == path);
            assert_eq!(served, is_described, "{method} {path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn only_what_is_public_needs_nothing() {
    let world = World::new().await;
    let mut public = Vec::new();
    for (method, path, operation) in operations(&description(&world).await) {
        let needs_nothing = operation["security"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one.as_object().unwrap().is_empty()));
        let answer = world.anybody(&method.to_uppercase(), &filled(&path), None).await;
        if needs_nothing {
            public.push(format!("{method} {path}"));
        } else {
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
        }
    }
    public.sort();
    assert_eq!(public, PUBLIC);
}

#[tokio::test]
async fn every_operation_is_described_in_full() {
    let world = World::new().await;
    let description = description(&world).await;
    let mut ids = Vec::new();
    for (method, path, operation) in operations(&description) {
        let name = format!("{method} {path}");
        ids.push(operation["operationId"].as_str().expect(&name).to_owned());
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name} has no summary");
        assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{name} has no tag");
        assert!(operation["security"].is_array(), "{name} does not say who may use it");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("default"), "{name} does not say how it is refused");
        // What leads elsewhere has nothing to say itself.
        for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('3')) {
            assert!(response["content"].is_object(), "{name} {status} has no schema");
        }
        for parameter in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let parameters = operation["parameters"].as_array().expect(&name);
            assert!(parameters.iter().any(|given| given["name"] == parameter), "{name}: {parameter}");
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "operation ids are unique");
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    let world = World::new().await;
    let description = description(&world).await;
    let mut references = Vec::new();
    collect_references(&description, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(description.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect_references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            into.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| collect_references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, into)),
        _ => {}
    }
}

#[tokio::test]
async fn every_schema_has_examples() {
    let world = World::new().await;
    let description = description(&world).await;
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        let text = schema.to_string();
        let has_example = text.contains("\"example\"") || text.contains("\"examples\"") || text.contains("$ref");
        assert!(has_example, "{name} shows no example: {text}");
    }
}
