//! Placing orders at the intakes of all workflows.

use std::time::{Duration, Instant};

use api::{Admitted, Intake, IntakeAuth};
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::world::{World, order};

#[tokio::test]
async fn an_order_is_accepted_at_once() {
    let world = World::new().await;
    let answer = world.place("A-1", "").await;
    let body = answer.expect(202);
    assert_eq!(body["order_id"], "A-1");
    assert_eq!(body["status"], "placed");
    assert_eq!(body["execution_arn"], "arn:aws:states:us-east-1:123456789012:execution:checkout:A-1");
    let token = body["access_token"].as_str().unwrap();
    for (link, page) in [("self", ""), ("events", "/events"), ("receipt", "/receipt"), ("cancel", "/cancel")] {
        assert_eq!(body["links"][link], format!("/orders/A-1{page}?token={token}"));
    }
    assert_eq!(answer.headers["location"], body["links"]["self"].as_str().unwrap());
    assert_eq!(body.as_object().unwrap().len(), 5, "{body}");
}

#[tokio::test]
async fn links_begin_with_the_base_url() {
    let world = World::with(|state| state.base_url = Some("https://shop.example".to_owned())).await;
    let body = world.place("A-1", "?wait=10").await.expect(200);
    for link in [&body["links"]["self"], &body["receipt_url"]] {
        assert!(link.as_str().unwrap().starts_with("https://shop.example/orders/A-1"), "{link}");
    }
}

#[tokio::test]
async fn waiting_answers_with_the_finished_order() {
    let world = World::new().await;
    let body = world.place("A-1", "?wait=10").await.expect(200);
    assert_eq!(body["status"], "confirmed");
    assert_eq!(body["totals"]["total"], json!({"amount": "33.00", "currency": "USD"}));
    assert!(body["access_token"].is_string() && body["links"]["cancel"].is_string());
    // The same as the order's own page, apart from what opens it.
    let mut page = world.operator("GET", "/orders/A-1", None).await.expect(200);
    page["access_token"] = body["access_token"].clone();
    page["links"] = body["links"].clone();
    assert_eq!(page, body);
}

#[tokio::test]
async fn waiting_ends_with_the_time_or_the_server() {
    let world = World::new().await;
    let started = Instant::now();
    let body = world.place("slow-1", "?wait=0.05").await.expect(202);
    assert_eq!(body["status"], "placed");
    assert!(started.elapsed() >= Duration::from_millis(50));

    let stop = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.stopping.send_replace(true);
    };
    let started = Instant::now();
    let (answer, ()) = tokio::join!(world.place("slow-2", "?wait=60"), stop);
    answer.expect(202);
    assert!(started.elapsed() < Duration::from_secs(30), "an ending server does not wait");
}

#[tokio::test]
async fn an_execution_that_starts_later_is_waited_for() {
    let world = World::new().await;
    let body = json!({"OrderID": "Q-1"});
    let body = world.anybody("POST", "/queued-orders/order?wait=10", Some(body)).await.expect(200);
    assert_eq!(body["status"], "CONFIRMED");
    let body = world.anybody("GET", "/queued-orders/order?OrderID=Q-2&wait=10", None).await.expect(200);
    assert_eq!((&body["order_id"], &body["workflow"]), (&json!("Q-2"), &json!("queued-orders")));
}

#[tokio::test]
async fn an_execution_that_gets_another_name_is_waited_for() {
    let world = World::new().await;
    let placing = world.anybody("POST", "/queued-orders/order?wait=10", Some(json!({"OrderID": "piped-1"})));
    let starting = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.shop.start_as("piped-1", "a-name-of-the-pipes").await;
    };
    let (answer, ()) = tokio::join!(placing, starting);
    let body = answer.expect(200);
    assert_eq!(body["status"], "CONFIRMED");
    assert!(body["execution_arn"].as_str().unwrap().ends_with(":a-name-of-the-pipes"), "{body:#}");
}

