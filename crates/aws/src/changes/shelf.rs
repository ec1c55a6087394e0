//! The stock of one product, spread over shards.
//!
//! A shard is an item of its own with counters of its own; the product's level is their sum. An order takes
//! from the shard it is at home in, which its id decides, and from others when that one is short. What
//! moves between shards moves no unit of the product, so the ledger knows nothing of it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use order::{EntryKind, Level, Sku};

use super::books::total;
use crate::item;
use crate::records::{Key, Part};
use crate::write::Write;

/// The shards of a product, those that are no longer filled included.
#[derive(Debug)]
pub(crate) struct Shelf {
    /// Over how many of the shards new units are spread.
    pub(crate) filled: u32,
    shards: Vec<Shard>,
}

/// One shard as it was read and what is to happen to it.
#[derive(Debug)]
struct Shard {
    exists: bool,
    before: Level,
    now: Level,
    /// The least of each counter on the way from before to now: what the additions have to leave.
    lowest: Level,
    lowest_available: i64,
    /// Whether the units on hand must still be those that were read.
    counted: bool,
}

impl Shelf {
    /// A product's shards as they were read; nothing where a shard has no item yet.
    pub(crate) fn new(filled: u32, levels: impl IntoIterator<Item = Option<Level>>) -> Self {
        let shards = levels.into_iter().map(|level| {
            let before = level.unwrap_or_default();
            Shard {
                exists: level.is_some(),
                before,
                now: before,
                lowest: before,
                lowest_available: before.available(),
                counted: false,
            }
        });
        Self { filled, shards: shards.collect() }
    }

    /// The product's counters.
    pub(crate) fn level(&self) -> Level {
        total(self.shards.iter().map(|shard| shard.now))
    }

    /// Whether anything was ever booked.
    pub(crate) fn was_stocked(&self) -> bool {
        self.shards.iter().any(|shard| shard.exists || shard.now != shard.before)
    }

    /// How many shards there ever were.
    pub(crate) fn shards_made(&self) -> u32 {
        u32::try_from(self.shards.len()).expect("there are few shards")
    }

    /// From which shards so many free units are taken: all from the one at home, else all from the next that
    /// has so many, else from several. Nothing when there are not so many.
    pub(crate) fn find_free(&self, home: u32, units: i64) -> Option<Vec<Part>> {
        let count = self.shards_made();
        let around = || (0..count).map(move |step| (home + step) % count);
        let free = |shard: u32| self.shards[shard as usize].now.available();
        if let Some(shard) = around().find(|shard| free(*shard) >= units) {
            return Some(vec![Part { shard, units }]);
        }
        let (mut parts, mut wanted) = (Vec::new(), units);
        for shard in around().filter(|shard| free(*shard) > 0) {
            let taken = free(shard).min(wanted);
            parts.push(Part { shard, units: taken });
            wanted -= taken;
            if wanted == 0 {
                return Some(parts);
            }
        }
        None
    }

    /// Moves units of a shard's counters as a ledger entry of that kind does.
    pub(crate) fn book(&mut self, part: Part, kind: EntryKind) {
        let shard = &mut self.shards[part.shard as usize];
        let units = part.units;
        let change = match kind {
            EntryKind::Received | EntryKind::Adjusted => Level { on_hand: units, ..Level::default() },
            EntryKind::Reserved => Level { reserved: units, ..Level::default() },
            EntryKind::Released => Level { reserved: -units, ..Level::default() },
            EntryKind::Sold => Level { on_hand: -units, reserved: -units, sold: units },
            EntryKind::Returned => Level { on_hand: units, reserved: 0, sold: -units },
        };
        let now = total([shard.now, change]);
        shard.now = now;
        shard.lowest = Level {
            on_hand: shard.lowest.on_hand.min(now.on_hand),
            reserved: shard.lowest.reserved.min(now.reserved),
            sold: shard.lowest.sold.min(now.sold),
        };
        shard.lowest_available = shard.lowest_available.min(now.available());
    }

