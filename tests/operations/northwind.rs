//! Northwind, 830 real-looking orders: all confirmed with enough stock, none oversold without.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{KEY, Server, binary, root};

fn northwind(file: &str) -> PathBuf {
    root().join("tests/data/northwind").join(file)
}

/// Runs a command of the command line against the server and gives its JSON.
fn cli(server: &Server, arguments: &[&str]) -> Value {
    let output = binary()
        .args(arguments)
        .args(["--server", server.url(), "--json"])
        .env("ORDERFLOW_ADMIN_KEY", KEY)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the answer is JSON")
}

/// A server with Northwind's customers and products, their stock multiplied.
fn shop(factor: u64) -> Server {
    let server = Server::start();
    cli(&server, &["import", "customers", northwind("customers.csv").to_str().unwrap()]);
    let products = std::fs::read_to_string(northwind("products.csv")).unwrap();
    let multiplied: Vec<String> = products
        .lines()
        .enumerate()
        .map(|(index, line)| match line.rsplit_once(',') {
            Some((rest, stock)) if index > 0 => format!("{rest},{}", enough(stock.parse().unwrap(), factor)),
            _ => line.to_owned(),
        })
        .collect();
    let file = server.data().join("products.csv");
    std::fs::write(&file, multiplied.join("\n")).unwrap();
    cli(&server, &["import", "products", file.to_str().unwrap()]);
    server
}

/// Five products are sold out as given, and stay so however often nothing is multiplied; together they are
/// ordered 1,397 times at most, so with enough of the others they get 2,000.
fn enough(stock: u64, factor: u64) -> u64 {
    if stock == 0 && factor > 1 { 2_000 } else { stock * factor }
}

fn place_all(server: &Server) -> Value {
    cli(server, &["orders", "place", northwind("orders.jsonl").to_str().unwrap(), "--concurrency", "16"])
}

async fn all_orders(server: &Server) -> Vec<Value> {
    let mut orders = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("/orders?limit=500{cursor}")).await.expect(200);
        orders.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return orders,
        }
    }
}

fn minor(money: &Value) -> i64 {
    money["amount"].as_str().expect("an amount is text").replace('.', "").parse().expect("an amount is a decimal")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_enough_stock_every_order_is_confirmed_right() {
    let server = shop(1000);
    let placed = place_all(&server);
    assert_eq!(placed["outcomes"], serde_json::json!({ "confirmed": 830 }));
    let prices: BTreeMap<String, i64> = std::fs::read_to_string(northwind("products.csv"))
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| {
            let mut fields = line.rsplit(',');
            let price = fields.nth(2).unwrap().replace('.', "").parse().unwrap();
            (line.split(',').next().unwrap().to_owned(), price)
        })
        .collect();
    let ordered: BTreeMap<String, Value> = std::fs::read_to_string(northwind("orders.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|order| (order["order_id"].as_str().unwrap().to_owned(), order))
        .collect();
    let orders = all_orders(&server).await;
    assert_eq!(orders.len(), 830);
    for order in &orders {
        let id = order["order_id"].as_str().unwrap();
        let goods: i64 = ordered[id]["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| prices[item["sku"].as_str().unwrap()] * item["quantity"].as_i64().unwrap())
            .sum();
        let totals = &order["totals"];
        assert_eq!(minor(&totals["subtotal"]), goods, "{id}");
        assert_eq!(minor(&totals["total"]), goods + minor(&totals["shipping"]) + minor(&totals["tax"]), "{id}");
        assert_eq!(server.mails(id).await.len(), 1, "{id}");
        let pdf = server
            .request(reqwest::Method::GET, &format!("/orders/{id}/receipt"))
            .bearer_auth(KEY)
            .send()
            .await
            .unwrap();
        let pdf = pdf.bytes().await.unwrap();
        let text = pdf_extract::extract_text_from_mem(&pdf).unwrap_or_else(|error| panic!("{id}: {error}"));
        let amount = totals["total"]["amount"].as_str().unwrap();
        assert!(text.contains(id) && text.contains(amount), "{id} {amount}:\n{text}");
    }
    server.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_stock_as_given_nothing_is_oversold_and_refusals_name_the_product() {
    let server = shop(1);
    place_all(&server);
    let orders = all_orders(&server).await;
    assert_eq!(orders.len(), 830);
    let mut sold = BTreeMap::<String, i64>::new();
    let mut confirmed = 0;
    for order in &orders {
        let items = order["items"].as_array().unwrap();
        if order["status"] == "confirmed" {
            confirmed += 1;
            for item in items {
                *sold.entry(item["sku"].as_str().unwrap().to_owned()).or_default() +=
                    item["quantity"].as_i64().unwrap();
            }
        } else {
            assert_eq!(order["status"], "rejected", "{order:#}");
            let reason = order["reason"].as_str().expect("a refusal has a reason");
            assert!(items.iter().any(|item| reason.contains(item["sku"].as_str().unwrap())), "{reason}");
        }
    }
    assert!(confirmed > 0 && confirmed < 830, "{confirmed}");
    let products = std::fs::read_to_string(northwind("products.csv")).unwrap();
    for line in products.lines().skip(1) {
        let sku = line.split(',').next().unwrap();
        let stock: i64 = line.rsplit(',').next().unwrap().parse().unwrap();
        let sold = sold.get(sku).copied().unwrap_or(0);
        assert!(sold <= stock, "{sku}: {sold} sold of {stock}");
        assert_eq!(server.level(sku).await, (stock - sold, 0, sold), "{sku}");
    }
    server.audit().await;
}
