//! One order through what was deployed, to see that it works.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::cli::Failure;
use crate::cli::client::Client;

/// The product that the order is of; it stays in the inventory, with nothing of it on hand.
const SKU: &str = "SMOKE-TEST";
/// The customer's address: the mailbox simulator of SES, which takes mail and counts for no bounce rate.
const MAILBOX: &str = "success@simulator.amazonses.com";
/// How long the order may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// Puts a product with one unit in, orders it, and waits for the order's end.
///
/// # Errors
///
/// What came instead of an order that ended well.
pub async fn order(api_url: &str, operator_key: &str, intake: &Intake) -> Result<String, Failure> {
    let client = Client::new(api_url, Some(operator_key.to_owned()))?;
    let csv = format!("sku,name,unit_price,currency,stock\n{SKU},Smoke test,1.00,RON,1\n");
    client.post("/inventory/import", "text/csv", csv.into_bytes()).await?;
    let columns = "customer_id,company,contact,email,address,city,region,postal_code,country";
    let customer = format!("{columns}\n{SKU},,Smoke test,{MAILBOX},Teststrasse 1,Berlin,,10115,DE\n");
    client.post("/customers/import", "text/csv", customer.into_bytes()).await?;
    let (status, answer) = client.place(&intake.path, &intake.request).await?;
    // The products and the customer went in, so that the API, its function and the tables do work.
    if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
        return Ok(format!(
            "the API works; no order was placed: it takes orders from customers who sign in ({status})"
        ));
    }
    if !status.is_success() {
        return Err(Failure::refused(format!("the test order was not taken: {status}: {answer}")));
    }
    let id = ["order_id", "orderId", "OrderID"].into_iter().find_map(|member| answer[member].as_str());
    let id = id.ok_or_else(|| Failure::refused(format!("the test order has no id: {answer}")))?.to_owned();
    let began = Instant::now();
    loop {
        let order = client.get(&format!("/orders/{id}")).await?;
        let status = order["status"].as_str().unwrap_or("").to_lowercase();
        match status.as_str() {
            "confirmed" | "completed" | "paid" => {
                return Ok(format!("order {id} is {status} after {:.0?}", began.elapsed()));
            }
            "rejected" | "failed" | "payment_failed" | "inventory_failed" | "cancelled_no_stock" => {
                return Err(Failure::refused(format!("the test order {id} ended {status}: {}", order["reason"])));
            }
            _ if began.elapsed() > PATIENCE => {
                return Err(Failure::refused(format!("the test order {id} is still {status} after {PATIENCE:.0?}")));
            }
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Where the test order goes and what it says.
pub struct Intake {
    /// Below the API's URL.
    pub path: String,
    /// In the words of the workflow's document.
    pub request: Value,
}

impl Intake {
    /// The workflow's own example, asking for one unit of the test's product.
    pub fn of(path: String, example: &Value) -> Self {
        let mut request = example.clone();
        // A fixed id in an example would be the same order at every deployment.
        for member in ["order_id", "orderId", "OrderID"] {
            if let Some(id) = request.get_mut(member) {
                *id = json!(format!("smoke-{}", uuid::Uuid::now_v7().simple()));
            }
        }
        replace(&mut request);
        Self { path, request }
    }
}

/// Whatever names a product, a quantity or an address, in the words of any of the documents, becomes the test's.
fn replace(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match name.as_str() {
                    "sku" | "item_id" | "product_id" | "productId" | "ProductID" => *member = json!(SKU),
                    "quantity" | "Quantity" => *member = json!(1),
                    "customer_id" => *member = json!(SKU),
                    "email" | "customer_email" | "customerEmail" | "CustomerEmail" => *member = json!(MAILBOX),
                    "items" => {
                        if let Value::Array(items) = member {
                            items.truncate(1);
                        }
                        replace(member);
                    }
                    _ => replace(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(replace),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_becomes_an_order_of_one_test_unit() {
        let example = json!({ "order_id": "A-1", "items": [{ "sku": "CHAI", "quantity": 3 }, { "sku": "B", "quantity": 1 }],
            "customer": { "email": "a@example.com" } });
        let Intake { request, .. } = Intake::of("/orders".into(), &example);
        assert!(request["order_id"].as_str().unwrap().starts_with("smoke-"));
        assert_eq!(request["items"], json!([{ "sku": SKU, "quantity": 1 }]));
        assert_eq!(request["customer"]["email"], MAILBOX);
        let Intake { request, .. } = Intake::of("/order".into(), &json!({ "ProductID": "X", "Quantity": "2" }));
        assert_eq!(request, json!({ "ProductID": SKU, "Quantity": 1 }));
    }
}
