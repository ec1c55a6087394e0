//! Who gets the web application at an address, and who the interface.

use std::sync::Arc;

use api::{WebFile, WebFiles};
use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;

use crate::world::{Answer, World};

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// An application of a page and a script.
struct Built;

impl WebFiles for Built {
    fn get(&self, path: &str) -> Option<WebFile> {
        let (content, media_type) = match path {
            "index.html" => ("<!doctype html>the application", "text/html; charset=utf-8"),
            "assets/index-1a2b.js" => ("run()", "text/javascript; charset=utf-8"),
            "favicon.svg" => ("<svg/>", "image/svg+xml"),
            _ => return None,
        };
        let content = Bytes::from_static(content.as_bytes());
        Some(WebFile { content, media_type: media_type.to_owned(), etag: format!("of-{path}") })
    }
}

async fn world() -> World {
    World::with(|state| state.console.web = Some(Arc::new(Built))).await
}

async fn ask(world: &World, method: &str, path: &str, accept: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("accept", accept);
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn what_is_accepted_decides() {
    let world = world().await;
    for (path, accept, expected) in [
        ("/", BROWSER, "application"),
        ("/quick", BROWSER, "application"),
        ("/orders/A-1", BROWSER, "application"),
        ("/console/orders/A-1", BROWSER, "application"),
        ("/favicon.svg", "image/*", "<svg/>"),
        ("/assets/index-1a2b.js", "*/*", "run()"),
        ("/orders/A-1", "application/json", "unauthorized"),
        ("/orders/A-1", "*/*", "unauthorized"),
        ("/console/orders", "*/*", "not-found"),
        ("/quick", "application/json", "not-found"),
        // Followed by people, and still the interface's.
        ("/orders/A-1/receipt", BROWSER, "unauthorized"),
        ("/orders/export.csv", BROWSER, "unauthorized"),
        ("/healthz", BROWSER, "status"),
        ("/openapi.json", BROWSER, "openapi"),
        ("/problems/out-of-stock", BROWSER, "stock"),
    ] {
        let answer = ask(&world, "GET", path, accept).await;
        assert!(answer.text.contains(expected), "{path} {accept}: {}", answer.text);
    }
    let posted = ask(&world, "POST", "/orders/A-1/refund", BROWSER).await;
    posted.expect_problem(401, "unauthorized", &[]);
    // A document's own address that takes orders by GET.
    let placed = ask(&world, "GET", "/queued-orders/order?OrderID=Q-1", BROWSER).await;
    assert_eq!(placed.status, 202, "{}", placed.text);
}

#[tokio::test]
async fn pages_are_asked_for_again_and_hashed_files_never() {
    let world = world().await;
    let page = ask(&world, "GET", "/cart", BROWSER).await;
    assert_eq!(
        (&page.headers["cache-control"], &page.headers["etag"]),
        (&"no-cache".parse().unwrap(), &"\"of-index.html\"".parse().unwrap())
    );
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    let script = ask(&world, "GET", "/assets/index-1a2b.js", "*/*").await;
    assert_eq!(script.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(ask(&world, "GET", "/assets/index-gone.js", BROWSER).await.status, 404);
    let known = Request::get("/").header("accept", BROWSER).header("if-none-match", "\"of-index.html\"");
    let known = world.send(known.body(Body::empty()).unwrap()).await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
}

#[tokio::test]
async fn without_the_application_a_page_says_how_it_is_built() {
    let world = World::new().await;
    let page = ask(&world, "GET", "/", BROWSER).await;
    assert!(page.text.contains("make web"), "{}", page.text);
    ask(&world, "GET", "/console", BROWSER).await.expect_problem(404, "not-found", &[]);
}
