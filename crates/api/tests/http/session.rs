//! `/session`: what its cookie is marked with. What it opens is tested against the real server.

use serde_json::json;

use crate::world::{OPERATOR, World};

async fn cookie(base_url: Option<&str>) -> String {
    let world = World::with(|state| state.base_url = base_url.map(str::to_owned)).await;
    let answer = world.anybody("POST", "/session", Some(json!({"key": OPERATOR}))).await;
    let session = answer.expect(200);
    assert_eq!((&session["operator"], session.get("name")), (&json!(true), None));
    answer.headers["set-cookie"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn behind_https_the_cookie_goes_nowhere_else() {
    assert!(cookie(Some("https://shop.example")).await.ends_with("; Secure"));
    for plain in [None, Some("http://127.0.0.1:8080")] {
        let cookie = cookie(plain).await;
        assert!(!cookie.contains("Secure"), "a browser would not take it: {cookie}");
        assert!(cookie.contains("; HttpOnly; SameSite=Strict;"), "{cookie}");
    }
}

#[tokio::test]
async fn a_sign_in_names_what_is_wrong() {
    let world = World::new().await;
    world.anybody("POST", "/session", Some(json!({"key": "x"}))).await.expect_problem(401, "unauthorized", &[]);
    for (body, fields) in [
        (json!({}), vec!["key"]),
        (json!({"key": 1}), vec!["key"]),
        (json!({"key": OPERATOR, "name": ""}), vec!["name"]),
        (json!({"key": OPERATOR, "name": "x".repeat(41), "role": "admin"}), vec!["name", "role"]),
    ] {
        world.anybody("POST", "/session", Some(body)).await.expect_problem(400, "invalid-request", &fields);
    }
}
