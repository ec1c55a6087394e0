//! `Api`: requests as API Gateway hands them over.

use std::time::{Duration, Instant};

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

/// What is answered, which must have that status.
pub async fn ask(api: &mut Bootstrap, request: Value, status: u16) -> Value {
    let answer = api.invoke(&request).await.response();
    assert_eq!(answer["statusCode"], status, "{answer}");
    answer
}

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON")
}

/// An order that is accepted.
pub const ORDER: &str = r#"{"order_id":"A-1","customer":{"email":"ana@example.com","name":"Ana"},
    "items":[{"sku":"A","quantity":2}],"payment":{"token":"tok_visa"},
    "shipping_address":{"name":"Ana","street":"Str. Lunga 1","city":"Brasov","postal_code":"500001","country":"RO"}}"#;

/// The request that places it.
pub fn order() -> Value {
    with_body(request("POST", "/orders", None), ORDER, false)
}

#[tokio::test]
async fn the_shop_shows_what_there_is_and_what_it_would_cost() {
    let world = World::new().await;
    world.stock().await;
    let mut api = world.start("Api").await;
    let shop = body(&ask(&mut api, request("GET", "/shop", None), 200).await);
    assert_eq!((&shop["name"], &shop["demo"]), (&json!("OrderFlow"), &json!(true)));
    assert!(shop["payment_tokens"].to_string().contains("tok_visa"), "{shop}");
    let catalogue = body(&ask(&mut api, request("GET", "/catalog", None), 200).await);
    assert_eq!(catalogue["items"][0]["sku"], "A");
    let items = r#"{"items":[{"sku":"A","quantity":2}],"shipping_address":{"country":"RO"}}"#;
    let quote = body(&ask(&mut api, with_body(request("POST", "/quote", None), items, false), 200).await);
    assert!(quote["totals"]["total"]["amount"].is_string(), "{quote}");
}

#[tokio::test]
async fn whoever_follows_an_order_is_told_at_once_and_comes_back() {
    let world = World::new().await;
    world.stock().await;
    let mut api = world.start("Api").await;
    let token = body(&ask(&mut api, order(), 202).await)["access_token"].as_str().expect("a token").to_owned();
    let started = Instant::now();
    let answer = ask(&mut api, request("GET", &format!("/orders/A-1/events?token={token}"), None), 200).await;
    assert!(started.elapsed() < Duration::from_secs(10), "an answer that leaves whole does not wait for more");
    let told = answer["body"].as_str().expect("a body");
    assert!(told.contains("event: status") && told.contains("id: 0.1") && told.contains("retry: 500"), "{told}");
}

