//! DynamoDB tables: on demand, recoverable, encrypted, kept.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::queues::key_arn;
use super::template::{Resource, Template};
use super::values::{attribute, reference, text, triggers_value, when};
use crate::facts::{Index, Table};
use crate::workflow::{Workflow, logical};

/// The logical name of a document's own table.
pub(super) fn table_id(table: &str) -> String {
    format!("{}Table", logical(table))
}

/// Adds the document's own tables: an order as its document shows it.
pub(super) fn add_documents(template: &mut Template, workflow: &Workflow) {
    for name in workflow.bindings.tables.keys() {
        let written = &workflow.triggers["Tables"][name];
        let key = triggers_value(&written["Key"]);
        let mut properties = json!({
            "TableName": text(format!("${{Name}}-{name}")),
            "AttributeDefinitions": [{ "AttributeName": key, "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": key, "KeyType": "HASH" }],
        });
        if let Some(view) = written.get("StreamViewType") {
            properties["StreamSpecification"] = json!({ "StreamViewType": triggers_value(view) });
        }
        add_table(template, &table_id(name), properties);
    }
}

/// Adds a table of `infra/tables.json`.
pub(super) fn add(template: &mut Template, id: &str, name: &str, table: &Table) {
    let keys = |partition: &str, sort: Option<&str>| {
        let mut keys = vec![json!({ "AttributeName": partition, "KeyType": "HASH" })];
        keys.extend(sort.map(|sort| json!({ "AttributeName": sort, "KeyType": "RANGE" })));
        keys
    };
    let key = &table.key_schema;
    let indexes = &table.global_secondary_indexes;
    let mut attributes: BTreeSet<&str> =
        [Some(key.partition_key.as_str()), key.sort_key.as_deref()].into_iter().flatten().collect();
    for index in indexes {
        attributes.extend([Some(index.partition_key.as_str()), index.sort_key.as_deref()].into_iter().flatten());
    }
    let index = |index: &Index| {
        json!({
            "IndexName": index.index_name,
            "KeySchema": keys(&index.partition_key, index.sort_key.as_deref()),
            "Projection": { "ProjectionType": index.projection },
        })
    };
    let attributes: Vec<Value> =
        attributes.into_iter().map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect();
    let mut properties = json!({
        "TableName": text(name),
        "AttributeDefinitions": attributes,
        "KeySchema": keys(&key.partition_key, key.sort_key.as_deref()),
    });
    if !indexes.is_empty() {
        properties["GlobalSecondaryIndexes"] = indexes.iter().map(index).collect();
    }
    if let Some(view) = &table.stream_view_type {
        properties["StreamSpecification"] = json!({ "StreamViewType": view });
    }
    if let Some(attribute) = &table.time_to_live_attribute {
        properties["TimeToLiveSpecification"] = json!({ "AttributeName": attribute, "Enabled": true });
    }
    add_table(template, id, properties);
}

fn add_table(template: &mut Template, id: &str, mut properties: Value) {
    properties["BillingMode"] = "PAY_PER_REQUEST".into();
    properties["PointInTimeRecoverySpecification"] = json!({ "PointInTimeRecoveryEnabled": true });
    properties["SSESpecification"] = json!({
        "SSEEnabled": true,
        "SSEType": "KMS",
        "KMSMasterKeyId": when("UsesCustomerKey", key_arn(template)),
    });
    properties["DeletionProtectionEnabled"] = reference("DeletionProtection");
    template.add(id, Resource::new("AWS::DynamoDB::Table", properties).kept());
}

/// The stream of a table of this template.
pub(super) fn stream_arn(id: &str) -> Value {
    attribute(id, "StreamArn")
}
