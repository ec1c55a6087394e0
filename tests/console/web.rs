//! Who gets the web application at an address, and who the interface.

use reqwest::{Method, Response};

use crate::support::{Server, checkout, root};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn ask(server: &Server, path: &str, accept: &str) -> Response {
    server.request(Method::GET, path).header("accept", accept).send().await.unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a skipped part has to be seen")]
async fn a_browser_gets_the_application_and_a_program_the_interface() {
    let server = Server::start();
    server.stock("A", 1).await;
    server.place("/orders", &checkout("w", "A", 1)).await;
    if !root().join("web/dist/index.html").is_file() {
        eprintln!("SKIPPED in part: the web application was not built (make web)");
        let page = ask(&server, "/", BROWSER).await;
        assert!(header(&page, "content-type").starts_with("text/html"));
        assert!(page.text().await.unwrap().contains("make web"), "the page says how the application is built");
        assert_eq!(ask(&server, "/console/orders", BROWSER).await.status(), 404);
        return;
    }
    let index = ask(&server, "/", BROWSER).await;
    assert_eq!(header(&index, "cache-control"), "no-cache");
    let etag = header(&index, "etag").to_owned();
    let index = index.text().await.unwrap();
    let policy = header(&ask(&server, "/", BROWSER).await, "content-security-policy").to_owned();
    for file in ["infra/cloudformation/shared.json", "infra/terraform/shared/web.tf"] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        assert!(text.contains(&policy), "{file} has another policy than this server: {policy}");
    }
    for path in ["/quick", "/cart", "/checkout", "/orders/w", "/orders/none", "/console", "/console/orders/w"] {
        let page = ask(&server, path, BROWSER).await;
        assert_eq!((page.status().as_u16(), header(&page, "vary").contains("Accept")), (200, true), "{path}");
        let policy = header(&page, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.text().await.unwrap(), index, "{path}");
    }
    assert!(
        !index.contains("<style") && !index.contains(" style=") && !index.contains("javascript:"),
        "nothing inline"
    );
    let unchanged = server.request(Method::GET, "/").header("accept", BROWSER).header("if-none-match", etag);
    assert_eq!(unchanged.send().await.unwrap().status(), 304);

    let asset = index.split('"').find(|part| part.starts_with("/assets/")).expect("the page loads files");
    let script = ask(&server, asset, "*/*").await;
    assert_eq!(script.status(), 200, "{asset}");
    assert_eq!(header(&script, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(ask(&server, "/assets/of-an-earlier-version.js", BROWSER).await.status(), 404);

    for (path, status) in [("/orders/w", 401), ("/orders", 401), ("/console", 404)] {
        for accept in ["application/json", "*/*"] {
            let answer = ask(&server, path, accept).await;
            assert_eq!(answer.status(), status, "{path} {accept}");
            assert_eq!(header(&answer, "content-type"), "application/problem+json");
        }
    }
    for (path, kind) in
        [("/docs/", "text/html"), ("/healthz", "application/json"), ("/openapi.json", "application/json")]
    {
        let answer = ask(&server, path, BROWSER).await;
        assert!(header(&answer, "content-type").starts_with(kind), "{path} stays what it is");
        assert_ne!(answer.text().await.unwrap(), index, "{path}");
    }
}
