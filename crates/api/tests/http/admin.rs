//! Administration, and what every answer carries.

use api::{IntakeAuth, RouteError};
use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn health_is_told_to_anybody() {
    let world = World::new().await;
    assert_eq!(world.anybody("GET", "/healthz", None).await.expect(200), json!({"status": "ok"}));
    world.anybody("GET", "/readyz", None).await.expect(200);
    world.shop.break_down("the disk is full");
    world.anybody("GET", "/healthz", None).await.expect(200);
    let answer = world.anybody("GET", "/readyz", None).await;
    let problem = answer.expect_problem(503, "service-unavailable", &[]);
    assert_eq!(problem["detail"], "the disk is full");
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn the_operator_sees_alarms_audit_and_metrics() {
    let world = World::new().await;
    let alarms = world.operator("GET", "/alarms", None).await.expect(200);
    assert_eq!(alarms["items"][0]["state"], "OK");
    let audit = world.operator("GET", "/audit", None).await.expect(200);
    assert_eq!((&audit["ok"], audit["violations"].as_array().unwrap().len()), (&json!(false), 1));
    let metrics = world.operator("GET", "/metrics", None).await;
    assert_eq!(metrics.status, 200);
    assert_eq!(metrics.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(metrics.text, "orders_total 1\n");
}

#[tokio::test]
async fn a_home_that_keeps_no_metrics_says_so() {
    let world = World::with(|state| state.metrics = None).await;
    world.operator("GET", "/metrics", None).await.expect_problem(404, "not-found", &[]);
}

#[tokio::test]
async fn the_simulated_gateway_has_a_switch() {
    let world = World::new().await;
    let path = "/payment-gateway";
    assert_eq!(world.operator("GET", path, None).await.expect(200), json!({"unavailable_served": false}));
    let on = json!({"unavailable_served": true});
    assert_eq!(world.operator("PUT", path, Some(on.clone())).await.expect(200), on);
    assert_eq!(world.operator("GET", path, None).await.expect(200), on);
    let wrong = world.operator("PUT", path, Some(json!({"unavailable_served": "yes"}))).await;
    wrong.expect_problem(400, "invalid-request", &["unavailable_served"]);

    let without = World::with(|state| state.gateway = None).await;
    without.operator("GET", path, None).await.expect_problem(404, "not-found", &[]);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let world = World::new().await;
    let problem = world.anybody("GET", "/nothing/here?token=secret", None).await.expect_problem(404, "not-found", &[]);
    assert_eq!(problem["instance"], "/nothing/here", "the query may hold a secret");
    let answer = world.anybody("DELETE", "/orders", None).await;
    answer.expect_problem(405, "method-not-allowed", &[]);
    assert_eq!(answer.headers["allow"], "GET,HEAD,POST");
    let answer = world.operator("GET", "/inventory/%ff", None).await;
    answer.expect_problem(400, "invalid-request", &[]);
}

#[tokio::test]
async fn every_answer_carries_its_headers() {
    let world = World::new().await;
    for path in ["/healthz", "/nothing", "/docs/", "/catalog"] {
        let headers = world.anybody("GET", path, None).await.headers;
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")]
        {
            assert_eq!(headers[name], value, "{path}");
        }
        assert!(headers.contains_key("content-security-policy") && headers.contains_key("cache-control"), "{path}");
        assert_eq!(headers.get_all("content-security-policy").iter().count(), 1);
    }
    let named = Request::get("/healthz").header("x-request-id", "my-id").body(Body::empty()).unwrap();
    assert_eq!(world.send(named).await.headers["x-request-id"], "my-id");
    let first = world.anybody("GET", "/healthz", None).await.headers["x-request-id"].clone();
    let second = world.anybody("GET", "/healthz", None).await.headers["x-request-id"].clone();
    assert_ne!(first, second);
    let long = Request::get("/healthz").header("x-request-id", "x".repeat(65)).body(Body::empty()).unwrap();
    assert_ne!(world.send(long).await.headers["x-request-id"], "x".repeat(65).as_str());
}

#[tokio::test]
async fn the_pages_say_what_this_is() {
    let world = World::new().await;
    let front = world.anybody("GET", "/", None).await;
    assert!(front.text.contains("href=\"/docs\""));
    let problem = world.anybody("GET", "/problems/out-of-stock", None).await;
    assert!(problem.text.starts_with("There is not enough in stock"));
    world.anybody("GET", "/problems/none", None).await.expect_problem(404, "not-found", &[]);
    let docs = world.anybody("GET", "/docs/", None).await;
    assert!(docs.text.contains("swagger-ui"), "{}", docs.text);
    assert_eq!(world.anybody("GET", "/docs/swagger-ui-bundle.js", None).await.status, 200);
    let initializer = world.anybody("GET", "/docs/swagger-initializer.js", None).await;
    assert!(initializer.text.contains("/openapi.json"), "{}", initializer.text);
    assert!(!initializer.text.contains("http"), "nothing comes from elsewhere");
    world.anybody("GET", "/docs/none.js", None).await.expect_problem(404, "not-found", &[]);
}

#[tokio::test]
async fn an_intake_that_cannot_be_served_is_refused_at_the_start() {
    let table = [
        ("/orders", Method::GET, "that is taken"),
        ("/docs/mine", Method::GET, "that is taken"),
        ("/openapi.json", Method::GET, "that is taken"),
        ("orders", Method::POST, "a path is made of parts"),
        ("/orders/{id}", Method::POST, "a path is made of parts"),
        ("/a//b", Method::POST, "a path is made of parts"),
        ("/fine", Method::DELETE, "orders come in by GET or POST"),
    ];
    let mut taken = None;
    World::with(|state| taken = Some(state.clone())).await;
    let state = taken.unwrap();
    for (path, method, reason) in table {
        let mut state = state.clone();
        state.intakes = vec![api::Intake {
            workflow: "checkout".to_owned(),
            methods: vec![method],
            path: path.to_owned(),
            handler: "PlaceOrder".to_owned(),
            auth: IntakeAuth::None,
            example: None,
        }];
        let error: RouteError = api::router(state).expect_err(path);
        assert!(error.reason.starts_with(reason), "{error}");
    }
}
