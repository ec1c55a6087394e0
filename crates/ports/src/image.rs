use order::Order;
use serde_json::{Map, Value, json};

/// An order as an item of its workflow's table, in the shape of the workflow's own document. This is
/// what a table stream shows as `NewImage` and `OldImage`.
pub fn image(order: &Order) -> Value {
    let placed = &order.placed;
    let mut item = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            item.insert(key.to_owned(), value);
        }
    };
    put("order_id", json!(placed.id));
    match placed.workflow.as_str() {
        "order-app" => {
            put("order_status", json!(order.status_word()));
            put("client_details", json!(placed.customer));
        }
        _ => {
            put("status", json!(order.status_word()));
            put("customer_id", json!(placed.customer.id));
            put("customer_email", json!(placed.customer.email));
            put("currency", json!(placed.currency));
            put("shipping_address", json!(placed.shipping_address));
        }
    }
    let items = placed.lines.iter().map(|line| json!({ "item_id": line.sku, "quantity": line.quantity }));
    put("items", items.collect());
    put("created_at", json!(order.placed_at));
    put("reason", json!(order.reason));
    Value::Object(item)
}
