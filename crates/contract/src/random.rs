//! Random sequences of changes against what must always hold.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use jiff::SignedDuration;
use order::{EntryKind, Level, Status};
use ports::{Change, ErrorName};

use crate::World;
use crate::fixtures::{apply, book, count, id, order, place, product, release, reserve, restock, sell, sku, status};

const PRODUCTS: [&str; 3] = ["A", "B", "C"];
const ORDERS: u64 = 8;

/// The seed's name in the environment.
const SEED: &str = "ORDERFLOW_SEED";

pub(crate) async fn any_sequence_keeps_the_books(world: Arc<dyn World>) {
    let world = &*world;
    let seed = seed();
    let mut dice = Dice(seed);
    for name in PRODUCTS {
        apply(world, product(world, name, 12)).await;
    }
    for number in 0..ORDERS {
        let ordered = ordered(number);
        apply(world, vec![place(world, order(&format!("O-{number}"), &ordered))]).await;
    }
    for step in 0..world.random_steps() {
        let told = format!("step {step}; run again with {SEED}={seed}");
        if dice.below(20) == 0 {
            world.advance(SignedDuration::from_mins(16));
            world.expire_reservations().await.expect("expiry");
        } else {
            random_step(world, &mut dice, &told).await;
        }
        check(world, &told).await;
    }
    let audit = world.auditor().audit().await.expect("the audit answers");
    assert!(audit.ok, "{:?}; run again with {SEED}={seed}", audit.violations);
    assert_eq!(audit.orders, ORDERS);
}

/// One change, or two of which the second may take back the first.
async fn random_step(world: &dyn World, dice: &mut Dice, told: &str) {
    let changes: Vec<Change> = (0..=dice.below(2)).map(|_| random_change(world, dice)).collect();
    let repeatable = !changes.iter().any(|change| matches!(change, Change::MoveStock { .. }));
    let before = levels(world).await;
    let shown = format!("{changes:?}; {told}");
    match world.apply(changes.clone()).await {
        Ok(()) if repeatable && changes.len() == 1 => {
            let once = levels(world).await;
            world.apply(changes).await.unwrap_or_else(|error| panic!("the second time: {error}: {shown}"));
            assert_eq!(levels(world).await, once, "{shown}");
        }
        Ok(()) => {}
        Err(error) => {
            let known =
                matches!(error.name, ErrorName::OutOfStock | ErrorName::ReservationExpired | ErrorName::StatusRefused);
            assert!(known, "{error}: {shown}");
            assert_eq!(levels(world).await, before, "{shown}");
        }
    }
}

fn random_change(world: &dyn World, dice: &mut Dice) -> Change {
    let number = dice.below(ORDERS);
    let (name, lines) = (format!("O-{number}"), ordered(number));
    let text = PRODUCTS[dice.index(PRODUCTS.len())];
    match dice.below(10) {
        0..3 => reserve(world, &name, &lines),
        3..5 => sell(world, &name, &lines),
        5 => release(world, &name),
        6 => restock(world, &name),
        7 => status(world, &name, Status::ALL[dice.index(Status::ALL.len())]),
        8 => {
            let units = i64::try_from(dice.below(9)).expect("a small number");
            match dice.below(2) {
                0 => book(world, text, EntryKind::Received, units),
                _ => book(world, text, EntryKind::Adjusted, units - 6),
            }
        }
        _ => count(world, text, i64::try_from(dice.below(20)).expect("a small number")),
    }
}

/// What an order is of: always the same for the same order.
fn ordered(number: u64) -> Vec<(&'static str, i64)> {
    let mut dice = Dice(number);
    let first = dice.index(PRODUCTS.len());
    let units = |dice: &mut Dice| 1 + i64::try_from(dice.below(5)).expect("a small number");
    let second = PRODUCTS[(first + 1) % PRODUCTS.len()];
    vec![(PRODUCTS[first], units(&mut dice)), (second, units(&mut dice))]
}

async fn levels(world: &dyn World) -> BTreeMap<String, Level> {
    let products = world.ports().catalog.products(&PRODUCTS.map(sku)).await.expect("the catalog answers");
    products.into_iter().map(|product| (product.sku.as_str().to_owned(), product.level)).collect()
}

/// The counters are the sum of the ledger, nothing is below zero, and what is reserved is what orders hold.
async fn check(world: &dyn World, told: &str) {
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for number in 0..ORDERS {
        for hold in world.ports().catalog.reservations(&id(&format!("O-{number}"))).await.expect("reservations") {
            *held.entry(hold.sku.as_str().to_owned()).or_default() += hold.quantity.units();
        }
    }
    for (name, counters) in levels(world).await {
        let held = held.get(&name).copied().unwrap_or(0);
        assert_eq!(counters.reserved, held, "{name}: {told}");
        check_counters(world, &name, counters, told).await;
    }
}

async fn check_counters(world: &dyn World, name: &str, counters: Level, told: &str) {
    let catalog = world.ports().catalog;
    let mut sum = Level::default();
    let mut cursor = None;
    loop {
        let page = catalog.ledger(&sku(name), cursor.as_deref(), 100).await.expect("the ledger");
        for movement in &page.items {
            let units = movement.entry.units;
            match movement.entry.kind {
                EntryKind::Received | EntryKind::Adjusted => sum.on_hand += units,
                EntryKind::Reserved => sum.reserved += units,
                EntryKind::Released => sum.reserved -= units,
                EntryKind::Sold => {
                    sum.on_hand -= units;
                    sum.reserved -= units;
                    sum.sold += units;
                }
                EntryKind::Returned => {
                    sum.on_hand += units;
                    sum.sold -= units;
                }
            }
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(counters, sum, "{name}: {told}");
    assert!(counters.on_hand >= 0 && counters.reserved >= 0 && counters.sold >= 0, "{name}: {told}");
    assert!(counters.available() >= 0, "{name}: {told}");
}

fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{SEED} must be a number, not {text}")),
        Err(_) => RandomState::new().build_hasher().finish(),
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `bound`; the bias of the remainder does not matter here.
    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).expect("below a length")
    }
}
