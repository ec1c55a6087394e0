use order::Invalid;
use ports::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use triggers::dynamodb::{Item, from_item};

use crate::{Context, Done, Step};

/// Turns the records of an orders table's stream into what the workflow takes: plain JSON, one
/// `{"order": …}` for each record, its `items` as a map `item_0`, `item_1`, … .
pub struct EnrichOrder;

/// A stream record, as far as it matters here.
#[derive(Debug, Deserialize)]
pub struct Record {
    dynamodb: Images,
}

#[derive(Debug, Deserialize)]
struct Images {
    #[serde(rename = "NewImage")]
    new_image: Item,
}

/// An order as the workflow's input has it.
#[derive(Debug, PartialEq, Serialize)]
pub struct Enriched {
    /// The order.
    pub order: Value,
}

impl Step for EnrichOrder {
    const NAME: &'static str = "EnrichOrder";
    type Input = Vec<Record>;
    type Output = Vec<Enriched>;

    async fn run(&self, _: &Context, records: Vec<Record>) -> Result<Done<Vec<Enriched>>> {
        let mut orders = Vec::with_capacity(records.len());
        for (index, record) in records.iter().enumerate() {
            let mut order = from_item(&record.dynamodb.new_image).map_err(|error| {
                Invalid::new(error.message).at(format_args!("{index}/dynamodb/NewImage{}", error.pointer))
            })?;
            if let Some(items) = order.get_mut("items") {
                *items = as_map(items.take());
            }
            orders.push(Enriched { order });
        }
        Ok(Done::unchanged(orders))
    }
}

/// A list of items as a map; a map stays what it is.
fn as_map(items: Value) -> Value {
    match items {
        Value::Array(items) => {
            let named = items.into_iter().enumerate().map(|(index, item)| (format!("item_{index}"), item));
            Value::Object(named.collect::<Map<_, _>>())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn records_become_orders() {
        let world = World::new();
        let record = |id: &str, items: serde_json::Value| {
            json!({
                "eventName": "INSERT",
                "dynamodb": {
                    "Keys": { "order_id": { "S": id } },
                    "NewImage": { "order_id": { "S": id }, "status": { "S": "PENDING" }, "items": items }
                }
            })
        };
        let item = json!({ "M": { "item_id": { "S": "CHAI" }, "quantity": { "N": "2" } } });
        let records =
            json!([record("A-1", json!({ "L": [item, item] })), record("A-2", json!({ "M": { "item_0": item } }))]);
        let plain = json!({ "item_id": "CHAI", "quantity": 2 });
        let expected = json!([
            { "order": { "order_id": "A-1", "status": "PENDING", "items": { "item_0": plain, "item_1": plain } } },
            { "order": { "order_id": "A-2", "status": "PENDING", "items": { "item_0": plain } } }
        ]);
        assert_eq!(world.run_twice("EnrichOrder", records).await.expect("orders"), expected);
    }

    #[tokio::test]
    async fn a_record_that_makes_no_sense_is_named() {
        let world = World::new();
        for (records, words) in [
            (json!([{ "eventName": "REMOVE", "dynamodb": {} }]), "NewImage"),
            (json!([{ "dynamodb": { "NewImage": { "order_id": { "X": "1" } } } }]), "0/dynamodb/NewImage/order_id"),
        ] {
            let error = world.run("EnrichOrder", records).await.expect_err(words);
            assert_eq!(error.name, ErrorName::InvalidRequest);
            assert!(error.message.contains(words), "{error}");
        }
    }
}
