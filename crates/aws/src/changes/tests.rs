//! What changes make of a copy of the books, without any table.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use order::{Contact, Currency, Email, EntryKind, Line, Money, NewOrder, OrderId, Quantity, Sku};
use ports::{Change, Clock, ErrorName};
use proptest::prelude::*;

use super::books::{Books, Page};
use super::shelf::Shelf;
use super::*;
use crate::records::ProductRecord;

pub(crate) fn id(text: &str) -> OrderId {
    OrderId::parse(text).unwrap()
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

fn lines(ordered: &[(&str, i64)]) -> Vec<Line> {
    ordered.iter().map(|(name, units)| Line { sku: sku(name), quantity: Quantity::new(*units).unwrap() }).collect()
}

pub(crate) fn order(order_id: &str, ordered: &[(&str, i64)]) -> NewOrder {
    let email = Email::parse("Ana@example.com").unwrap();
    NewOrder {
        id: id(order_id),
        workflow: "checkout".into(),
        customer: Contact { id: None, name: Some("Ana".into()), email: Some(email) },
        lines: lines(ordered),
        shipping_address: None,
        currency: None,
        payment_token: "tok_visa".into(),
        payment_method: None,
    }
}

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn now() -> Timestamp {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

/// Books with an order of that many units and a product whose free units are spread so over its shards.
fn books(units: i64, free: &[i64]) -> Books {
    let mut books = Books::default();
    books.orders.insert(id("O-1"), Page::read(None));
    let level = |units: &i64| Some(order::Level { on_hand: *units, reserved: 0, sold: 0 });
    let shards = u32::try_from(free.len()).unwrap();
    let product = ProductRecord {
        product_name: "A".into(),
        price_minor: 100,
        currency: Currency::parse("USD").unwrap(),
        shards,
        shards_made: shards,
    };
    books.products.insert(sku("A"), Page::read(Some((product, 0))));
    books.shelves.insert(sku("A"), Shelf::new(shards, free.iter().map(level)));
    let place = Change::PlaceOrder {
        order: order("O-1", &[("A", units)]),
        execution_arn: "arn".into(),
        idempotency: None,
        at: now(),
    };
    carried_out(books, &[place]).unwrap()
}

fn carried_out(mut books: Books, changes: &[Change]) -> Result<Books> {
    let tables = tables();
    let (destinations, clock) = (Destinations::default(), At(now()));
    let rules = Rules { tables: &tables, destinations: &destinations, stock_shards: 1, clock: &clock };
    changes.iter().try_for_each(|change| carry_out(&mut books, change, &rules))?;
    Ok(books)
}

fn tables() -> TableNames {
    TableNames { data: "data".into(), outbox: "outbox".into(), streamed: BTreeMap::new() }
}

fn reserve(units: i64) -> Change {
    let expires_at = now() + SignedDuration::from_mins(15);
    Change::Reserve { order_id: id("O-1"), lines: lines(&[("A", units)]), expires_at, at: now() }
}

fn sell(units: i64) -> Change {
    Change::Sell { order_id: id("O-1"), lines: lines(&[("A", units)]), at: now() }
}

fn parts(books: &mut Books) -> Vec<i64> {
    books.order(&id("O-1")).unwrap().holdings[0].parts.iter().map(|part| part.units).collect()
}

#[test]
fn a_line_is_taken_from_one_shard_where_one_has_enough() {
    let mut taken = carried_out(books(5, &[4, 5, 4, 4]), &[reserve(5)]).unwrap();
    assert_eq!(parts(&mut taken), [5]);
    let mut taken = carried_out(books(9, &[4, 3, 4]), &[reserve(9)]).unwrap();
    assert_eq!(parts(&mut taken).iter().sum::<i64>(), 9);
    assert_eq!(taken.scattered.len(), 1);
    let refusal = carried_out(books(12, &[4, 3, 4]), &[reserve(12)]).unwrap_err();
    assert_eq!((refusal.name, refusal.message.as_str()), (ErrorName::OutOfStock, "A: 12 wanted, 11 available"));
}

#[test]
fn a_line_needs_two_writes_also_when_its_hold_has_run_out() {
    let sold = carried_out(books(2, &[10]), &[sell(2)]).unwrap();
    // The counters, the two ledger entries in one item, and the order.
    assert_eq!((sold.stock_actions(), sold.writes(&tables(), &BTreeSet::new(), &Sequence::default()).len()), (2, 3));
}

#[test]
fn an_order_of_more_lines_than_fit_is_refused() {
    let names: Vec<String> = (0..=MAX_LINES).map(|number| format!("S-{number}")).collect();
    let many: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let place = |lines: &[(&str, i64)]| {
        let mut books = Books::default();
        books.orders.insert(id("O-1"), Page::read(None));
        let order = order("O-1", lines);
        carried_out(books, &[Change::PlaceOrder { order, execution_arn: "a".into(), idempotency: None, at: now() }])
    };
    assert!(place(&many[..MAX_LINES]).is_ok());
    let refusal = place(&many).unwrap_err();
    assert_eq!((refusal.name, refusal.invalid[0].field.as_str()), (ErrorName::InvalidRequest, "items"));
}

#[test]
fn a_message_that_is_there_is_not_put_again() {
    let event = |key: &str| {
        Change::PutEvent(ports::BusEvent {
            key: key.into(),
            source: "orderflow".into(),
            detail_type: "OrderConfirmed".into(),
            detail: serde_json::Value::Null,
            at: now(),
        })
    };
    let books = carried_out(Books::default(), &[event("a"), event("a"), event("b")]).unwrap();
    let sent = BTreeSet::from(["event/b".to_owned()]);
    let writes = books.writes(&tables(), &sent, &Sequence::default());
    assert_eq!(writes.iter().map(|write| write.message_key("outbox")).collect::<Vec<_>>(), [Some("event/a")]);
}

#[test]
fn a_count_holds_every_shard_to_what_was_read() {
    let count = Change::CountStock { sku: sku("A"), on_hand: 8, reason: None, at: now() };
    let counted = carried_out(books(1, &[4, 3]), &[count]).unwrap();
    let shown = format!("{:?}", counted.shelves[&sku("A")].writes("data", &sku("A")));
    assert_eq!(shown.matches("on_hand = :counted").count(), 2, "{shown}");
}

#[test]
fn first_stock_is_booked_once() {
    let seed = Change::SeedStock { sku: sku("A"), on_hand: 5, reason: None, at: now() };
    let put = Change::PutProduct {
        sku: sku("A"),
        name: "A".into(),
        unit_price: Money::new(1, Currency::parse("USD").unwrap()),
        at: now(),
    };
    let mut fresh = Books::default();
    fresh.products.insert(sku("A"), Page::read(None));
    let seeded = carried_out(fresh, &[put, seed.clone(), seed.clone()]).unwrap();
    assert_eq!((seeded.shelves[&sku("A")].level().on_hand, seeded.entries.len()), (5, 1));
    // Sold out is not the same as never stocked.
    let sold_out = carried_out(books(1, &[0]), &[seed]).unwrap();
    assert_eq!(sold_out.entries.len(), 0);
}

proptest! {
    /// Whatever becomes of an order's units, the shards together are what one shelf would be, and none goes
    /// below nothing.
    #[test]
    fn shards_together_are_one_shelf(
        free in prop::collection::vec(0_i64..6, 1..5),
        units in 1_i64..12,
        steps in prop::collection::vec(0_usize..6, 1..20),
    ) {
        let mut sharded = books(units, &free);
        let mut whole = books(units, &[free.iter().sum()]);
        for step in steps {
            let change = [
                reserve(units),
                sell(units),
                Change::Release { order_id: id("O-1"), reason: "so".into(), at: now() },
                Change::Restock { order_id: id("O-1"), at: now() },
                Change::MoveStock { sku: sku("A"), kind: EntryKind::Adjusted, units: -3, reason: None, at: now() },
                Change::MoveStock { sku: sku("A"), kind: EntryKind::Received, units: 4, reason: None, at: now() },
            ][step].clone();
            let (one, other) = (carried_out(sharded, std::slice::from_ref(&change)), carried_out(whole, &[change]));
            match (one, other) {
                (Ok(one), Ok(other)) => (sharded, whole) = (one, other),
                (one, other) => {
                    prop_assert_eq!(one.err(), other.err());
                    return Ok(());
                }
            }
            let shelf = &sharded.shelves[&sku("A")];
            prop_assert_eq!(shelf.level(), whole.shelves[&sku("A")].level());
            prop_assert!(shelf.free().iter().all(|units| *units >= 0));
        }
    }
}
