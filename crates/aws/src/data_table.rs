//! Reads of the data table.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Get, KeysAndAttributes, TransactGetItem};
use futures::future::try_join_all;
use ports::{Result, StepError};
use uuid::Uuid;

use crate::fault;
use crate::item::{self, Item};
use crate::pause::pause;
use crate::records::Key;
use crate::tables::Index;
use crate::write::Write;

/// The most items that one request reads, in a batch or in a transaction.
const MOST_AT_ONCE: usize = 100;

/// How often what DynamoDB had no room for is asked again.
const MOST_ATTEMPTS: u32 = 8;

/// The longest first pause between two attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The data table, to be read. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct DataTable {
    client: Client,
    name: String,
}

/// What a read of everything at one moment came to.
pub(crate) enum AtOnce {
    /// What was there.
    Read(BTreeMap<Key, Item>),
    /// Somebody writes there right now.
    Busy,
}

/// What came of a transaction.
pub(crate) enum Transaction {
    /// All is written.
    Done,
    /// Nothing is: why, for each action in its order. `None` stands where it was not the reason.
    Cancelled(Vec<String>),
}

/// Where an index is read.
pub(crate) struct Range {
    /// The least sort key.
    pub(crate) from: String,
    /// The greatest sort key.
    pub(crate) to: String,
    /// Whether the greatest comes first.
    pub(crate) descending: bool,
}