    /// Books units that belong to no order: new ones spread over the shards, missing ones taken from where
    /// most are free. Whether there are so many was looked at before.
    pub(crate) fn book_spread(&mut self, units: i64, kind: EntryKind) {
        if units >= 0 {
            let (shares, rest) = (units / i64::from(self.filled), units % i64::from(self.filled));
            for shard in 0..self.filled {
                let units = shares + i64::from(i64::from(shard) < rest);
                if units > 0 {
                    self.book(Part { shard, units }, kind);
                }
            }
            return;
        }
        let mut missing = -units;
        let mut fullest: Vec<u32> = (0..self.shards_made()).collect();
        fullest.sort_by_key(|shard| std::cmp::Reverse(self.shards[*shard as usize].now.available()));
        for shard in fullest {
            let taken = self.shards[shard as usize].now.available().min(missing);
            if taken > 0 {
                self.book(Part { shard, units: -taken }, kind);
                missing -= taken;
            }
        }
    }

    /// From now on the units on hand must be those that were read: somebody counted them.
    pub(crate) fn must_stay_counted(&mut self) {
        for shard in &mut self.shards {
            shard.counted = true;
        }
    }

    /// Whether somebody counted the units on hand, and found another number.
    pub(crate) fn is_counted(&self) -> bool {
        self.is_changed() && self.shards.iter().any(|shard| shard.counted)
    }

    fn is_changed(&self) -> bool {
        self.shards.iter().any(|shard| shard.now != shard.before)
    }

    /// Moves free units between shards.
    pub(crate) fn shift(&mut self, from: u32, to: u32, units: i64) {
        self.book(Part { shard: from, units: -units }, EntryKind::Adjusted);
        self.book(Part { shard: to, units }, EntryKind::Adjusted);
    }

    /// Free units of each shard.
    pub(crate) fn free(&self) -> Vec<i64> {
        self.shards.iter().map(|shard| shard.now.available()).collect()
    }

    /// How many of the shards are written.
    pub(crate) fn actions(&self) -> usize {
        self.shards.iter().filter(|shard| shard.now != shard.before).count()
    }

    /// What has to be written.
    pub(crate) fn writes(&self, table: &str, sku: &Sku) -> Vec<Write> {
        let numbered = (0_u32..).zip(&self.shards).filter(|_| self.is_changed());
        numbered.filter_map(|(number, shard)| shard.write(table, &Key::level(sku, number))).collect()
    }
}

impl Shard {
    fn write(&self, table: &str, key: &Key) -> Option<Write> {
        let (condition, values) = self.condition();
        if self.now == self.before {
            return self.counted.then(|| Write::check(table, key, condition, values));
        }
        let update = Write::update(
            table,
            key,
            "ADD on_hand :on_hand, reserved :reserved, sold :sold, available :available".to_owned(),
            (!condition.is_empty()).then_some(condition),
            [
                (":on_hand", item::number(self.now.on_hand - self.before.on_hand)),
                (":reserved", item::number(self.now.reserved - self.before.reserved)),
                (":sold", item::number(self.now.sold - self.before.sold)),
                (":available", item::number(self.now.available() - self.before.available())),
            ],
        );
        Some(update.with_values(values))
    }

    /// That enough is there, and where units were counted, that it is what was read.
    fn condition(&self) -> (String, BTreeMap<String, AttributeValue>) {
        let mut conditions = Vec::new();
        let mut values = BTreeMap::new();
        let mut must = |condition: &str, name: &str, value: i64| {
            conditions.push(format!("{condition} {name}"));
            values.insert(name.to_owned(), item::number(value));
        };
        for (condition, name, before, lowest) in [
            ("available >=", ":least_available", self.before.available(), self.lowest_available),
            ("reserved >=", ":least_reserved", self.before.reserved, self.lowest.reserved),
            ("sold >=", ":least_sold", self.before.sold, self.lowest.sold),
        ] {
            if lowest < before {
                must(condition, name, before - lowest);
            }
        }
        if self.counted && self.exists {
            must("on_hand =", ":counted", self.before.on_hand);
        } else if self.counted {
            conditions.push("attribute_not_exists(pk)".to_owned());
        }
        (conditions.join(" AND "), values)
    }
}
