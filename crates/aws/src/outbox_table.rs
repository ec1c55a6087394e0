//! An outbox's table: finding what waits and what was sent, and moving an item on.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Select};
use futures::future::try_join_all;
use jiff::Timestamp;
use ports::{DeliveryState, Result, StepError};

use crate::fault;
use crate::item::{self, Item, SHARDS};
use crate::outbox_items::{self, OutboxItem};
use crate::pause::pause;
use crate::tables::{DUE, Index, NUMBER, OUTBOX};

/// What the table is called in errors.
const SERVICE: &str = "the outbox";

/// The most keys that one `BatchGetItem` takes.
const BATCH: usize = 100;

/// How often what DynamoDB had no room for is asked again.
const MOST_ATTEMPTS: u32 = 8;

/// The longest first pause between two attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// An outbox's table.
#[derive(Debug, Clone)]
pub(crate) struct OutboxTable {
    client: Client,
    table: String,
}

/// An item as an index shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The index's sort key.
    pub sort_key: String,
    /// The item's key.
    pub key: String,
}

impl OutboxTable {
    pub(crate) fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.table
    }

    /// Puts an item in the place of what it was; whether it still was that.
    pub(crate) async fn replace(&self, was: &OutboxItem, is: &OutboxItem) -> Result<bool> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(is.to_item()));
        let put = put
            .condition_expression("#state = :state AND attempts = :attempts")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", item::text(was.state.name()))
            .expression_attribute_values(":attempts", item::number(was.attempts.into()));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if fault::is(&error, "ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(fault::unavailable(SERVICE, &error)),
        }
    }

    /// The item of that key.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<OutboxItem>> {
        let get = self.client.get_item().table_name(&self.table).key(OUTBOX.partition_key, item::text(key));
        let answer = get.consistent_read(true).send().await.map_err(|error| fault::unavailable(SERVICE, &error))?;
        answer.item.map(OutboxItem::from_item).transpose()
    }

    /// The items of those keys, in their order, without those that are gone.
    pub(crate) async fn get_all(&self, keys: &[String]) -> Result<Vec<OutboxItem>> {
        let batches = try_join_all(keys.chunks(BATCH).map(|keys| self.get_batch(keys))).await?;
        let mut found: HashMap<String, OutboxItem> =
            batches.into_iter().flatten().map(|item| (item.message.key(), item)).collect();
        Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
    }

    async fn get_batch(&self, keys: &[String]) -> Result<Vec<OutboxItem>> {
        let keys = keys.iter().map(|key| Item::from([(OUTBOX.partition_key.to_owned(), item::text(key))]));
        let mut wanted = KeysAndAttributes::builder().set_keys(Some(keys.collect())).consistent_read(true).build().ok();
        let mut found = Vec::new();
        for attempt in 0..MOST_ATTEMPTS {
            let Some(keys) = wanted.take() else { return Ok(found) };
            if attempt > 0 {
                pause(FIRST_PAUSE, attempt).await;
            }
            let answer = self.client.batch_get_item().request_items(&self.table, keys).send().await;
            let answer = answer.map_err(|error| fault::unavailable(SERVICE, &error))?;
            for item in answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default() {
                // One that another version wrote must not hold up the others.
                match OutboxItem::from_item(item) {
                    Ok(item) => found.push(item),
                    Err(error) => tracing::error!(table = self.table, %error, "an item was passed over"),
                }
            }
            // The table gives 16 MB at once, and less when it is busy.
            wanted = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
        }
        if wanted.is_none() {
            Ok(found)
        } else {
            Err(StepError::unavailable("the outbox has no room for so many reads"))
        }
    }

    /// The key of the mail of that number.
    pub(crate) async fn key_of(&self, number: i64) -> Result<Option<String>> {
        let found = self.query(NUMBER, number.to_string(), Part { limit: 1, ..Part::default() }).await?;
        Ok(found.into_iter().next().map(|entry| entry.key))
    }

    /// What is pending and due by then, the longest due first.
    pub(crate) async fn due(&self, by: Timestamp, limit: usize) -> Result<Vec<OutboxItem>> {
        // The sort key is compared as text, and `;` comes after every digit: until the end of that moment.
        let until = format!("{};", item::sortable(by.as_microsecond()));
        let part = Part { until: Some(&until), limit, oldest_first: true };
        let mut found = self.spread(DUE, |shard| outbox_items::due(DeliveryState::Pending, shard), part).await?;
        found.sort_by(|one, other| one.sort_key.cmp(&other.sort_key));
        found.truncate(limit);
        self.get_all(&keys(found)).await
    }

    /// How many of each kind are in that state; those that are neither pending nor dead are not counted.
    pub(crate) async fn count(&self, state: DeliveryState) -> Result<HashMap<String, i64>> {
        let part = Part { limit: usize::MAX, ..Part::default() };
        let mut counts = HashMap::new();
        for entry in self.spread(DUE, |shard| outbox_items::due(state, shard), part).await? {
            // A key begins with its kind.
            let kind = entry.key.split('/').next().unwrap_or_default();
            *counts.entry(kind.to_owned()).or_insert(0) += 1;
        }
        Ok(counts)
    }

    /// How many an index has in those partitions together.
    pub(crate) async fn count_in(&self, index: Index, partition: impl Fn(u32) -> String) -> Result<i64> {
        let counts = try_join_all((0..SHARDS).map(|shard| self.count_of(index, partition(shard)))).await?;
        Ok(counts.into_iter().sum())
    }

    /// What an index has in the partitions of all shards below that sort key, the highest first, and no
    /// more than so many.
    pub(crate) async fn latest(
        &self,
        index: Index,
        partition: impl Fn(u32) -> String,
        below: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Entry>> {
        let part = Part { until: below, limit, oldest_first: false };
        let mut found = self.spread(index, partition, part).await?;
        found.sort_by_key(|entry| Reverse(entry.sort_key.clone()));
        found.truncate(limit);
        Ok(found)
    }

    /// The same of one partition.
    pub(crate) async fn latest_of(
        &self,
        index: Index,
        partition: &str,
        below: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Entry>> {
        self.query(index, partition.to_owned(), Part { until: below, limit, oldest_first: false }).await
    }

    async fn spread(&self, index: Index, partition: impl Fn(u32) -> String, part: Part<'_>) -> Result<Vec<Entry>> {
        let found = try_join_all((0..SHARDS).map(|shard| self.query(index, partition(shard), part))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn count_of(&self, index: Index, partition: String) -> Result<i64> {
        let query = self.select(index, partition).select(Select::Count);
        let mut pages = query.into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            count += i64::from(page.map_err(|error| fault::unavailable(SERVICE, &error))?.count);
        }
        Ok(count)
    }

    fn select(&self, index: Index, partition: String) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table).index_name(index.name);
        query
            .key_condition_expression("#partition = :partition")
            .expression_attribute_names("#partition", index.partition_key)
            .expression_attribute_values(":partition", item::text(partition))
    }

    async fn query(&self, index: Index, partition: String, part: Part<'_>) -> Result<Vec<Entry>> {
        let mut query = self.select(index, partition).scan_index_forward(part.oldest_first);
        if let (Some(until), Some(sort_key)) = (part.until, index.sort_key) {
            query = query
                .key_condition_expression("#partition = :partition AND #sort < :until")
                .expression_attribute_names("#sort", sort_key)
                .expression_attribute_values(":until", item::text(until));
        }
        if let Ok(limit) = i32::try_from(part.limit) {
            query = query.limit(limit);
        }
        let mut pages = query.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault::unavailable(SERVICE, &error))?;
            found.extend(page.items.unwrap_or_default().into_iter().map(|item| entry(item, index)));
            if found.len() >= part.limit {
                break;
            }
        }
        found.truncate(part.limit);
        Ok(found)
    }
}

/// Which part of a partition to read.
#[derive(Clone, Copy, Default)]
struct Part<'a> {
    /// Only what is below that sort key.
    until: Option<&'a str>,
    limit: usize,
    oldest_first: bool,
}

fn entry(item: Item, index: Index) -> Entry {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    Entry { sort_key: index.sort_key.map(text).unwrap_or_default(), key: text(OUTBOX.partition_key) }
}

/// The keys of those entries.
pub(crate) fn keys(entries: Vec<Entry>) -> Vec<String> {
    entries.into_iter().map(|entry| entry.key).collect()
}
