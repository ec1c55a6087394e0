//! `GET /orders/export.csv`.

use reqwest::Method;

use crate::support::{KEY, Server, checkout, paid_with};

#[tokio::test]
async fn orders_are_exported_as_they_are_listed() {
    let server = Server::start();
    server.stock("A", 2_000).await;
    let mut named = checkout("named", "A", 1);
    named["customer"]["name"] = "=cmd(\"x\"), Ana".into();
    server.place("/orders", &named).await;
    server.place("/orders", &paid_with(checkout("declined", "A", 1), "tok_declined")).await;
    // More than one page is read at a time.
    for n in 0..520 {
        server.shop("/orders", &checkout(&format!("many-{n}"), "A", 1)).await.expect(202);
    }
    server.finished("many-519").await;
    server
        .eventually("all are confirmed", async || {
            server.get("/orders?status=placed&status=reserved&status=paid&limit=1").await.expect(200)["items"]
                == serde_json::json!([])
        })
        .await;

    let export = async |query: &str| {
        let request = server.request(Method::GET, &format!("/orders/export.csv{query}")).bearer_auth(KEY);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
        assert!(answer.headers().get("content-length").is_none(), "it is sent as it is written");
        answer.text().await.unwrap()
    };
    let all = export("").await;
    assert_eq!(all.lines().count(), 523);
    assert!(all.starts_with("order_id,placed_at,workflow,status,"), "{all}");
    assert!(all.contains("\"'=cmd(\"\"x\"\"), Ana\""), "what customers type is no formula");
    let declined = export("?status=payment_failed").await;
    assert_eq!(declined.lines().count(), 2, "{declined}");
    assert!(declined.lines().nth(1).unwrap().starts_with("declined,"), "{declined}");
    assert_eq!(export("?q=any-51&min_total=1&max_total=100").await.lines().count(), 1 + 11);
    server.get("/orders/export.csv?min_total=much").await.names(400, "min_total");
    server.send(server.request(Method::GET, "/orders/export.csv")).await.expect(401);
}
