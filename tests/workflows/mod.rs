//! The five reference workflows, each through its own intake: what its document says comes of an order.

mod confirmed_orders;
mod dead_letters;
mod emag_orderflow;
mod order_app;
mod queued_orders;
mod receipt_orders;
mod triggers;

use serde_json::Value;

use crate::support::Server;

/// Asserts what came of an order: its status and reason, the stock, one mail.
async fn ended(server: &Server, order: &Value, status: &str, reason: &str, sku: &str, level: (i64, i64, i64)) {
    assert_eq!(order["status"], status, "{order:#}");
    assert!(order["reason"].as_str().unwrap_or_default().contains(reason), "{order:#}");
    assert_eq!(server.level(sku).await, level, "{order:#}");
    let id = order["order_id"].as_str().expect("an order has an id");
    server.eventually("the customer is told", || async { server.mails(id).await.len() == 1 }).await;
}
