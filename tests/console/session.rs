//! `/session`: signing in, and what its cookie may do.

use reqwest::Method;
use serde_json::json;

use crate::support::{KEY, Server, checkout};

#[tokio::test]
async fn a_session_stands_for_the_key_and_names_who_acts() {
    let server = Server::start();
    server.stock("A", 5).await;
    server.place("/orders", &checkout("s", "A", 1)).await;
    server.shop("/session", &json!({ "key": "wrong" })).await.expect(401);
    server.shop("/session", &json!({})).await.names(400, "key");

    let sign_in = json!({ "key": KEY, "name": "Ana" });
    let answer = server.request(Method::POST, "/session").json(&sign_in).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Max-Age=43200"), "{set}");
    let cookie = set.split(';').next().unwrap();
    let with = |method: Method, path: &str| server.request(method, path).header("cookie", cookie);

    let session = server.send(with(Method::GET, "/session")).await.expect(200);
    assert_eq!((&session["operator"], &session["name"]), (&json!(true), &json!("Ana")));
    server.send(with(Method::GET, "/orders/s")).await.expect(200);
    let forged = server.send(with(Method::POST, "/orders/s/link")).await.expect(403);
    assert_eq!(forged["type"], "/problems/forbidden", "{forged:#}");
    let meant = with(Method::POST, "/orders/s/link").header("x-requested-with", "orderflow");
    server.send(meant).await.expect(200);
    let actions = server.get("/operator-actions?order_id=s").await.expect(200);
    assert_eq!(actions["items"].as_array().unwrap().len(), 1, "what was refused is no deed: {actions:#}");
    assert_eq!((&actions["items"][0]["actor"], &actions["items"][0]["action"]), (&json!("Ana"), &json!("reopen_link")));

    let out = with(Method::DELETE, "/session").header("x-requested-with", "orderflow").send().await.unwrap();
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    server.send(server.request(Method::GET, "/session")).await.expect(401);
    server.send(server.request(Method::GET, "/session").header("cookie", "orderflow_session=x.y")).await.expect(401);
}

#[tokio::test]
async fn a_session_outlives_a_restart_and_not_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &[]);
    let sign_in = json!({ "key": KEY });
    let answer = server.request(Method::POST, "/session").json(&sign_in).send().await.unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = set.split(';').next().unwrap();
    server.stop();
    let server = Server::start_on(folder.path(), &[]);
    server.send(server.request(Method::GET, "/session").header("cookie", cookie)).await.expect(200);
    server.stop();
    let server = Server::start_on(folder.path(), &["--admin-key", "another-key-than-before"]);
    server.send(server.request(Method::GET, "/session").header("cookie", cookie)).await.expect(401);
}
