//! `Api`: requests as API Gateway hands them over.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::runtime_api::Bootstrap;
use crate::world::{OPERATOR, World};

/// A request as a REST API's proxy integration has it, at the stage `live`.
pub fn request(method: &str, path: &str, bearer: Option<&str>) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query: serde_json::Map<String, Value> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let many: serde_json::Map<String, Value> =
        query.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    let mut headers =
        json!({ "Accept": "*/*", "Accept-Encoding": "gzip", "Host": "x.execute-api.eu-central-1.amazonaws.com" });
    if let Some(bearer) = bearer {
        headers["Authorization"] = json!(format!("Bearer {bearer}"));
    }
    let many_headers: serde_json::Map<String, Value> =
        headers.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), json!([value]))).collect();
    json!({
        "resource": "/{proxy+}", "path": path, "httpMethod": method, "headers": headers,
        "multiValueHeaders": many_headers, "queryStringParameters": query, "multiValueQueryStringParameters": many,
        "pathParameters": { "proxy": path.trim_start_matches('/') }, "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012", "apiId": "x", "stage": "live", "resourceId": "r", "resourcePath": "/{proxy+}",
            "path": format!("/live{path}"), "httpMethod": method, "protocol": "HTTP/1.1", "requestId": "gateway-1",
            "identity": { "sourceIp": "192.0.2.1", "userAgent": "tests" },
        },
        "body": null, "isBase64Encoded": false,
    })
}

fn with_body(mut request: Value, body: &str, encoded: bool) -> Value {
    request["headers"]["Content-Type"] = json!("application/json");
    request["multiValueHeaders"]["Content-Type"] = json!(["application/json"]);
    request["body"] = json!(if encoded { STANDARD.encode(body) } else { body.to_owned() });
    request["isBase64Encoded"] = json!(encoded);
    request
}

async fn ask(api: &mut Bootstrap, request: Value, status: u16) -> Value {
    let answer = api.invoke(&request).await.response();
    assert_eq!(answer["statusCode"], status, "{answer}");
    answer
}

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON")
}

const ORDER: &str = r#"{"order_id":"A-1","customer":{"email":"ana@example.com","name":"Ana"},
    "items":[{"sku":"A","quantity":2}],"payment":{"token":"tok_visa"}}"#;

#[tokio::test]
async fn an_order_is_placed_read_and_listed() {
    let world = World::new().await;
    world.stock().await;
    let mut api = world.start("Api").await;
    let placed = ask(&mut api, with_body(request("POST", "/orders", None), ORDER, false), 202).await;
    let placed = body(&placed);
    assert_eq!(placed["execution_arn"], "arn:aws:states:eu-central-1:123456789012:execution:shop-checkout:A-1");
    let link = placed["links"]["self"].as_str().expect("a link").to_owned();
    assert!(link.starts_with("https://shop.example.com/orders/A-1?token="), "{link}");
    // Again it is the same order, also as a gateway with binary media types hands it over.
    let again = ask(&mut api, with_body(request("POST", "/orders", None), ORDER, true), 202).await;
    assert_eq!(body(&again)["access_token"], placed["access_token"]);

    let token = placed["access_token"].as_str().expect("a token");
    let path = format!("/orders/A-1?token={token}");
    let order = body(&ask(&mut api, request("GET", &path, None), 200).await);
    assert_eq!((&order["order_id"], &order["status"]), (&json!("A-1"), &json!("placed")));
    ask(&mut api, request("GET", "/orders/A-1?token=wrong", None), 404).await;
    ask(&mut api, request("GET", "/orders", None), 401).await;
    let listed = body(&ask(&mut api, request("GET", "/orders?limit=5", Some(OPERATOR)), 200).await);
    assert_eq!(listed["items"][0]["order_id"], "A-1");

    let wrong = with_body(request("POST", "/orders", None), r#"{"items":[]}"#, false);
    let wrong = ask(&mut api, wrong, 400).await;
    assert_eq!(wrong["multiValueHeaders"]["content-type"], json!(["application/problem+json"]));
    assert!(!body(&wrong)["errors"].as_array().expect("the fields").is_empty());
    let log = api.log();
    assert!(log.contains(r#""orders_total":1"#) || log.contains("orders_total"), "{log}");
}

#[tokio::test]
async fn a_receipt_leaves_in_base64() {
    let world = World::new().await;
    world.stock().await;
    let request_hash = json!("1");
    let placement = json!({ "workflow": "checkout", "request": serde_json::from_str::<Value>(ORDER).expect("JSON"),
                            "request_hash": request_hash });
    world.run("PlaceOrder", &placement).await;
    let order = json!({ "order_id": "A-1" });
    world.run("PriceAndReserve", &json!({ "order_id": "A-1", "shipping": { "base": "15.00" } })).await;
    for step in ["ChargePayment", "ConfirmOrder"] {
        world.run(step, &order).await;
    }
    let made = world.run("GenerateReceipt", &order).await;
    let link = made["receipt_url"].as_str().expect("a link").trim_start_matches("https://shop.example.com");
    let mut api = world.start("Api").await;
    let answer = ask(&mut api, request("GET", link, None), 200).await;
    assert_eq!(answer["isBase64Encoded"], true);
    let document = STANDARD.decode(answer["body"].as_str().expect("a body")).expect("Base64");
    assert!(document.starts_with(b"%PDF"));
}

#[tokio::test]
async fn the_workflows_are_shown_as_they_are_deployed() {
    let world = World::new().await;
    let mut api = world.start("Api").await;
    let shown = body(&ask(&mut api, request("GET", "/workflows", Some(OPERATOR)), 200).await);
    let names: Vec<&str> =
        shown["items"].as_array().expect("items").iter().filter_map(|item| item["name"].as_str()).collect();
    assert_eq!(names, ["cancellation", "checkout", "delivery", "return", "shipment"]);
    let checkout = shown["items"][1].to_string();
    assert!(
        checkout.contains("arn:aws:lambda:eu-central-1:123456789012:function:shop-checkout-ReserveStock"),
        "{checkout}"
    );
    assert!(checkout.contains("arn:aws:states:eu-central-1:123456789012:stateMachine:shop-checkout"), "{checkout}");
}

#[tokio::test]
async fn events_that_are_no_requests_are_refused() {
    let world = World::new().await;
    let mut api = world.start("Api").await;
    for event in [json!({}), json!([]), json!("hello"), json!({ "httpMethod": "GET" }), crate::upkeep::scheduled()] {
        api.invoke(&event).await.error("InvalidRequest");
    }
    ask(&mut api, request("GET", "/nowhere", None), 404).await;
    ask(&mut api, request("GET", "/healthz", None), 200).await;
}
