//! Reads what changes are about.

use std::collections::{BTreeMap, BTreeSet};

use order::{Level, OrderId, Sku};
use ports::{Change, Result};

use super::books::{Books, Page};
use super::shelf::Shelf;
use crate::data_table::{AtOnce, DataTable};
use crate::item::{self, Item};
use crate::records::{Binding, Key, LevelRecord, OrderBook, ProductRecord};

/// How the books are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Each item as it is, one after the other.
    Each,
    /// All of them once more, as they are at one moment; dear, and in the way of those who write.
    AtOnce,
}

/// Reads the part of the books that the changes are about; nothing when somebody is writing there and all
/// was to be read at once.
pub(super) async fn read(data: &DataTable, changes: &[Change], reading: Reading) -> Result<Option<Books>> {
    let wanted = Wanted::of(changes);
    // What else is to be read depends on what is there: whose units an order has, how many shards they are in.
    let (mut keys, mut items) = (wanted.keys(&BTreeMap::new())?, BTreeMap::new());
    let mut missing = keys.clone();
    while !missing.is_empty() {
        items.extend(data.get_all(missing).await?);
        let needed = wanted.keys(&items)?;
        missing = needed.difference(&keys).cloned().collect();
        keys = needed;
    }
    if reading == Reading::AtOnce {
        match data.get_at_once(&keys).await? {
            // Meanwhile there may be more to be read.
            AtOnce::Read(all) if wanted.keys(&all)?.is_subset(&keys) => items = all,
            AtOnce::Read(_) | AtOnce::Busy => return Ok(None),
        }
    }
    books(&wanted, items).map(Some)
}

/// What changes are about.
#[derive(Debug, Default)]
struct Wanted {
    orders: BTreeSet<OrderId>,
    bindings: BTreeSet<String>,
    products: BTreeSet<Sku>,
    /// Orders whose units move.
    stock_of: BTreeSet<OrderId>,
}

impl Wanted {
    fn of(changes: &[Change]) -> Self {
        let mut wanted = Self::default();
        for change in changes {
            match change {
                Change::PlaceOrder { order, idempotency, .. } => {
                    wanted.orders.insert(order.id.clone());
                    wanted.bindings.extend(idempotency.as_ref().map(|idempotency| idempotency.key.clone()));
                }
                Change::Reserve { order_id, lines, .. } | Change::Sell { order_id, lines, .. } => {
                    wanted.orders.insert(order_id.clone());
                    wanted.stock_of.insert(order_id.clone());
                    wanted.products.extend(lines.iter().map(|line| line.sku.clone()));
                }
                Change::Release { order_id, .. } | Change::Restock { order_id, .. } => {
                    wanted.orders.insert(order_id.clone());
                    wanted.stock_of.insert(order_id.clone());
                }
                Change::NoteExecution { order_id, .. }
                | Change::SetPricing { order_id, .. }
                | Change::SetStatus { order_id, .. }
                | Change::RecordPayment { order_id, .. }
                | Change::IssueReceipt { order_id, .. } => {
                    wanted.orders.insert(order_id.clone());
                }
                Change::PutProduct { sku, .. }
                | Change::MoveStock { sku, .. }
                | Change::CountStock { sku, .. }
                | Change::SeedStock { sku, .. } => {
                    wanted.products.insert(sku.clone());
                }
                // Whether these were put already is seen when they are put.
                Change::SendMail(_)
                | Change::Publish(_)
                | Change::PutEvent(_)
                | Change::SendMessage(_)
                | Change::StartExecution(_)
                | Change::PutCustomer(_) => {}
            }
        }
        wanted
    }

    /// All keys, as far as what was read already tells.
    fn keys(&self, items: &BTreeMap<Key, Item>) -> Result<BTreeSet<Key>> {
        let mut keys: BTreeSet<Key> = self.orders.iter().map(Key::order).collect();
        keys.extend(self.bindings.iter().map(|key| Key::binding(key)));
        for sku in self.all_products(items)? {
            keys.extend(first_of(&sku));
            keys.extend(further_levels(&sku, items)?);
        }
        Ok(keys)
    }

    /// The products that changes are about, and those that the orders have units of.
    fn all_products(&self, items: &BTreeMap<Key, Item>) -> Result<BTreeSet<Sku>> {
        let mut products = self.products.clone();
        for item in self.stock_of.iter().filter_map(|id| items.get(&Key::order(id))) {
            let (book, _) = OrderBook::from_item(item.clone())?;
            products.extend(book.holdings.into_iter().map(|holding| holding.sku));
        }
        Ok(products)
    }
}

/// A product and its first shard, which most have no more of.
fn first_of(sku: &Sku) -> [Key; 2] {
    [Key::product(sku), Key::level(sku, 0)]
}

fn further_levels(sku: &Sku, items: &BTreeMap<Key, Item>) -> Result<Vec<Key>> {
    let Some(item) = items.get(&Key::product(sku)) else { return Ok(Vec::new()) };
    let product: ProductRecord = item::to_record(item.clone())?;
    Ok((1..product.shards_made).map(|shard| Key::level(sku, shard)).collect())
}

fn books(wanted: &Wanted, mut items: BTreeMap<Key, Item>) -> Result<Books> {
    let mut books = Books::default();
    let products = wanted.all_products(&items)?;
    for id in &wanted.orders {
        let found = items.remove(&Key::order(id)).map(OrderBook::from_item).transpose()?;
        books.orders.insert(id.clone(), Page::read(found));
    }
    for key in &wanted.bindings {
        let found: Option<Binding> = items.remove(&Key::binding(key)).map(item::to_record).transpose()?;
        books.bindings.insert(key.clone(), Page::read(found.map(|binding| (binding, 0))));
    }
    for sku in products {
        let found: Option<ProductRecord> = items.remove(&Key::product(&sku)).map(item::to_record).transpose()?;
        if let Some(product) = &found {
            let shards = (0..product.shards_made).map(|shard| level(items.remove(&Key::level(&sku, shard))));
            books.shelves.insert(sku.clone(), Shelf::new(product.shards, shards.collect::<Result<Vec<_>>>()?));
        }
        books.products.insert(sku, Page::read(found.map(|product| (product, 0))));
    }
    Ok(books)
}

fn level(item: Option<Item>) -> Result<Option<Level>> {
    let record: Option<LevelRecord> = item.map(item::to_record).transpose()?;
    Ok(record.map(Level::from))
}
