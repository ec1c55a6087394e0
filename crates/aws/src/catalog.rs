//! Reads products, stock and the ledger.

use std::collections::BTreeMap;

use adapter::paging;
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use futures::future::try_join_all;
use order::{Level, OrderId, Product, Quantity, Reservation, Sku};
use ports::{Catalog, Movement, Page, Result, StepError};

use crate::changes::total;
use crate::data_table::{DataTable, Range};
use crate::item::{self, Item};
use crate::records::{
    EntryRecord, HoldingState, Key, LevelRecord, OrderBook, PRODUCTS, ProductRecord, entry_sort_key, ledger_partition,
};
use crate::shards::LAST;
use crate::tables;

const LISTING: &str = "products";
const LEDGER: &str = "ledger";

/// How many products are read together.
const TOGETHER: usize = 100;

/// [`Catalog`] over DynamoDB. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CatalogReader {
    data: DataTable,
}

impl CatalogReader {
    /// A reader of that data table.
    pub fn new(client: Client, data_table: impl Into<String>) -> Self {
        Self { data: DataTable::new(client, data_table) }
    }

    /// Those of the products that are there, without their stock.
    async fn records(&self, skus: &[Sku]) -> Result<Vec<(Sku, ProductRecord)>> {
        let mut items = self.data.get_all(skus.iter().map(Key::product)).await?;
        let found = skus.iter().filter_map(|sku| Some((sku.clone(), items.remove(&Key::product(sku))?)));
        found.map(|(sku, item)| Ok((sku, item::to_record(item)?))).collect()
    }

    async fn with_levels(&self, records: Vec<(Sku, ProductRecord)>) -> Result<Vec<Product>> {
        let shards = records.iter().flat_map(|(sku, record)| keys(sku, record));
        let items = self.data.get_all(shards).await?;
        let level = |sku: &Sku, record: &ProductRecord| sum(keys(sku, record).filter_map(|key| items.get(&key)));
        records.iter().map(|(sku, record)| Ok(record.product(sku, level(sku, record)?))).collect()
    }
}

fn keys(sku: &Sku, record: &ProductRecord) -> impl Iterator<Item = Key> {
    (0..record.shards_made).map(move |shard| Key::level(sku, shard)).collect::<Vec<_>>().into_iter()
}

fn sum<'a>(items: impl Iterator<Item = &'a Item>) -> Result<Level> {
    let levels = items.map(|item| item::to_record::<LevelRecord>(item.clone()).map(Level::from));
    Ok(total(levels.collect::<Result<Vec<_>>>()?))
}

#[async_trait]
impl Catalog for CatalogReader {
    async fn products(&self, skus: &[Sku]) -> Result<Vec<Product>> {
        let records = self.records(skus).await?;
        self.with_levels(records).await
    }

    async fn list(&self, text: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<Product>> {
        let mut after: String = paging::resume(LISTING, cursor)?.unwrap_or_default();
        let (mut found, wanted) = (Vec::new(), paging::bounded(limit) + 1);
        loop {
            // No sku has a control character, so this one comes right behind the last.
            let range = Range { from: format!("{after}\u{1}"), to: LAST.to_owned(), descending: false };
            let listed = self.data.indexed(&tables::LISTING, &[PRODUCTS.to_owned()], &range, TOGETHER).await?;
            let skus = listed.iter().map(|(sku, _)| Sku::parse(sku.as_str()));
            let skus: Vec<Sku> = skus.collect::<Result<_, _>>().map_err(StepError::unavailable)?;
            let fits = |(sku, record): &(Sku, ProductRecord)| {
                text.is_none_or(|piece| {
                    item::contains(sku.as_str(), piece) || item::contains(&record.product_name, piece)
                })
            };
            found.extend(self.records(&skus).await?.into_iter().filter(fits));
            match listed.last() {
                Some((last, _)) if listed.len() == TOGETHER && found.len() < wanted => after.clone_from(last),
                _ => break,
            }
        }
        found.truncate(wanted);
        let page = paging::page(LISTING, found, limit, |(sku, _)| sku.as_str().to_owned());
        Ok(Page { items: self.with_levels(page.items).await?, next_cursor: page.next_cursor })
    }

    async fn reservations(&self, order_id: &OrderId) -> Result<Vec<Reservation>> {
        let found = self.data.get(&Key::order(order_id)).await?.map(OrderBook::from_item).transpose()?;
        let holdings = found.map(|(book, _)| book.holdings).unwrap_or_default();
        let held: BTreeMap<_, _> = holdings
            .into_iter()
            .filter(|holding| holding.state == HoldingState::Held)
            .map(|holding| (holding.sku.clone(), holding))
            .collect();
        let reservation = |(sku, holding): (Sku, crate::records::Holding)| {
            let quantity = Quantity::new(holding.units()).map_err(StepError::unavailable)?;
            Ok(Reservation { order_id: order_id.clone(), sku, quantity, expires_at: holding.expires_at })
        };
        held.into_iter().map(reservation).collect()
    }

    async fn ledger(&self, sku: &Sku, cursor: Option<&str>, limit: usize) -> Result<Page<Movement>> {
        let before: i64 = paging::resume(LEDGER, cursor)?.unwrap_or(i64::MAX);
        let records = self.records(std::slice::from_ref(sku)).await?;
        let shards = records.first().map_or(0, |(_, record)| record.shards_made);
        // An item is sorted by the last of its movements: the one the page before ended with may have others.
        let range = Range { from: entry_sort_key(0), to: entry_sort_key(before), descending: true };
        let wanted = paging::bounded(limit) + 1;
        let read = (0..shards).map(|shard| {
            let (partition, range) = (ledger_partition(sku, shard), &range);
            async move { self.data.partition(&partition, range, wanted + 1).await }
        });
        let mut found = Vec::new();
        for item in try_join_all(read).await?.into_iter().flatten() {
            let record: EntryRecord = item::to_record(item)?;
            found.extend(record.movements.into_iter().filter(|movement| movement.sequence < before));
        }
        found.sort_by_key(|movement| std::cmp::Reverse(movement.sequence));
        Ok(paging::page(LEDGER, found, limit, |movement| movement.sequence))
    }
}
