//! What a function tells of itself: its log, and its metrics within the log.

use serde_json::{Value, json};

use crate::api::{ask, request};
use crate::runtime_api::{Bootstrap, TRACE};
use crate::world::{OPERATOR, World};

/// The trace's own id.
const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

/// What was logged, line by line: each must be a JSON object.
fn lines(bootstrap: &Bootstrap) -> Vec<Value> {
    let log = bootstrap.log();
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")));
    lines.inspect(|line: &Value| assert!(line.is_object(), "{line}")).collect()
}

/// The metrics that were written, each with its dimensions' values and its own
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
fn metrics(bootstrap: &Bootstrap) -> Vec<(String, Value, Value)> {
    let mut found = Vec::new();
    for line in lines(bootstrap) {
        let Some(directives) = line["_aws"]["CloudWatchMetrics"].as_array() else { continue };
        assert!(line["_aws"]["Timestamp"].is_u64(), "{line}");
        assert_eq!(line["request_id"], "request-1", "a property of the invocation");
        for directive in directives {
            assert_eq!(directive["Namespace"], "OrderFlow");
            for metric in directive["Metrics"].as_array().expect("it names metrics") {
                let name = metric["Name"].as_str().expect("a metric has a name");
                let value = &line[name];
                assert!(value.is_number() || value.is_array() || value["Values"].is_array(), "{name} in {line}");
                for dimensions in directive["Dimensions"].as_array().expect("it has dimensions") {
                    let dimensions = dimensions.as_array().expect("a set of dimensions").iter();
                    let names = dimensions.map(|dimension| dimension.as_str().expect("a dimension is a name"));
                    let values: serde_json::Map<String, Value> =
                        names.map(|name| (name.to_owned(), line[name].clone())).collect();
                    assert!(values.values().all(Value::is_string), "{values:?} in {line}");
                    found.push((name.to_owned(), Value::Object(values), value.clone()));
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn a_line_of_the_log_says_which_order_request_and_trace_it_is_about() {
    let world = World::new().await;
    let mut bootstrap = world.start("PriceOrder").await;
    let event = json!({ "order_id": "A-404", "shipping": { "base": "0" } });
    bootstrap.invoke(&event).await.error("OrderNotFound");
    let lines = lines(&bootstrap);
    let line = lines.iter().find(|line| line["error"] == "OrderNotFound").expect("the refusal is logged");
    assert_eq!((&line["level"], &line["message"]), (&json!("WARN"), &json!("the function refused")));
    let span = &line["spans"][0];
    assert_eq!(span["order_id"], "A-404");
    assert_eq!(span["request_id"], "request-1");
    assert_eq!(span["function"], "PriceOrder");
    assert_eq!(span["workflow"], "checkout");
    assert_eq!(span["trace_id"], ROOT);
    assert!(TRACE.contains(ROOT));
}

#[tokio::test]
async fn the_log_of_a_request_says_so_too() {
    let world = World::new().await;
    let mut api = world.start("Api").await;
    ask(&mut api, request("POST", "/orders/A-404/cancel", Some(OPERATOR)), 404).await;
    let lines = lines(&api);
    let line = lines.iter().find(|line| line["status"] == 404).expect("the refusal is logged");
    let spans = &line["spans"];
    assert_eq!((&spans[0]["order_id"], &spans[0]["trace_id"]), (&json!("A-404"), &json!(ROOT)), "{line}");
    assert_eq!(spans[1]["path"], "/orders/{id}/cancel", "the route and not the address: {line}");
}

#[tokio::test]
async fn neither_keys_nor_customers_are_logged() {
    let world = World::new().await;
    world.stock().await;
    let mut environment = world.environment();
    environment.push(("ORDERFLOW_LOG".to_owned(), "debug,hyper_util=info".to_owned()));
    let mut api = Bootstrap::start("Api", &environment).await;
    let placed = ask(&mut api, crate::api::order(), 202).await;
    let placed: Value = serde_json::from_str(placed["body"].as_str().expect("a body")).expect("JSON");
    let token = placed["access_token"].as_str().expect("a token");
    ask(&mut api, request("GET", &format!("/orders/A-1?token={token}"), None), 200).await;
    ask(&mut api, request("GET", "/orders?limit=1", Some(OPERATOR)), 200).await;
    let log = api.log();
    assert!(log.len() > 1_000, "at this level something is logged: {log}");
    for secret in [OPERATOR, token, "ana@example.com", "tok_visa"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn a_step_measures_itself() {
    let world = World::new().await;
    world.stock().await;
    let order: Value = serde_json::from_str(crate::api::ORDER).expect("JSON");
    let placement = json!({ "workflow": "checkout", "request": order, "request_hash": "1" });
    let mut bootstrap = world.start("PlaceOrder").await;
    bootstrap.invoke(&placement).await.response();
    let metrics = metrics(&bootstrap);
    let of = |name: &str| {
        let (_, dimensions, value) = metrics.iter().find(|(found, ..)| found == name).expect(name);
        (dimensions.clone(), value.clone())
    };
    let (dimensions, placed) = of("orders_total");
    assert_eq!(dimensions, json!({ "function": "PlaceOrder", "workflow": "checkout", "status": "placed" }));
    assert_eq!(placed, 1);
    let (dimensions, _) = of("step_seconds");
    let expected =
        json!({ "function": "PlaceOrder", "workflow": "checkout", "step": "PlaceOrder", "outcome": "succeeded" });
    assert_eq!(dimensions, expected);
}

#[tokio::test]
async fn a_step_that_refuses_is_measured_by_the_name_of_its_error() {
    let world = World::new().await;
    let mut bootstrap = world.start("PriceOrder").await;
    let event = json!({ "order_id": "A-404", "shipping": { "base": "0" } });
    bootstrap.invoke(&event).await.error("OrderNotFound");
    let metrics = metrics(&bootstrap);
    let outcomes: Vec<_> = metrics.iter().filter(|(name, ..)| name == "step_seconds").collect();
    assert_eq!(outcomes.len(), 1, "{metrics:?}");
    assert_eq!(outcomes[0].1["outcome"], "OrderNotFound");
}
