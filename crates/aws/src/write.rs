//! One action of a transaction, as a value.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};

use crate::item::Item;
use crate::records::Key;

/// One action of a transaction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Write {
    table: String,
    action: Action,
    condition: Option<String>,
    values: BTreeMap<String, AttributeValue>,
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    Put(BTreeMap<String, AttributeValue>),
    Update(Key, String),
    Check(Key),
}

impl Write {
    /// Puts an item, whether or not it is there.
    pub(crate) fn put(table: &str, item: Item) -> Self {
        let action = Action::Put(item.into_iter().collect());
        Self { table: table.to_owned(), action, condition: None, values: BTreeMap::new() }
    }

    /// Puts an item that is not there.
    pub(crate) fn insert(table: &str, item: Item) -> Self {
        Self { condition: Some("attribute_not_exists(pk)".to_owned()), ..Self::put(table, item) }
    }

    /// Puts an item in place of the one of that version.
    pub(crate) fn replace(table: &str, item: Item, version: i64) -> Self {
        let values = BTreeMap::from([(":version".to_owned(), crate::item::number(version))]);
        Self { condition: Some("version = :version".to_owned()), values, ..Self::put(table, item) }
    }

    /// Changes attributes of an item.
    pub(crate) fn update<const N: usize>(
        table: &str,
        key: &Key,
        expression: String,
        condition: Option<String>,
        values: [(&str, AttributeValue); N],
    ) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { table: table.to_owned(), action: Action::Update(key.clone(), expression), condition, values }
    }

    /// Holds only when the condition does.
    pub(crate) fn check(table: &str, key: &Key, condition: String, values: BTreeMap<String, AttributeValue>) -> Self {
        Self { table: table.to_owned(), action: Action::Check(key.clone()), condition: Some(condition), values }
    }

    /// An update that takes the values of its condition too.
    pub(crate) fn with_values(mut self, values: BTreeMap<String, AttributeValue>) -> Self {
        self.values.extend(values);
        self
    }

    /// The key of an item that is put into a table without sort keys, as the outbox is.
    pub(crate) fn message_key(&self, outbox: &str) -> Option<&str> {
        match &self.action {
            Action::Put(item) if self.table == outbox => {
                item.get("pk").and_then(|pk| pk.as_s().ok()).map(String::as_str)
            }
            _ => None,
        }
    }

    pub(crate) fn to_action(&self) -> Result<TransactWriteItem, BuildError> {
        let Self { table, action, condition, values } = self;
        let values = || (!values.is_empty()).then(|| values.clone().into_iter().collect());
        let action_of = TransactWriteItem::builder();
        Ok(match action {
            Action::Put(item) => {
                let put = Put::builder().table_name(table).set_item(Some(item.clone().into_iter().collect()));
                let put = put.set_condition_expression(condition.clone()).set_expression_attribute_values(values());
                action_of.put(put.build()?)
            }
            Action::Update(key, expression) => {
                let update = Update::builder().table_name(table).set_key(Some(key.to_item()));
                let update = update.update_expression(expression).set_condition_expression(condition.clone());
                action_of.update(update.set_expression_attribute_values(values()).build()?)
            }
            Action::Check(key) => {
                let check = ConditionCheck::builder().table_name(table).set_key(Some(key.to_item()));
                let check = check.set_condition_expression(condition.clone());
                action_of.condition_check(check.set_expression_attribute_values(values()).build()?)
            }
        }
        .build())
    }
}
