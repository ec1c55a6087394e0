//! The tables: their keys and indexes.
//!
//! Every key attribute is a string. `infra/tables.json` says the same to the templates that create the
//! tables; a test holds the two against each other.

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// The attribute of the partition key.
    pub partition_key: &'static str,
    /// The attribute of the sort key, where there is one.
    pub sort_key: Option<&'static str>,
    /// Its indexes. Each shows the keys only: what is found is read from the table, where it is never stale.
    pub indexes: &'static [Index],
    /// What its stream shows, where it has one, in DynamoDB's word.
    pub stream_view_type: Option<&'static str>,
    /// The attribute that says when an item may go: seconds since the epoch, a number.
    pub time_to_live: &'static str,
}

/// A global secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// The attribute of the partition key; an item without it is not in the index.
    pub partition_key: &'static str,
    /// The attribute of the sort key, where there is one.
    pub sort_key: Option<&'static str>,
}

impl Index {
    const fn new(name: &'static str, partition_key: &'static str, sort_key: &'static str) -> Self {
        Self { name, partition_key, sort_key: Some(sort_key) }
    }
}

/// Orders, products and customers, each in its order of listing.
pub const LISTING: Index = Index::new("listing", "listing", "listing_key");
/// Orders by status and time.
pub const STATUS: Index = Index::new("status", "status_listing", "listing_key");
/// Orders by customer and time.
pub const CUSTOMER: Index = Index::new("customer", "customer_id", "listing_key");
/// Orders by mail address and time.
pub const EMAIL: Index = Index::new("email", "customer_email", "listing_key");
/// Orders that hold units, by when the first hold runs out.
pub const EXPIRY: Index = Index::new("expiry", "expiry", "expires_at");

/// What waits to leave, by when it is tried next; what was given up, by when.
pub const DUE: Index = Index::new("due", "due", "due_at");
/// Mails and topic messages, the earliest first.
pub const SENT: Index = Index::new("listing", "listing", "listing_key");
/// Mails by their number.
pub const NUMBER: Index = Index { name: "number", partition_key: "number", sort_key: None };
/// Mails by the order they are about.
pub const ORDER: Index = Index::new("order", "order_id", "listing_key");
/// Mails by the address they go to.
pub const RECIPIENT: Index = Index::new("recipient", "recipient", "listing_key");

/// What a shop knows: orders, stock, customers, the simulated gateway's books. One for all workflows.
pub const DATA: Table = Table {
    partition_key: "pk",
    sort_key: Some("sk"),
    indexes: &[LISTING, STATUS, CUSTOMER, EMAIL, EXPIRY],
    stream_view_type: None,
    time_to_live: "ttl",
};

/// What is to leave the shop. One for each workflow.
pub const OUTBOX: Table = Table {
    partition_key: "pk",
    sort_key: None,
    indexes: &[DUE, SENT, NUMBER, ORDER, RECIPIENT],
    stream_view_type: Some("NEW_IMAGE"),
    time_to_live: "ttl",
};

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    fn as_json(table: Table) -> Value {
        let keys = |partition: &str, sort: Option<&str>| {
            let mut keys = Map::new();
            keys.insert("PartitionKey".to_owned(), json!(partition));
            if let Some(sort) = sort {
                keys.insert("SortKey".to_owned(), json!(sort));
            }
            keys
        };
        let index = |index: &Index| {
            let mut shown = keys(index.partition_key, index.sort_key);
            shown.insert("IndexName".to_owned(), json!(index.name));
            shown.insert("Projection".to_owned(), json!("KEYS_ONLY"));
            Value::Object(shown)
        };
        let mut shown = json!({
            "KeySchema": keys(table.partition_key, table.sort_key),
            "GlobalSecondaryIndexes": table.indexes.iter().map(index).collect::<Vec<_>>(),
            "TimeToLiveAttribute": table.time_to_live,
        });
        if let Some(view) = table.stream_view_type {
            shown["StreamViewType"] = json!(view);
        }
        shown
    }

    #[test]
    fn the_templates_create_the_tables_that_are_used_here() {
        let templates: Value = serde_json::from_str(include_str!("../../../infra/tables.json")).unwrap();
        assert_eq!(templates, json!({ "data": as_json(DATA), "outbox": as_json(OUTBOX) }));
    }
}
