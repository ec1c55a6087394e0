//! Stock: every move is a ledger entry, and the counters move with it.

use jiff::Timestamp;
use order::{Entry, EntryKind, Invalid, Level, Line, OrderId, Sku, StockError};
use ports::{ErrorName, Result, StepError};

use super::books::{Books, NewEntry, Scattered, home_shard, stored};
use crate::records::{Holding, HoldingState, Part};

/// The most units that are booked in one go, or can be on hand: so that no sum overflows.
const MOST_UNITS: i64 = 1_000_000_000_000;

/// Units that are free and shall be an order's.
struct Taken {
    sku: Sku,
    round: i64,
    parts: Vec<Part>,
}

pub(super) fn reserve(
    books: &mut Books,
    order_id: &OrderId,
    lines: &[Line],
    expires_at: Timestamp,
    at: Timestamp,
) -> Result<()> {
    for taken in free_units(books, order_id, lines, ErrorName::OutOfStock)? {
        move_parts(books, order_id, &taken.sku, &taken.parts, EntryKind::Reserved, None, at)?;
        hold(books, order_id, taken, HoldingState::Held, expires_at)?;
    }
    Ok(())
}

pub(super) fn sell(books: &mut Books, order_id: &OrderId, lines: &[Line], at: Timestamp) -> Result<()> {
    // Lines whose hold ran out: their units are taken as if they were held now, then sold like the others.
    for taken in free_units(books, order_id, lines, ErrorName::ReservationExpired)? {
        move_parts(books, order_id, &taken.sku, &taken.parts, EntryKind::Reserved, None, at)?;
        hold(books, order_id, taken, HoldingState::Held, at)?;
    }
    close(books, order_id, (HoldingState::Held, HoldingState::Sold), EntryKind::Sold, None, at)
}

pub(super) fn release(books: &mut Books, order_id: &OrderId, reason: &str, at: Timestamp) -> Result<()> {
    close(books, order_id, (HoldingState::Held, HoldingState::Released), EntryKind::Released, Some(reason), at)
}

pub(super) fn restock(books: &mut Books, order_id: &OrderId, at: Timestamp) -> Result<()> {
    close(books, order_id, (HoldingState::Sold, HoldingState::Returned), EntryKind::Returned, None, at)
}

pub(super) fn book(
    books: &mut Books,
    sku: &Sku,
    kind: EntryKind,
    units: i64,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    let fits = match kind {
        EntryKind::Received => 0..=MOST_UNITS,
        EntryKind::Adjusted => -MOST_UNITS..=MOST_UNITS,
        _ => return Err(refuse_field("kind", "received or adjusted: the other kinds belong to orders")),
    };
    let level = product_level(books, sku)?;
    if !fits.contains(&units) || level.on_hand + units > MOST_UNITS {
        return Err(refuse_field("units", "a number of units that fits the shop"));
    }
    if units == 0 {
        return Ok(());
    }
    if level.apply(sku, kind, units).is_err() {
        let Level { on_hand, reserved, .. } = level;
        let message = format!("{sku}: {units} units cannot be booked, {on_hand} are there and {reserved} of them held");
        return Err(StepError::new(ErrorName::OutOfStock, message));
    }
    books.shelf(sku).expect("its level was read").book_spread(units, kind);
    let entry =
        Entry { sku: sku.clone(), kind, units, order_id: None, reason: reason.map(str::to_owned), at: stored(at) };
    books.entries.push(NewEntry { shard: 0, entry });
    Ok(())
}

pub(super) fn count(books: &mut Books, sku: &Sku, on_hand: i64, reason: Option<&str>, at: Timestamp) -> Result<()> {
    if !(0..=MOST_UNITS).contains(&on_hand) {
        return Err(refuse_field("on_hand", "how many units are there, 0 or more"));
    }
    let difference = on_hand - product_level(books, sku)?.on_hand;
    book(books, sku, EntryKind::Adjusted, difference, reason, at)?;
    books.shelf(sku).expect("its level was read").must_stay_counted();
    Ok(())
}

pub(super) fn seed(books: &mut Books, sku: &Sku, on_hand: i64, reason: Option<&str>, at: Timestamp) -> Result<()> {
    match books.shelf(sku) {
        Some(shelf) if shelf.was_stocked() => Ok(()),
        _ => count(books, sku, on_hand, reason, at),
    }
}

