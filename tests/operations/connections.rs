//! Clients that are slow, go away or talk nonsense: they get little, and nobody else notices.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Server, checkout};

async fn connect(server: &Server) -> TcpStream {
    let address = server.url().strip_prefix("http://").expect("an HTTP address");
    TcpStream::connect(address).await.expect("the server takes connections")
}

/// Sends bytes as they are; the first line of the answer.
async fn raw(server: &Server, request: &[u8]) -> String {
    let mut connection = connect(server).await;
    // The server may answer and close before it has read all.
    let _ = connection.write_all(request).await;
    let mut answer = vec![0; 4096];
    let read = connection.read(&mut answer).await.unwrap_or(0);
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

fn post_order(id: &str, query: &str) -> Vec<u8> {
    let body = checkout(id, "A", 1).to_string();
    let length = body.len();
    let head = format!(
        "POST /orders{query} HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

#[tokio::test]
async fn who_holds_connections_open_keeps_nobody_out() {
    let server = Server::start();
    server.stock("A", 5).await;
    let mut held = Vec::new();
    for number in 0..500 {
        let mut connection = connect(&server).await;
        let started: &[u8] = match number % 3 {
            0 => b"",
            1 => b"GET /orders HTTP/1.1\r\nhost:",
            _ => b"POST /orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{",
        };
        connection.write_all(started).await.unwrap();
        held.push(connection);
    }
    assert_eq!(server.place("/orders", &checkout("held", "A", 1)).await["status"], "confirmed");
    assert_eq!(server.level("A").await, (4, 0, 1), "half an order is none");
    server.audit().await;
    assert_eq!(server.stop(), Some(0), "open connections hold up no stop");
}

#[tokio::test]
async fn an_order_ends_though_its_client_went_away_while_it_waited() {
    let server = Server::start();
    server.stock("A", 100).await;
    let mut connections = Vec::new();
    for number in 0..30 {
        let mut connection = connect(&server).await;
        connection.write_all(&post_order(&format!("gone-{number}"), "?wait=30")).await.unwrap();
        connections.push(connection);
    }
    for (number, connection) in connections.into_iter().enumerate() {
        let id = format!("gone-{number}");
        // Before it is there nothing was promised: a client that goes earlier may have placed no order.
        server
            .eventually("the order is there", || async { server.get(&format!("/orders/{id}")).await.status == 200 })
            .await;
        drop(connection);
        assert_eq!(server.finished(&id).await["status"], "confirmed");
    }
    assert_eq!(server.level("A").await, (70, 0, 30));
    server.audit().await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_words_of_http() {
    let server = Server::start();
    let long = "a".repeat(100_000);
    for (request, status) in [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01".to_vec(), "400"),
        (b"GET / HTTP/9.9\r\n\r\n".to_vec(), "400"),
        (b"GET / HTTP/1.1\r\nhost: x\r\nx-request-id: a\x01b\r\n\r\n".to_vec(), "400"),
        (format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n").into_bytes(), "431"),
        (format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes(), "431"),
    ] {
        let answer = raw(&server, &request).await;
        let shown = String::from_utf8_lossy(&request[..request.len().min(60)]).into_owned();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{shown}: {answer}");
    }
    assert!(raw(&server, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.contains("200"));
    server.audit().await;
}
