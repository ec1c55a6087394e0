//! The part of the books that some changes are about, as it was read, and as it shall be.
//!
//! Changes are carried out on this copy; [`Books::writes`] then says what of it has to be written, each part
//! on the condition that it still is as it was read. Counters of stock are the exception: they are added
//! to, on the condition that enough is there, so that orders of one product do not wait for each other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use order::{Customer, Entry, Level, OrderId, Sku};
use ports::{ErrorName, Movement, Result, StepError};

use super::shelf::Shelf;
use crate::TableNames;
use crate::item;
use crate::outbox_items::OutboxItem;
use crate::records::{Binding, CUSTOMERS, CustomerRecord, EntryRecord, Key, OrderBook, PRODUCTS, ProductRecord};
use crate::sequence::Sequence;
use crate::write::Write;

/// Part of the books.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(super) orders: BTreeMap<OrderId, Page<OrderBook>>,
    pub(super) bindings: BTreeMap<String, Page<Binding>>,
    pub(super) products: BTreeMap<Sku, Page<ProductRecord>>,
    pub(super) shelves: BTreeMap<Sku, Shelf>,
    pub(super) entries: Vec<NewEntry>,
    pub(super) customers: BTreeMap<String, Customer>,
    pub(super) documents: Vec<Document>,
    pub(super) outbox: Vec<OutboxItem>,
    pub(super) scattered: Vec<Scattered>,
}

/// Units of one product that one shard could not give all of.
#[derive(Debug, Clone)]
pub(super) struct Scattered {
    pub(super) sku: Sku,
    pub(super) home: u32,
    pub(super) units: i64,
}

/// An item as it was read, if it was there, and as it shall be.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) version: i64,
    pub(super) before: Option<T>,
    pub(super) now: Option<T>,
}

impl<T: Clone> Page<T> {
    pub(super) fn read(found: Option<(T, i64)>) -> Self {
        let version = found.as_ref().map_or(0, |(_, version)| *version);
        let before = found.map(|(value, _)| value);
        Self { version, now: before.clone(), before }
    }
}

/// A ledger entry to be made, in the shard that the order (or nobody) is at home in.
#[derive(Debug)]
pub(super) struct NewEntry {
    pub(super) shard: u32,
    pub(super) entry: Entry,
}

/// An item of a workflow's own table.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) table: String,
    pub(super) image: serde_json::Value,
}

impl Books {
    /// The order a change is about.
    pub(super) fn order(&mut self, id: &OrderId) -> Result<&mut OrderBook> {
        let page = self.orders.get_mut(id).expect("the orders of all changes were read");
        let unknown = || StepError::new(ErrorName::OrderNotFound, format!("there is no order {id}"));
        page.now.as_mut().ok_or_else(unknown)
    }

    /// The stock of a product.
    pub(super) fn shelf(&mut self, sku: &Sku) -> Option<&mut Shelf> {
        let known = self.products.get(sku).is_some_and(|page| page.now.is_some());
        if known { self.shelves.get_mut(sku) } else { None }
    }

    /// Puts a message into the outbox, once.
    pub(super) fn send(&mut self, item: OutboxItem) {
        let key = item.message.key();
        if !self.outbox.iter().any(|other| other.message.key() == key) {
            self.outbox.push(item);
        }
    }

    /// How many writes the stock needs.
    pub(super) fn stock_actions(&self) -> usize {
        let items: BTreeSet<(&Sku, u32)> = self.entries.iter().map(|entry| (&entry.entry.sku, entry.shard)).collect();
        self.shelves.values().map(Shelf::actions).sum::<usize>() + items.len()
    }