/// What is to be taken from free stock for those lines that the order neither holds nor had sold to it.
/// A shortage is an error of the given name that tells of every short product.
fn free_units(books: &mut Books, order_id: &OrderId, lines: &[Line], name: ErrorName) -> Result<Vec<Taken>> {
    let holdings = books.order(order_id)?.holdings.clone();
    let mut taken = Vec::with_capacity(lines.len());
    let (mut short, mut scattered) = (Vec::new(), Vec::new());
    for line in lines {
        let holding = holdings.iter().find(|holding| holding.sku == line.sku);
        if holding.is_some_and(|holding| holding.state != HoldingState::Released) {
            continue;
        }
        let shelf = books
            .shelf(&line.sku)
            .ok_or_else(|| StepError::new(ErrorName::UnknownProduct, format!("there is no product {}", line.sku)))?;
        let units = line.quantity.units();
        if let Err(shortage) = shelf.level().apply(&line.sku, EntryKind::Reserved, units) {
            short.push(shortage.to_string());
            continue;
        }
        let home = home_shard(order_id, shelf.filled);
        let parts = shelf.find_free(home, units).expect("as many are free in all, so they are somewhere");
        if parts.len() > 1 {
            scattered.push(Scattered { sku: line.sku.clone(), home, units });
        }
        let round = holding.map_or(1, |holding| holding.round + 1);
        taken.push(Taken { sku: line.sku.clone(), round, parts });
    }
    books.scattered.extend(scattered);
    if short.is_empty() { Ok(taken) } else { Err(StepError::new(name, short.join("; "))) }
}

/// Moves all that an order has in one state to the next.
fn close(
    books: &mut Books,
    order_id: &OrderId,
    (from, to): (HoldingState, HoldingState),
    kind: EntryKind,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    let holdings = books.order(order_id)?.holdings.clone();
    for holding in holdings.iter().filter(|holding| holding.state == from) {
        product_level(books, &holding.sku)?.apply(&holding.sku, kind, holding.units()).map_err(not_there)?;
        move_parts(books, order_id, &holding.sku, &holding.parts, kind, reason, at)?;
    }
    for holding in books.order(order_id)?.holdings.iter_mut().filter(|holding| holding.state == from) {
        holding.state = to;
    }
    Ok(())
}

/// Moves an order's units of one product, with the one ledger entry for all of them.
fn move_parts(
    books: &mut Books,
    order_id: &OrderId,
    sku: &Sku,
    parts: &[Part],
    kind: EntryKind,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    let shelf = books.shelf(sku).ok_or_else(|| no_product(sku))?;
    for part in parts {
        shelf.book(*part, kind);
    }
    let shard = home_shard(order_id, shelf.filled);
    let entry = Entry {
        sku: sku.clone(),
        kind,
        units: parts.iter().map(|part| part.units).sum(),
        order_id: Some(order_id.clone()),
        reason: reason.map(str::to_owned),
        at: stored(at),
    };
    books.entries.push(NewEntry { shard, entry });
    Ok(())
}

fn hold(books: &mut Books, order_id: &OrderId, taken: Taken, state: HoldingState, expires_at: Timestamp) -> Result<()> {
    let holdings = &mut books.order(order_id)?.holdings;
    let Taken { sku, round, parts } = taken;
    let holding = Holding { sku, state, round, expires_at: stored(expires_at), parts };
    match holdings.iter_mut().find(|other| other.sku == holding.sku) {
        Some(other) => *other = holding,
        None => holdings.push(holding),
    }
    Ok(())
}

fn product_level(books: &mut Books, sku: &Sku) -> Result<Level> {
    books.shelf(sku).map(|shelf| shelf.level()).ok_or_else(|| no_product(sku))
}

fn no_product(sku: &Sku) -> StepError {
    StepError::new(ErrorName::NotFound, format!("there is no product {sku}"))
}

fn refuse_field(field: &str, expected: &str) -> StepError {
    Invalid::new(expected).at(field).into()
}

/// The counters contradict what the order holds: the books are damaged, which the audit tells in detail.
fn not_there(error: StockError) -> StepError {
    StepError::new(ErrorName::OutOfStock, error.to_string())
}