impl DataTable {
    pub(crate) fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// One item as it is.
    pub(crate) async fn get(&self, key: &Key) -> Result<Option<Item>> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key.to_item())).consistent_read(true);
        Ok(request.send().await.map_err(unavailable)?.item)
    }

    /// Those of the items that are there, each as it is.
    pub(crate) async fn get_all(&self, keys: impl IntoIterator<Item = Key>) -> Result<BTreeMap<Key, Item>> {
        let keys: Vec<Key> = keys.into_iter().collect::<BTreeSet<Key>>().into_iter().collect();
        let mut found = BTreeMap::new();
        for chunk in try_join_all(keys.chunks(MOST_AT_ONCE).map(|chunk| self.get_chunk(chunk))).await? {
            found.extend(chunk);
        }
        Ok(found)
    }

    async fn get_chunk(&self, keys: &[Key]) -> Result<BTreeMap<Key, Item>> {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.iter().map(Key::to_item).collect()))
            .consistent_read(true)
            .build()
            .expect("the keys are given");
        let mut found = BTreeMap::new();
        let mut wanted = Some(wanted);
        for attempt in 0..MOST_ATTEMPTS {
            let Some(keys) = wanted.take() else { return Ok(found) };
            if attempt > 0 {
                pause(FIRST_PAUSE, attempt).await;
            }
            let answer = self.client.batch_get_item().request_items(&self.name, keys).send().await;
            let answer = answer.map_err(unavailable)?;
            for item in answer.responses.into_iter().flat_map(|mut tables| tables.remove(&self.name)).flatten() {
                found.insert(Key::of(&item)?, item);
            }
            wanted = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.name));
        }
        if wanted.is_none() { Ok(found) } else { Err(StepError::unavailable("DynamoDB has no room for so many reads")) }
    }

    /// Those of the items that are there, all as they are at one moment.
    pub(crate) async fn get_at_once(&self, keys: &BTreeSet<Key>) -> Result<AtOnce> {
        let keys: Vec<Key> = keys.iter().cloned().collect();
        let AtOnce::Read(found) = self.get_transactions(&keys).await? else { return Ok(AtOnce::Busy) };
        if keys.len() <= MOST_AT_ONCE {
            return Ok(AtOnce::Read(found));
        }
        // More than one transaction reads: what is the same before and after was so in between.
        match self.get_transactions(&keys).await? {
            AtOnce::Read(again) if again == found => Ok(AtOnce::Read(found)),
            _ => Ok(AtOnce::Busy),
        }
    }

    async fn get_transactions(&self, keys: &[Key]) -> Result<AtOnce> {
        let mut found = BTreeMap::new();
        for chunk in keys.chunks(MOST_AT_ONCE) {
            let gets = chunk.iter().map(|key| {
                let get = Get::builder().table_name(&self.name).set_key(Some(key.to_item())).build();
                TransactGetItem::builder().get(get.expect("table and key are given")).build()
            });
            let answer = self.client.transact_get_items().set_transact_items(Some(gets.collect())).send().await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(SdkError::ServiceError(error)) if error.err().is_transaction_canceled_exception() => {
                    return Ok(AtOnce::Busy);
                }
                Err(error) => return Err(unavailable(error)),
            };
            // What is not there answers without an item, or with an empty one.
            for item in answer.responses.into_iter().flatten().filter_map(|response| response.item) {
                if !item.is_empty() {
                    found.insert(Key::of(&item)?, item);
                }
            }
        }
        Ok(AtOnce::Read(found))
    }

    /// Writes all or nothing.
    pub(crate) async fn transact(&self, writes: &[Write]) -> Result<Transaction> {
        let actions = writes.iter().map(Write::to_action).collect::<Result<_, _>>().map_err(StepError::unavailable)?;
        // By it DynamoDB knows this very transaction when the SDK sends it again, having heard no answer. It
        // is no function of what is written: a price that is changed and changed back is three transactions,
        // and the third would be taken for the first.
        let token = Uuid::now_v7().hyphenated().to_string();
        let request = self.client.transact_write_items().set_transact_items(Some(actions)).client_request_token(token);
        let error = match request.send().await {
            Ok(_) => return Ok(Transaction::Done),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let codes = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None"));
                Ok(Transaction::Cancelled(codes.map(str::to_owned).collect()))
            }
            _ => Err(unavailable(error)),
        }
    }

    /// What an index has in some of its partitions: sort keys with the keys of the items, at most so many in
    /// all, merged in their order.
    pub(crate) async fn indexed(
        &self,
        index: &Index,
        partitions: &[String],
        range: &Range,
        limit: usize,
    ) -> Result<Vec<(String, Key)>> {
        let sort_key = index.sort_key.expect("only indexes with a sort key are ranged over");
        let read = partitions.iter().map(|partition| async move {
            let keys = self.query(Some(index.name), (index.partition_key, sort_key), partition, range, limit).await?;
            keys.into_iter().map(|item| Ok((text_of(&item, sort_key)?, Key::of(&item)?))).collect::<Result<Vec<_>>>()
        });
        let mut found: Vec<(String, Key)> = try_join_all(read).await?.into_iter().flatten().collect();
        found.sort();
        if range.descending {
            found.reverse();
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The items of a partition of the table, at most so many, as they are.
    pub(crate) async fn partition(&self, partition: &str, range: &Range, limit: usize) -> Result<Vec<Item>> {
        self.query(None, ("pk", "sk"), partition, range, limit).await
    }

    async fn query(
        &self,
        index: Option<&str>,
        (partition_key, sort_key): (&str, &str),
        partition: &str,
        range: &Range,
        limit: usize,
    ) -> Result<Vec<Item>> {
        let mut found = Vec::new();
        if range.from > range.to {
            return Ok(found);
        }
        let mut start: Option<Item> = None;
        loop {
            let left = limit - found.len();
            let request = self
                .client
                .query()
                .table_name(&self.name)
                .set_index_name(index.map(str::to_owned))
                // Indexes have no consistent reads.
                .consistent_read(index.is_none())
                .key_condition_expression("#partition = :partition AND #sort BETWEEN :from AND :to")
                .expression_attribute_names("#partition", partition_key)
                .expression_attribute_names("#sort", sort_key)
                .expression_attribute_values(":partition", item::text(partition))
                .expression_attribute_values(":from", item::text(&range.from))
                .expression_attribute_values(":to", item::text(&range.to))
                .scan_index_forward(!range.descending)
                .limit(i32::try_from(left).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start.take());
            let answer = request.send().await.map_err(unavailable)?;
            found.extend(answer.items.into_iter().flatten());
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }

    /// Every item of the table, page by page. Not at one moment: what is written meanwhile may be seen or
    /// not.
    pub(crate) async fn scan(&self, mut each: impl FnMut(Item) -> Result<()>) -> Result<()> {
        let mut start: Option<Item> = None;
        loop {
            let request =
                self.client.scan().table_name(&self.name).consistent_read(true).set_exclusive_start_key(start.take());
            let answer = request.send().await.map_err(unavailable)?;
            answer.items.into_iter().flatten().try_for_each(&mut each)?;
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(());
            }
        }
    }
}

fn text_of(item: &Item, name: &str) -> Result<String> {
    let text = item.get(name).and_then(|value: &AttributeValue| value.as_s().ok());
    text.cloned().ok_or_else(|| StepError::unavailable("an index shows an item without its key"))
}

/// What a step is told when DynamoDB fails: it may try again.
pub(crate) fn unavailable<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> StepError {
    fault::unavailable("DynamoDB", &error)
}
