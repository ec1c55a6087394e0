//! `GET /orders/{id}/receipt`: a PDF, reached by token or by a signed link that expires.

use reqwest::Method;

use crate::support::{Server, checkout};

#[tokio::test]
async fn a_receipt_is_a_pdf_that_says_what_was_sold() {
    let server = Server::start();
    server.stock("A", 5).await;
    let order = server.place("/orders", &checkout("r", "A", 2)).await;
    let link = order["receipt_url"].as_str().expect("a confirmed order has a receipt");
    let path = link.strip_prefix(server.url()).unwrap_or(link);
    let response = server.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "application/pdf");
    let pdf = response.bytes().await.unwrap();
    let text = pdf_extract::extract_text_from_mem(&pdf).expect("the receipt is a PDF");
    for said in ["r", "Product A", "20.00", "Ana Pop", order["totals"]["total"]["amount"].as_str().unwrap()] {
        assert!(text.contains(said), "{said} is not in the receipt:\n{text}");
    }
}

async fn status(server: &Server, path: &str) -> u16 {
    server.send(server.request(Method::GET, path)).await.status.as_u16()
}

#[tokio::test]
async fn a_receipt_s_link_cannot_be_bent() {
    let server = Server::start();
    server.stock("A", 5).await;
    let order = server.place("/orders", &checkout("r", "A", 1)).await;
    server.place("/orders", &checkout("q", "A", 1)).await;
    let link = order["receipt_url"].as_str().unwrap();
    let path = link.strip_prefix(server.url()).unwrap_or(link);
    assert_eq!(status(&server, path).await, 200);
    assert_eq!(status(&server, &path.replace("/orders/r/", "/orders/q/")).await, 404);
    let (before, after) = path.split_once("expires=").expect("a link says when it expires");
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    assert_eq!(status(&server, &format!("{before}expires=99999999999{rest}")).await, 404);
    assert_eq!(status(&server, "/orders/r/receipt").await, 401);
}

#[tokio::test]
async fn a_receipt_s_link_says_when_it_has_expired() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("orderflow.toml");
    std::fs::write(&config, "[receipts]\nlink_expires_hours = 0\n").unwrap();
    let server = Server::start_with(&["--config", config.to_str().unwrap()]);
    server.stock("A", 5).await;
    let order = server.place("/orders", &checkout("r", "A", 1)).await;
    let link = order["receipt_url"].as_str().unwrap();
    assert_eq!(status(&server, link.strip_prefix(server.url()).unwrap_or(link)).await, 410);
}

#[tokio::test]
async fn a_lost_receipt_is_made_again() {
    let server = Server::start();
    server.stock("A", 5).await;
    let order = server.place("/orders", &checkout("r", "A", 1)).await;
    std::fs::remove_dir_all(server.data().join("objects")).unwrap();
    let link = order["receipt_url"].as_str().unwrap();
    assert_eq!(status(&server, link.strip_prefix(server.url()).unwrap_or(link)).await, 200);
}