    /// What has to be written. `sent` are the keys of what is in the outbox already.
    pub(super) fn writes(self, tables: &TableNames, sent: &BTreeSet<String>, sequence: &Sequence) -> Vec<Write> {
        let mut writes = Vec::new();
        for page in self.orders.into_values() {
            let Page { version, before, now: Some(now) } = page else { continue };
            match before {
                None => writes.push(Write::insert(&tables.data, now.to_item(1))),
                Some(before) if before != now => {
                    writes.push(Write::replace(&tables.data, now.to_item(version + 1), version));
                }
                Some(_) => {}
            }
        }
        for (key, page) in self.bindings {
            if let Page { before: None, now: Some(now), .. } = page {
                writes.push(Write::insert(&tables.data, with_key(&Key::binding(&key), item::from_record(&now))));
            }
        }
        for (sku, page) in self.products {
            let Page { before, now: Some(now), .. } = page else { continue };
            let counted = self.shelves.get(&sku).is_some_and(Shelf::is_counted);
            if before.as_ref() != Some(&now) {
                writes.push(product(&tables.data, &sku, &now, before.as_ref().filter(|_| counted)));
            } else if counted {
                // Of a shard that was added meanwhile nobody has counted the units.
                let made = BTreeMap::from([(":made".to_owned(), item::number(now.shards_made.into()))]);
                let condition = "shards_made = :made".to_owned();
                writes.push(Write::check(&tables.data, &Key::product(&sku), condition, made));
            }
        }
        for (sku, shelf) in &self.shelves {
            writes.extend(shelf.writes(&tables.data, sku));
        }
        writes.extend(ledger(self.entries, sequence).into_iter().map(|item| Write::insert(&tables.data, item)));
        for (id, customer) in self.customers {
            let mut item = with_key(&Key::customer(&id), item::from_record(&CustomerRecord { customer }));
            item.insert("listing".to_owned(), item::text(CUSTOMERS));
            item.insert("listing_key".to_owned(), item::text(id));
            writes.push(Write::put(&tables.data, item));
        }
        for Document { table, image } in self.documents {
            writes.push(Write::put(&table, item::from_record(&image)));
        }
        for mut message in self.outbox {
            if !sent.contains(&message.message.key()) {
                message.sequence = sequence.next(message.at);
                writes.push(Write::insert(&tables.outbox, message.to_item()));
            }
        }
        writes
    }
}

fn with_key(key: &Key, mut item: item::Item) -> item::Item {
    item.extend(key.to_item());
    item
}

/// A product's name and price; over how many shards it is spread stays what it is, once it is there. Where its
/// stock was `counted` it must still be spread over as many.
fn product(table: &str, sku: &Sku, record: &ProductRecord, counted: Option<&ProductRecord>) -> Write {
    let assignments = [
        "product_name = :name",
        "price_minor = :price",
        "currency = :currency",
        "shards = if_not_exists(shards, :shards)",
        "shards_made = if_not_exists(shards_made, :shards)",
        "listing = :listing",
        "listing_key = :sku",
    ];
    let values = [
        (":name", item::text(&record.product_name)),
        (":price", item::number(record.price_minor)),
        (":currency", item::text(record.currency.code())),
        (":shards", item::number(record.shards.into())),
        (":listing", item::text(PRODUCTS)),
        (":sku", item::text(sku.as_str())),
    ];
    let condition = counted.map(|_| "shards_made = :made".to_owned());
    let made = counted.map(|counted| (":made".to_owned(), item::number(counted.shards_made.into())));
    Write::update(table, &Key::product(sku), format!("SET {}", assignments.join(", ")), condition, values)
        .with_values(made.into_iter().collect())
}

/// The ledger's items: one for each product and shard.
fn ledger(entries: Vec<NewEntry>, sequence: &Sequence) -> Vec<item::Item> {
    let mut items: BTreeMap<(Sku, u32), Vec<Movement>> = BTreeMap::new();
    for NewEntry { shard, entry } in entries {
        let movement = Movement { sequence: sequence.next(entry.at), entry };
        items.entry((movement.entry.sku.clone(), shard)).or_default().push(movement);
    }
    items.into_iter().map(|((_, shard), movements)| EntryRecord::to_item(shard, movements)).collect()
}

/// The shard an order is at home in, of so many.
pub(super) fn home_shard(id: &OrderId, shards: u32) -> u32 {
    item::shard_of(id.as_str(), shards)
}

/// The counters of a whole product.
pub(crate) fn total(levels: impl IntoIterator<Item = Level>) -> Level {
    levels.into_iter().fold(Level::default(), |sum, level| Level {
        on_hand: sum.on_hand + level.on_hand,
        reserved: sum.reserved + level.reserved,
        sold: sum.sold + level.sold,
    })
}

/// A time as it is stored.
pub(super) fn stored(at: Timestamp) -> Timestamp {
    item::cut(at)
}
