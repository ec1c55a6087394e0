//! The orders that go through each workflow, and what its document says comes of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::account::{ACCOUNT, Account, REGION};
use crate::deployment::WORKFLOWS;
use crate::listener::Listener;
use crate::shop::Shop;

const PATIENCE: Duration = Duration::from_secs(60);
/// Units on hand before the first order.
const STOCK: i64 = 10;
/// Units of an order that is not too large.
const QUANTITY: i64 = 2;

/// How a workflow takes orders, and where they end.
pub struct Expected {
    pub method: Method,
    pub path: &'static str,
    /// An order of so many units of a product, under an id, paid with a token.
    pub order: fn(&str, &str, i64, &str) -> Value,
    confirmed: &'static str,
    short: &'static str,
    declined: &'static str,
    /// How many messages each topic gets: one order is confirmed, one is too large, one is not paid.
    messages: &'static [(&'static str, usize)],
    has_receipt: bool,
}

/// What the document of a workflow says.
pub fn expected(workflow: &str) -> Expected {
    match workflow {
        "checkout" => Expected {
            method: Method::POST,
            path: "/orders",
            order: |id, sku, quantity, token| {
                json!({
                    "order_id": id,
                    "customer": { "email": address(id), "name": "Ana Pop" },
                    "items": [{ "sku": sku, "quantity": quantity }],
                    "shipping_address": {
                        "name": "Ana Pop", "street": "Str. Lungă 1", "city": "Brașov", "postal_code": "500001", "country": "RO",
                    },
                    "payment": { "token": token },
                })
            },
            confirmed: "confirmed",
            short: "rejected",
            declined: "payment_failed",
            messages: &[("order-confirmed", 1), ("order-errors", 2)],
            has_receipt: true,
        },
        "confirmed-orders" => Expected {
            method: Method::POST,
            path: "/confirmed-orders/executions",
            order: |id, sku, quantity, token| {
                json!({
                    "order_id": id, "product_id": sku, "quantity": quantity, "customer_email": address(id), "payment_token": token,
                })
            },
            confirmed: "CONFIRMED",
            short: "INVENTORY_FAILED",
            declined: "PAYMENT_FAILED",
            messages: &[("order-completed", 1)],
            has_receipt: false,
        },
        "emag-orderflow" => Expected {
            method: Method::POST,
            path: "/emag-orderflow/orders",
            order: |id, sku, quantity, token| {
                json!({
                    "order_id": id,
                    "customer_id": "ana",
                    "customer_email": address(id),
                    "currency": "USD",
                    "shipping_address": { "country": "RO" },
                    "items": [{ "item_id": sku, "quantity": quantity }],
                    "payment_token": token,
                })
            },
            confirmed: "PAID",
            short: "REJECTED",
            declined: "PAYMENT_FAILED",
            messages: &[],
            has_receipt: false,
        },
        "order-app" => Expected {
            method: Method::POST,
            path: "/order-app/orders",
            order: |id, sku, quantity, token| {
                json!({
                    "order_id": id,
                    "client_details": { "name": "Ana Pop", "email": address(id) },
                    "items": [{ "item_id": sku, "quantity": quantity }],
                    "payment_token": token,
                })
            },
            confirmed: "CONFIRMED",
            short: "CANCELLED_NO_STOCK",
            declined: "PAYMENT_FAILED",
            messages: &[],
            has_receipt: false,
        },
        "queued-orders" => Expected {
            // As the document has it: everything in the query.
            method: Method::GET,
            path: "/queued-orders/order",
            order: |id, sku, quantity, token| {
                json!({
                    "OrderID": id, "ProductID": sku, "Quantity": quantity, "CustomerEmail": address(id), "payment_token": token,
                })
            },
            confirmed: "CONFIRMED",
            short: "FAILED",
            declined: "FAILED",
            messages: &[("OrderAlertsTopic", 3), ("OrderErrorNotificationTopic", 2)],
            has_receipt: false,
        },
        "receipt-orders" => Expected {
            method: Method::POST,
            path: "/receipt-orders/place-order",
            order: |id, sku, quantity, token| {
                json!({
                    "orderId": id, "productId": sku, "quantity": quantity, "customerEmail": address(id), "payment_token": token,
                })
            },
            confirmed: "COMPLETED",
            short: "FAILED",
            declined: "FAILED",
            messages: &[("order-placed", 1)],
            has_receipt: true,
        },
        other => panic!("nothing is known of {other}"),
    }
}

/// How many orders go through all workflows.
pub fn count() -> usize {
    3 * WORKFLOWS.len()
}

