use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{OrderId, Quantity, Sku};

/// What happened to some units of a product. Append-only; the counters are the sum of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which product.
    pub sku: Sku,
    /// What happened.
    pub kind: EntryKind,
    /// How many units; negative only in an adjustment.
    pub units: i64,
    /// For which order, where it was for one.
    pub order_id: Option<OrderId>,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// The kinds of ledger entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Came in from a supplier.
    Received,
    /// Held for an order.
    Reserved,
    /// Given back by an order that did not come to a sale.
    Released,
    /// Sold: a held unit left for good.
    Sold,
    /// A sold unit came back.
    Returned,
    /// Counted by hand: the difference.
    Adjusted,
}

impl EntryKind {
    /// All of them.
    pub const ALL: [EntryKind; 6] = [
        EntryKind::Received,
        EntryKind::Reserved,
        EntryKind::Released,
        EntryKind::Sold,
        EntryKind::Returned,
        EntryKind::Adjusted,
    ];

    /// The stable name, `snake_case`.
    pub fn name(self) -> &'static str {
        match self {
            EntryKind::Received => "received",
            EntryKind::Reserved => "reserved",
            EntryKind::Released => "released",
            EntryKind::Sold => "sold",
            EntryKind::Returned => "returned",
            EntryKind::Adjusted => "adjusted",
        }
    }

    /// The kind of that stable name.
    pub fn from_name(name: &str) -> Option<EntryKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The counters of one product, all in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Level {
    /// In the shop, held ones included.
    pub on_hand: i64,
    /// Held for orders.
    pub reserved: i64,
    /// Sold and not come back.
    pub sold: i64,
}

/// Why a ledger entry cannot be made: it would leave a counter below zero.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StockError {
    /// Fewer units are free than were asked for.
    #[error("{sku}: {wanted} wanted, {available} available")]
    Short {
        /// Which product.
        sku: Sku,
        /// How many were asked for.
        wanted: i64,
        /// How many are free.
        available: i64,
    },
    /// More units than are held or sold were to be released, sold or returned.
    #[error("{sku}: cannot have {units} units {kind}, there are not so many")]
    NotThere {
        /// Which product.
        sku: Sku,
        /// What was to happen to them.
        kind: &'static str,
        /// How many.
        units: i64,
    },
}

impl Level {
    /// Units that an order may still have.
    pub fn available(self) -> i64 {
        self.on_hand - self.reserved
    }

    /// The counters after one more entry.
    pub fn apply(self, sku: &Sku, kind: EntryKind, units: i64) -> Result<Level, StockError> {
        let mut next = self;
        match kind {
            EntryKind::Received | EntryKind::Adjusted => next.on_hand += units,
            EntryKind::Reserved => next.reserved += units,
            EntryKind::Released => next.reserved -= units,
            EntryKind::Sold => {
                next.on_hand -= units;
                next.reserved -= units;
                next.sold += units;
            }
            EntryKind::Returned => {
                next.on_hand += units;
                next.sold -= units;
            }
        }
        let takes_free_units = matches!(kind, EntryKind::Reserved | EntryKind::Adjusted);
        if takes_free_units && next.available() < 0 {
            return Err(StockError::Short { sku: sku.clone(), wanted: units.abs(), available: self.available() });
        }
        if next.on_hand < 0 || next.reserved < 0 || next.sold < 0 || (units < 0 && kind != EntryKind::Adjusted) {
            return Err(StockError::NotThere { sku: sku.clone(), kind: kind.name(), units });
        }
        Ok(next)
    }
}

/// Units held for an order until they are sold, released, or the hold expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Whose.
    pub order_id: OrderId,
    /// Of which product.
    pub sku: Sku,
    /// How many units.
    pub quantity: Quantity,
    /// Until when they are held.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sku() -> Sku {
        Sku::parse("sku-001").unwrap()
    }

    #[test]
    fn the_counters_follow_the_ledger() {
        let mut level = Level::default();
        for (kind, units, on_hand, reserved, sold) in [
            (EntryKind::Received, 10, 10, 0, 0),
            (EntryKind::Reserved, 4, 10, 4, 0),
            (EntryKind::Released, 1, 10, 3, 0),
            (EntryKind::Sold, 3, 7, 0, 3),
            (EntryKind::Returned, 1, 8, 0, 2),
            (EntryKind::Adjusted, -8, 0, 0, 2),
        ] {
            level = level.apply(&sku(), kind, units).unwrap();
            assert_eq!(level, Level { on_hand, reserved, sold }, "{kind:?}");
        }
    }

    #[test]
    fn units_that_are_not_there_cannot_move() {
        let level = Level { on_hand: 5, reserved: 3, sold: 1 };
        for (kind, units) in [
            (EntryKind::Reserved, 3),
            (EntryKind::Released, 4),
            (EntryKind::Sold, 4),
            (EntryKind::Returned, 2),
            (EntryKind::Adjusted, -3),
            (EntryKind::Received, -1),
        ] {
            assert!(level.apply(&sku(), kind, units).is_err(), "{kind:?} {units}");
        }
        let short = level.apply(&sku(), EntryKind::Reserved, 3).unwrap_err().to_string();
        assert_eq!(short, "sku-001: 3 wanted, 2 available");
    }

    proptest! {
        #[test]
        fn no_sequence_of_entries_takes_a_counter_below_zero(
            entries in prop::collection::vec((prop::sample::select(EntryKind::ALL.to_vec()), -20_i64..20), 0..200)
        ) {
            let mut level = Level::default();
            for (kind, units) in entries {
                if let Ok(next) = level.apply(&sku(), kind, units) {
                    level = next;
                }
                prop_assert!(level.on_hand >= 0 && level.reserved >= 0 && level.sold >= 0 && level.available() >= 0);
            }
        }
    }
}
