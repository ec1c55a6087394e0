//! What the environment can have wrong, services that do not answer, and time that runs out.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;

use crate::runtime_api::{Bootstrap, TRACE};
use crate::world::{World, at_endpoint};

#[tokio::test]
async fn a_variable_that_is_wrong_or_missing_ends_the_start_by_its_name() {
    let world = World::new().await;
    for (function, variable, value) in [
        ("CheckOrder", "ORDERFLOW_DATA_TABLE", ""),
        ("CheckOrder", "ORDERFLOW_TOPICS", "order-confirmed"),
        ("CheckOrder", "ORDERFLOW_MAIL_FROM", "nobody"),
        ("Api", "ORDERFLOW_WORKFLOW", "chekout"),
        ("Api", "ORDERFLOW_SECRET", ""),
        ("Api", "ORDERFLOW_INTAKE_AUTH", "maybe"),
        ("DeliverOutbox", "ORDERFLOW_EVENT_BUS", ""),
        ("ChekOrder", "ORDERFLOW_FUNCTION", "ChekOrder"),
    ] {
        let mut environment = world.environment();
        environment.retain(|(name, _)| name != variable);
        environment.push((variable.to_owned(), value.to_owned()));
        let mut bootstrap = Bootstrap::start(function, &environment).await;
        assert_ne!(bootstrap.exit_code().await, 0, "{function} {variable}");
        let log = bootstrap.log();
        assert!(log.contains(variable), "{function} {variable}: {log}");
    }
}

#[tokio::test]
async fn an_invocation_ends_with_a_name_before_its_time_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let silent = Router::new().fallback(|| async { std::future::pending::<StatusCode>().await });
    tokio::spawn(async move { axum::serve(listener, silent).await });
    let environment = elsewhere(address).await;
    let order = json!({ "order_id": "A-1" });
    for (function, event) in [
        ("ValidateOrder", order),
        ("DeliverOutbox", crate::upkeep::scheduled()),
        ("ExpireReservations", crate::upkeep::scheduled()),
        ("RebalanceStock", crate::upkeep::scheduled()),
    ] {
        let mut bootstrap = Bootstrap::start(function, &environment).await;
        // Its own start is no part of the invocation.
        bootstrap.init_time().await;
        let begun = Instant::now();
        let answer = bootstrap.invoke_with(event.to_string(), Duration::from_secs(1)).await;
        let message = answer.error("ServiceUnavailable");
        assert!(message.contains("time ran out"), "{function}: {message}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{function} took {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn an_outage_is_worth_a_retry_and_the_trace_goes_along() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let traces = seen.clone();
    let broken = Router::new().fallback(move |headers: HeaderMap| async move {
        let trace = headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
        traces.lock().expect("nobody panics with it").push(trace.to_owned());
        StatusCode::INTERNAL_SERVER_ERROR
    });
    tokio::spawn(async move { axum::serve(listener, broken).await });
    let mut bootstrap = Bootstrap::start("ValidateOrder", &elsewhere(address).await).await;
    bootstrap.invoke(&json!({ "order_id": "A-1" })).await.error("ServiceUnavailable");
    let seen = seen.lock().expect("nobody panics with it").clone();
    assert!(!seen.is_empty() && seen.iter().all(|trace| percent_decoded(trace) == TRACE), "{seen:?}");
}

/// The environment of a function that finds its services there.
async fn elsewhere(address: SocketAddr) -> Vec<(String, String)> {
    at_endpoint(World::new().await.environment(), &format!("http://{address}"))
}

/// The SDK writes some of the header's characters as `%3D`.
fn percent_decoded(text: &str) -> String {
    text.replace("%3D", "=").replace("%3B", ";")
}