/// Every order has an address of its own, by which its mails are told apart.
fn address(id: &str) -> String {
    format!("{id}@example.com")
}

/// Places an order that can be confirmed, one that is too large, one that is not paid; and what is none. Sees them to
/// their ends: status, reason, stock, mail, messages, receipt.
pub async fn all_end_as_their_document_says(workflow: &str, account: &Account, shop: &Shop, name: &str) {
    let expected = expected(workflow);
    let sku = format!("sku-{workflow}");
    let price = json!({ "amount": "10.00", "currency": "USD" });
    shop.put(&format!("/inventory/{sku}"), &json!({ "name": "Tea", "unit_price": price, "on_hand": STOCK })).await;
    shop.put_customer().await;
    let topics = listen(account, name, expected.messages).await;
    let (ok, short, declined) = (format!("{workflow}-ok"), format!("{workflow}-short"), format!("{workflow}-declined"));
    let order = |id: &str, quantity, token| (expected.order)(id, &sku, quantity, token);
    let place = |order: Value| {
        let (method, path) = (&expected.method, expected.path);
        async move { shop.place(method, path, &order).await }
    };

    let stranger = shop.place_without_token(&expected.method, expected.path, &order("stranger", 1, "tok_visa")).await;
    assert_eq!(stranger.status, 401, "{workflow}: {stranger:#?}");
    let nothing = place(order("nothing", 0, "tok_visa")).await;
    assert_eq!(nothing.status, 400, "{workflow}: {nothing:#?}");

    for order in [order(&ok, QUANTITY, "tok_visa"), order(&ok, QUANTITY, "tok_visa")] {
        let placed = place(order).await;
        assert!((200..300).contains(&placed.status), "{workflow}: placing is safe to repeat: {placed:#?}");
        assert_eq!(placed.body["order_id"], ok.as_str(), "{workflow}: {placed:#?}");
    }
    let confirmed = shop.reached(&ok, expected.confirmed).await;
    let sold = [STOCK - QUANTITY, 0, QUANTITY];
    assert_eq!(shop.level(&sku).await, sold, "{workflow}: {confirmed:#}");

    for (id, quantity, token, status, reason) in [
        (&short, STOCK + 1, "tok_visa", expected.short, "wanted"),
        (&declined, 1, "tok_declined", expected.declined, "declined"),
    ] {
        let placed = place(order(id, quantity, token)).await;
        assert!((200..300).contains(&placed.status), "{workflow}: {placed:#?}");
        let failed = shop.reached(id, status).await;
        assert!(failed["reason"].as_str().unwrap_or_default().contains(reason), "{workflow}: {failed:#}");
    }
    no_execution_runs(account, name, workflow).await;
    assert_eq!(shop.level(&sku).await, sold, "{workflow}: what failed gives its units back");
    for id in [&ok, &short, &declined] {
        eventually(&format!("{id} has one mail"), || async {
            let to = address(id);
            account.recipients().await.iter().filter(|recipient| recipient.contains(&to)).count() == 1
        })
        .await;
    }
    hear(workflow, topics).await;
    let receipt = account.object(&format!("{name}-receipts-{ACCOUNT}-{REGION}"), &format!("receipts/{ok}.pdf")).await;
    let is_pdf = receipt.is_some_and(|receipt| receipt.starts_with(b"%PDF"));
    assert_eq!(is_pdf, expected.has_receipt, "{workflow}: the receipt of {ok}");
}

/// Subscribes a queue to each topic; with how many messages it is to hear.
async fn listen(account: &Account, name: &str, topics: &[(&str, usize)]) -> BTreeMap<String, (Listener, usize)> {
    let mut listeners = BTreeMap::new();
    for (topic, count) in topics {
        listeners.insert((*topic).to_owned(), (Listener::to_topic(account, name, topic).await, *count));
    }
    listeners
}

/// Waits until every listener has what it is to get.
async fn hear(workflow: &str, listeners: BTreeMap<String, (Listener, usize)>) {
    for (topic, (listener, count)) in listeners {
        eventually(&format!("{topic} of {workflow} has {count} messages"), || async {
            listener.count().await == count
        })
        .await;
    }
}

/// Waits until all executions of a workflow have ended.
async fn no_execution_runs(account: &Account, name: &str, workflow: &str) {
    let machine = format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}-{workflow}");
    eventually(&format!("the executions of {workflow} end"), || async {
        let input = json!({ "stateMachineArn": machine, "statusFilter": "RUNNING" });
        let running = account.call("states", "AWSStepFunctions.ListExecutions", input).await;
        running["executions"].as_array().is_some_and(Vec::is_empty)
    })
    .await;
}

async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "it never came about that {what}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
