//! `orderflow demo`: a shop that is worth looking at.

use serde_json::json;

use crate::support::{Server, binary, checkout};

#[tokio::test]
async fn simulated_shoppers_order_with_all_outcomes_and_the_books_stay_right() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = binary();
    demo.args(["demo", "--orders-per-minute", "1200"]);
    let server = Server::of(demo, folder.path(), &[]);
    server
        .eventually("there are orders of several outcomes and workflows", async || {
            let totals = server.get("/stats?range=1h").await.expect(200)["totals"].clone();
            let count = |field: &str| totals[field].as_u64().unwrap();
            let elsewhere = server.get("/executions?workflow=order-app&limit=1").await.expect(200);
            count("confirmed") > 40
                && count("payment_failed") > 2
                && count("rejected") > 2
                && elsewhere["items"] != json!([])
        })
        .await;
    let order = server.place("/orders", &checkout("mine", "sku-001", 1)).await;
    assert_eq!(order["status"], "confirmed", "people may order beside them");
    server.audit().await;
    assert_eq!(server.stop(), Some(0));
}