#[tokio::test]
async fn a_thousand_wait_at_once() {
    let world = World::new().await;
    let all = (0..1000).map(|number| {
        let world = &world;
        async move { world.place(&format!("slow-{number}"), "?wait=60").await.expect(200) }
    });
    let open = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.shop.open_gate();
    };
    let (answers, ()) = tokio::join!(futures::future::join_all(all), open);
    assert!(answers.iter().all(|answer| answer["status"] == "confirmed"));
}

#[tokio::test]
async fn the_answer_of_the_document_stands_beside_ours() {
    let world = World::new().await;
    let body = world.anybody("POST", "/queued-orders/order", Some(json!({"OrderID": "Q-1"}))).await.expect(202);
    assert_eq!(body["message"], "queued");
    assert_eq!(body["status"], "PLACED");
}

#[tokio::test]
async fn the_handler_is_given_the_request_its_hash_and_the_key() {
    let world = World::new().await;
    let request = Request::post("/queued-orders/echo")
        .header("content-type", "application/json; charset=utf-8")
        .header("idempotency-key", "key-1")
        .body(Body::from("{\"b\": 1,\n \"a\": [1]}"))
        .unwrap();
    let input = world.send(request).await.expect(202)["input"].clone();
    assert_eq!(input["workflow"], "queued-orders");
    assert_eq!(input["request"], json!({"b": 1, "a": [1]}));
    assert_eq!(input["idempotency_key"], "key-1");
    let hash = input["request_hash"].clone();
    assert_eq!(hash.as_str().unwrap().len(), 64);
    let again = world.anybody("POST", "/queued-orders/echo", Some(json!({"a": [1], "b": 1}))).await.expect(202);
    assert_eq!(again["input"]["request_hash"], hash);
    assert_eq!(again["input"]["idempotency_key"], json!(null));
}

#[tokio::test]
async fn placing_again_answers_as_the_first_time() {
    let world = World::new().await;
    let first = world.place("A-1", "?wait=10").await.expect(200);
    let again = world.place("A-1", "?wait=10").await.expect(200);
    assert_eq!(first, again);
    let mut other = order("A-1");
    other["items"][0]["quantity"] = json!(2);
    world.anybody("POST", "/orders", Some(other)).await.expect_problem(409, "order-id-taken", &[]);
    assert_eq!(world.shop.orders(), 1);
}

#[tokio::test]
async fn an_idempotency_key_stands_for_one_request() {
    let world = World::new().await;
    let place = |key: &'static str, quantity: i64| {
        let body = json!({"items": [{"sku": "tea", "quantity": quantity}]});
        let request =
            Request::post("/orders").header("content-type", "application/json").header("idempotency-key", key);
        world.send(request.body(Body::from(body.to_string())).unwrap())
    };
    let first = place("k-1", 1).await.expect(202);
    assert_eq!(place("k-1", 1).await.expect(202)["order_id"], first["order_id"]);
    place("k-1", 2).await.expect_problem(422, "idempotency-key-reused", &[]);
    place("two words", 1).await.expect_problem(400, "invalid-request", &["Idempotency-Key"]);
    assert_ne!(place("k-2", 1).await.expect(202)["order_id"], first["order_id"]);
}