#[tokio::test]
async fn an_order_is_placed_read_and_listed() {
    let world = World::new().await;
    world.stock().await;
    let mut api = world.start("Api").await;
    let placed = ask(&mut api, order(), 202).await;
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
    // Only the binary media types are handed over in Base64.
    assert_eq!((&again["isBase64Encoded"], &wrong["isBase64Encoded"]), (&json!(false), &json!(false)));
    // The first placement alone was one.
    assert_eq!(api.log().matches(r#""orders_total":1"#).count(), 1, "{}", api.log());
}

/// What API Gateway adds when a user pool's token was asked for and was good.
fn signed_in(mut request: Value) -> Value {
    request["requestContext"]["authorizer"] = json!({ "claims": { "sub": "5f0c4e0a-1d2b-4c3d-8e9f-0a1b2c3d4e5f", "email": "ana@example.com", "token_use": "id" } });
    request
}

/// What it adds when the request was signed by an identity of the account.
fn signed(mut request: Value) -> Value {
    request["requestContext"]["identity"]["userArn"] = json!("arn:aws:iam::123456789012:user/till-3");
    request
}

#[tokio::test]
async fn who_places_orders_is_asked_for_by_the_gateway_and_here() {
    let world = World::new().await;
    world.stock().await;
    let operator = || {
        let mut request = order();
        request["headers"]["Authorization"] = json!(format!("Bearer {OPERATOR}"));
        request["multiValueHeaders"]["Authorization"] = json!([format!("Bearer {OPERATOR}")]);
        request
    };
    let nobody = || {
        let mut request = order();
        request["requestContext"]["authorizer"] = json!({ "claims": { "sub": "" } });
        request["requestContext"]["identity"]["userArn"] = Value::Null;
        request
    };
    for (auth, allowed, refused) in [
        ("", vec![order()], vec![]),
        ("none", vec![order()], vec![]),
        ("jwt", vec![signed_in(order())], vec![order(), operator(), nobody()]),
        ("iam", vec![signed(order())], vec![order(), operator(), nobody()]),
        ("key", vec![operator()], vec![order(), signed_in(order()), signed(order())]),
    ] {
        let mut environment = world.environment();
        environment.push(("ORDERFLOW_INTAKE_AUTH".to_owned(), auth.to_owned()));
        let mut api = Bootstrap::start("Api", &environment).await;
        for request in refused {
            let answer = body(&ask(&mut api, request, 401).await);
            assert_eq!(answer["type"], "/problems/unauthorized", "{auth}");
        }
        for request in allowed {
            ask(&mut api, request, 202).await;
        }
    }
}

#[tokio::test]
async fn a_request_in_the_query_keeps_its_characters() {
    let world = World::new().await;
    world.stock().await;
    let mut environment = world.environment();
    environment.retain(|(name, _)| name != "ORDERFLOW_WORKFLOW");
    environment.push(("ORDERFLOW_WORKFLOW".to_owned(), "queued-orders".to_owned()));
    let mut api = Bootstrap::start("Api", &environment).await;
    // The gateway hands the query over decoded.
    let path = "/queued-orders/order?OrderID=Q-1&ProductID=A&Quantity=2&CustomerEmail=";
    let mut placing = request("GET", path, None);
    for query in ["queryStringParameters", "multiValueQueryStringParameters"] {
        let email = json!("ana+shop&more@example.com");
        placing[query]["CustomerEmail"] = if query.starts_with("multi") { json!([email]) } else { email };
    }
    ask(&mut api, placing, 202).await;
    let order = body(&ask(&mut api, request("GET", "/orders/Q-1", Some(OPERATOR)), 200).await);
    assert_eq!(order["customer"]["email"], "ana+shop&more@example.com", "{order}");
}

#[tokio::test]
async fn paths_arrive_as_they_were_asked_for() {
    let world = World::new().await;
    world.stock().await;
    let mut api = world.start("Api").await;
    for (path, status) in [
        ("/", 200),
        ("/inventory/A", 200),
        // As text, and as a gateway that has decoded it hands it over.
        ("/inventory/no%20such", 404),
        ("/inventory/no such", 404),
        ("/inventory/no{such}", 404),
        ("/inventory/ő", 404),
        ("/live/inventory/A", 404),
        ("//inventory/A", 404),
        ("/inventory/A/", 404),
    ] {
        let answer = api.invoke(&request("GET", path, Some(OPERATOR))).await.response();
        assert_eq!(answer["statusCode"], status, "{path}: {answer}");
    }
}

#[tokio::test]
async fn the_books_are_looked_through() {
    let world = World::new().await;
    world.stock().await;
    let mut api = world.start("Api").await;
    ask(&mut api, order(), 202).await;
    let audit = body(&ask(&mut api, request("GET", "/audit", Some(OPERATOR)), 200).await);
    assert_eq!((&audit["ok"], &audit["orders"], &audit["violations"]), (&json!(true), &json!(1), &json!([])));
    ask(&mut api, request("GET", "/audit", None), 401).await;
}

#[tokio::test]
async fn a_receipt_leaves_in_base64_or_from_the_bucket_itself() {
    let world = World::new().await;
    world.stock().await;
    let order: Value = serde_json::from_str(ORDER).expect("JSON");
    let placement = json!({ "workflow": "checkout", "request": order, "request_hash": "1" });
    world.run("PlaceOrder", &placement).await;
    let order = json!({ "order_id": "A-1" });
    world.run("PriceAndReserve", &json!({ "order_id": "A-1", "shipping": { "base": "15.00" } })).await;
    for step in ["ChargePayment", "ConfirmOrder"] {
        world.run(step, &order).await;
    }
    let made = world.run("GenerateReceipt", &order).await;
    let link = made["receiptUrl"].as_str().expect("a link").trim_start_matches("https://shop.example.com");
    let mut api = world.start("Api").await;
    let answer = ask(&mut api, request("GET", "/orders/A-1/receipt", Some(OPERATOR)), 200).await;
    assert_eq!(answer["isBase64Encoded"], true);
    let document = STANDARD.decode(answer["body"].as_str().expect("a body")).expect("Base64");
    assert!(document.starts_with(b"%PDF"));
    let sent_on = ask(&mut api, request("GET", link, None), 303).await;
    let location = sent_on["multiValueHeaders"]["location"][0].as_str().expect("where it is");
    assert!(location.contains("X-Amz-Signature="), "{location}");
    ask(&mut api, request("GET", "/orders/A-1/receipt", None), 401).await;
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

/// A request for something that no address can be.
fn pathless() -> Value {
    let mut request = request("GET", "/healthz", None);
    request["path"] = json!("healthz");
    request
}

#[tokio::test]
async fn events_that_are_no_requests_are_refused() {
    let world = World::new().await;
    let mut api = world.start("Api").await;
    for event in
        [json!({}), json!([]), json!("hello"), json!({ "httpMethod": "GET" }), pathless(), crate::upkeep::scheduled()]
    {
        api.invoke(&event).await.error("InvalidRequest");
    }
    ask(&mut api, request("GET", "/nowhere", None), 404).await;
    ask(&mut api, request("GET", "/healthz", None), 200).await;
}
