//! `/inventory`, `/customers` and their imports.

use reqwest::Method;
use serde_json::json;

use crate::support::{KEY, Server};

async fn import(server: &Server, path: &str, csv: &[u8]) -> crate::support::Answer {
    let request = server.request(Method::POST, path).bearer_auth(KEY).header("content-type", "text/csv");
    server.send(request.body(csv.to_vec())).await
}

#[tokio::test]
async fn products_are_made_changed_and_counted() {
    let server = Server::start();
    server.stock("A", 5).await;
    let product = server.get("/inventory/A").await.expect(200);
    assert_eq!(product["unit_price"], json!({ "amount": "10.00", "currency": "USD" }));
    assert_eq!((&product["on_hand"], &product["available"]), (&json!(5), &json!(5)));
    let renamed = json!({ "name": "Chai", "unit_price": { "amount": "12.50", "currency": "USD" } });
    server.put("/inventory/A", &renamed).await.expect(200);
    let product = server.get("/inventory/A").await.expect(200);
    assert_eq!((&product["name"], &product["on_hand"]), (&json!("Chai"), &json!(5)));
    server.stock("A", 3).await;
    assert_eq!(server.level("A").await, (3, 0, 0));
    server.get("/inventory/none").await.expect(404);
    let bad = json!({ "name": "x", "unit_price": { "amount": "1.005", "currency": "USD" } });
    server.put("/inventory/A", &bad).await.names(400, "unit_price/amount");
    server.audit().await;
}

#[tokio::test]
async fn an_import_is_all_or_nothing_and_names_the_line() {
    let server = Server::start();
    let good = "\u{feff}sku,name,unit_price,currency,stock\r\nB,\"Chef's, own\",18.00,USD,39\r\n";
    let answer = import(&server, "/inventory/import", good.as_bytes()).await.expect(200);
    assert_eq!(answer["imported"], 1);
    assert_eq!(server.get("/inventory/B").await.expect(200)["name"], "Chef's, own");
    for (csv, line) in [
        ("sku,name,unit_price,currency,stock\nC,Tea,1.00,USD,5\nD,Tea,one,USD,5\n", 3),
        ("sku,name,unit_price,currency,stock\nC,Tea,1.00,USD,-5\n", 2),
        ("sku,name,unit_price,currency,stock\nC,Tea,1.00,ZZZ,5\n", 2),
        ("sku,name,unit_price,currency,stock\nC,Tea,1.00,USD,5\nC,Tea,1.00,USD,5\n", 3),
    ] {
        let answer = import(&server, "/inventory/import", csv.as_bytes()).await.expect(400);
        assert!(answer["errors"].to_string().contains(&line.to_string()), "{csv}: {answer:#}");
        server.get("/inventory/C").await.expect(404);
    }
    import(&server, "/inventory/import", b"name,price\nx,1\n").await.expect(400);
    import(&server, "/inventory/import", b"\xff\xfe\n").await.expect(400);
    server.audit().await;
}

#[tokio::test]
async fn customers_are_kept() {
    let server = Server::start();
    let csv = "customer_id,company,contact,email,address,city,region,postal_code,country\n\
               ALFKI,Alfreds Futterkiste,Maria Anders,alfki@example.com,Obere Str. 57,Berlin,,12209,DE\n";
    import(&server, "/customers/import", csv.as_bytes()).await.expect(200);
    assert_eq!(server.get("/customers/ALFKI").await.expect(200)["contact"], "Maria Anders");
    server.put("/customers/BERGS", &json!({ "contact": "Christina", "email": "bergs@example.com" })).await.expect(201);
    assert_eq!(server.get("/customers").await.expect(200)["items"].as_array().unwrap().len(), 2);
    server.put("/customers/BERGS", &json!({ "email": "nobody" })).await.names(400, "email");
}