#[tokio::test]
async fn bad_input_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let send = |content_type: &'static str, body: Vec<u8>| {
        world.send(Request::post("/orders").header("content-type", content_type).body(Body::from(body)).unwrap())
    };
    const JSON: &str = "application/json";
    let malformed = send(JSON, b"{\"items\": [}".to_vec()).await.expect_problem(400, "invalid-request", &[]);
    assert_eq!(malformed["detail"], "the body is not JSON: expected value at line 1 column 12");
    send(JSON, b"".to_vec()).await.expect_problem(400, "invalid-request", &[]);
    send(JSON, b"{\"order_id\": \"\xff\"}".to_vec()).await.expect_problem(400, "invalid-request", &[]);
    let twice = b"{\"items\": [{\"sku\": \"tea\", \"sku\": \"tea\"}]}".to_vec();
    send(JSON, twice).await.expect_problem(400, "invalid-request", &["items/0/sku"]);
    let quantity = order("A-1").to_string().replace("\"quantity\":1", "\"quantity\":0").into_bytes();
    let problem = send(JSON, quantity).await.expect_problem(400, "invalid-request", &["items/0/quantity"]);
    assert_eq!(problem["instance"], "/orders");
    assert_eq!(problem["errors"][0]["expected"], "a whole number from 1 to 1000000");
    send("text/plain", b"{}".to_vec()).await.expect_problem(415, "unsupported-media-type", &[]);
    let bare = Request::post("/orders").body(Body::from("{}")).unwrap();
    world.send(bare).await.expect_problem(415, "unsupported-media-type", &[]);
    let large = format!("{{\"note\": \"{}\"}}", "x".repeat(1 << 20)).into_bytes();
    send(JSON, large).await.expect_problem(413, "body-too-large", &[]);
    for wait in ["-1", "61", "soon", "1e1"] {
        world.place("A-1", &format!("?wait={wait}")).await.expect_problem(400, "invalid-request", &["wait"]);
    }
    world.place("A-1", "?wiat=1").await.expect_problem(400, "invalid-request", &["wiat"]);
    world.anybody("GET", "/queued-orders/order?OrderID=a&OrderID=b", None).await.expect_problem(
        400,
        "invalid-request",
        &["OrderID"],
    );
    assert_eq!(world.shop.orders(), 0);
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_read_in_pieces() {
    let world = World::new().await;
    let mut text = "{\"note\": \"".to_owned();
    text.push_str(&"x".repeat((1 << 20) - text.len() - 2));
    text.push_str("\"}");
    assert_eq!(text.len(), 1 << 20);
    let pieces: Vec<_> = text.as_bytes().chunks(10_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let body = Body::from_stream(futures::stream::iter(pieces));
    let request = Request::post("/queued-orders/echo").header("content-type", "application/json").body(body).unwrap();
    let input = world.send(request).await.expect(202)["input"].clone();
    assert_eq!(input["request"]["note"].as_str().unwrap().len(), (1 << 20) - 12);
}

#[tokio::test]
async fn a_get_intake_does_not_take_head() {
    let world = World::new().await;
    let answer = world.anybody("HEAD", "/queued-orders/order?OrderID=Q-1", None).await;
    assert_eq!(answer.status, 405);
    assert_eq!(world.shop.orders(), 0);
}

#[tokio::test]
async fn an_intake_may_need_the_key() {
    let world = World::new().await;
    let body = Some(order("A-1"));
    world.anybody("POST", "/queued-orders/keyed", body.clone()).await.expect_problem(401, "unauthorized", &[]);
    world.operator("POST", "/queued-orders/keyed", body).await.expect(202);
}

#[tokio::test]
async fn an_intake_may_rely_on_the_gateway() {
    let world = World::with(|state| {
        let open = state.intakes[0].clone();
        state.intakes.push(Intake { path: "/guarded".to_owned(), auth: IntakeAuth::Gateway, ..open });
    })
    .await;
    let request = |admitted: Option<Admitted>| {
        let mut request = Request::post("/guarded").header("content-type", "application/json");
        if let Some(admitted) = admitted {
            request = request.extension(admitted);
        }
        world.send(request.body(Body::from(order("A-1").to_string())).unwrap())
    };
    request(None).await.expect_problem(401, "unauthorized", &[]);
    world.operator("POST", "/guarded", Some(order("A-1"))).await.expect_problem(401, "unauthorized", &[]);
    request(Some(Admitted)).await.expect(202);
}

#[tokio::test]
async fn a_fault_of_ours_is_a_problem_too() {
    let world = World::new().await;
    let answer = world.anybody("POST", "/queued-orders/broken", Some(json!({}))).await;
    let problem = answer.expect_problem(500, "internal-error", &[]);
    assert!(!problem.to_string().contains("on purpose"), "what panicked is for the log");
    assert_eq!(problem["request_id"], answer.headers["x-request-id"].to_str().unwrap());
}
