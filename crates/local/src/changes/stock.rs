//! Stock: every move is a ledger entry, and the counters move with it.

use jiff::Timestamp;
use order::{EntryKind, Invalid, Level, Line, OrderId, Sku, StockError};
use ports::ErrorName;
use rusqlite::Connection;

use super::orders;
use crate::sql::{all, checked_at, execute, micros, optional};
use crate::{ApplyError, Wakeups};

/// The most units that are booked in one go, or can be on hand: so that no sum overflows.
const MOST_UNITS: i64 = 1_000_000_000_000;

/// Where an order's units of one product are.
struct Holding {
    sku: Sku,
    quantity: i64,
    state: HoldingState,
    /// How often the order has held the product so far.
    round: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum HoldingState {
    Held,
    Released,
    Sold,
    Returned,
}

impl HoldingState {
    fn name(self) -> &'static str {
        match self {
            HoldingState::Held => "held",
            HoldingState::Released => "released",
            HoldingState::Sold => "sold",
            HoldingState::Returned => "returned",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Held, Self::Released, Self::Sold, Self::Returned].into_iter().find(|state| state.name() == name)
    }
}

/// An entry to be made for an order.
struct Move<'a> {
    sku: &'a Sku,
    units: i64,
    round: i64,
    level: Level,
}

pub(super) fn reserve(
    tx: &Connection,
    order_id: &OrderId,
    lines: &[Line],
    expires_at: Timestamp,
    at: Timestamp,
) -> Result<Wakeups, ApplyError> {
    let number = orders::head(tx, order_id)?.number;
    let holdings = holdings(tx, number)?;
    let moves = free_units(tx, lines, &holdings, ErrorName::OutOfStock)?;
    for entry in &moves {
        set_level(tx, entry.sku, entry.level)?;
        add_order_entry(tx, entry, EntryKind::Reserved, number, None, at)?;
        hold(tx, number, entry, HoldingState::Held, expires_at)?;
    }
    Ok(Wakeups::NONE)
}

pub(super) fn sell(tx: &Connection, order_id: &OrderId, lines: &[Line], at: Timestamp) -> Result<Wakeups, ApplyError> {
    let number = orders::head(tx, order_id)?.number;
    let holdings = holdings(tx, number)?;
    // Lines whose hold ran out: their units are taken as if they were held now, then sold like the others.
    let taken_now = free_units(tx, lines, &holdings, ErrorName::ReservationExpired)?;
    for entry in taken_now {
        let level = entry.level.apply(entry.sku, EntryKind::Sold, entry.units).map_err(not_there)?;
        set_level(tx, entry.sku, level)?;
        add_order_entry(tx, &entry, EntryKind::Reserved, number, None, at)?;
        add_order_entry(tx, &entry, EntryKind::Sold, number, None, at)?;
        hold(tx, number, &entry, HoldingState::Sold, at)?;
    }
    close(tx, number, &holdings, (HoldingState::Held, HoldingState::Sold), EntryKind::Sold, None, at)
}

pub(super) fn release(tx: &Connection, order_id: &OrderId, reason: &str, at: Timestamp) -> Result<Wakeups, ApplyError> {
    let number = orders::head(tx, order_id)?.number;
    release_held(tx, number, reason, at)
}

pub(super) fn restock(tx: &Connection, order_id: &OrderId, at: Timestamp) -> Result<Wakeups, ApplyError> {
    let number = orders::head(tx, order_id)?.number;
    let holdings = holdings(tx, number)?;
    close(tx, number, &holdings, (HoldingState::Sold, HoldingState::Returned), EntryKind::Returned, None, at)
}

/// Gives back the holds of an order that have run out by `now`.
pub(crate) fn release_expired(tx: &Connection, number: i64, now: Timestamp) -> Result<Wakeups, ApplyError> {
    release_held(tx, number, "the hold expired", now)
}

fn release_held(tx: &Connection, number: i64, reason: &str, at: Timestamp) -> Result<Wakeups, ApplyError> {
    let holdings = holdings(tx, number)?;
    let transition = (HoldingState::Held, HoldingState::Released);
    close(tx, number, &holdings, transition, EntryKind::Released, Some(reason), at)
}

pub(super) fn book(
    tx: &Connection,
    sku: &Sku,
    kind: EntryKind,
    units: i64,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<Wakeups, ApplyError> {
    let fits = match kind {
        EntryKind::Received => 0..=MOST_UNITS,
        EntryKind::Adjusted => -MOST_UNITS..=MOST_UNITS,
        _ => return Err(refuse_field("kind", "received or adjusted: the other kinds belong to orders")),
    };
    let level = product_level(tx, sku)?;
    if !fits.contains(&units) || level.on_hand + units > MOST_UNITS {
        return Err(refuse_field("units", "a number of units that fits the shop"));
    }
    if units == 0 {
        return Ok(Wakeups::NONE);
    }
    let next = level.apply(sku, kind, units).map_err(|_| {
        let Level { on_hand, reserved, .. } = level;
        let message = format!("{sku}: {units} units cannot be booked, {on_hand} are there and {reserved} of them held");
        ApplyError::refused(ErrorName::OutOfStock, message)
    })?;
    set_level(tx, sku, next)?;
    add_entry(tx, sku, kind, units, None, 0, reason, at)?;
    Ok(Wakeups::NONE)
}

pub(super) fn count(
    tx: &Connection,
    sku: &Sku,
    on_hand: i64,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<Wakeups, ApplyError> {
    if !(0..=MOST_UNITS).contains(&on_hand) {
        return Err(refuse_field("on_hand", "how many units are there, 0 or more"));
    }
    let difference = on_hand - product_level(tx, sku)?.on_hand;
    book(tx, sku, EntryKind::Adjusted, difference, reason, at)
}

pub(super) fn seed(
    tx: &Connection,
    sku: &Sku,
    on_hand: i64,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<Wakeups, ApplyError> {
    let moved = optional(tx, "SELECT 1 FROM stock_ledger WHERE sku = ?1 LIMIT 1", [sku.as_str()], |_| Ok(()))?;
    if moved.is_some() { Ok(Wakeups::NONE) } else { count(tx, sku, on_hand, reason, at) }
}

/// What is to be taken from free stock for those lines that the order neither holds nor had sold to it.
/// A shortage is an error of the given name that tells of every short product.
fn free_units<'a>(
    tx: &Connection,
    lines: &'a [Line],
    holdings: &[Holding],
    name: ErrorName,
) -> Result<Vec<Move<'a>>, ApplyError> {
    let mut moves = Vec::with_capacity(lines.len());
    let mut short = Vec::new();
    for line in lines {
        let holding = holdings.iter().find(|holding| holding.sku == line.sku);
        if holding.is_some_and(|holding| holding.state != HoldingState::Released) {
            continue;
        }
        let level = level(tx, &line.sku)?.ok_or_else(|| {
            ApplyError::refused(ErrorName::UnknownProduct, format!("there is no product {}", line.sku))
        })?;
        let units = line.quantity.units();
        match level.apply(&line.sku, EntryKind::Reserved, units) {
            Ok(level) => {
                let round = holding.map_or(1, |holding| holding.round + 1);
                moves.push(Move { sku: &line.sku, units, round, level });
            }
            Err(shortage) => short.push(shortage.to_string()),
        }
    }
    if short.is_empty() { Ok(moves) } else { Err(ApplyError::refused(name, short.join("; "))) }
}

/// Moves all that an order has in one state to the next.
fn close(
    tx: &Connection,
    number: i64,
    holdings: &[Holding],
    (from, to): (HoldingState, HoldingState),
    kind: EntryKind,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<Wakeups, ApplyError> {
    for holding in holdings.iter().filter(|holding| holding.state == from) {
        let Holding { sku, quantity: units, round, .. } = holding;
        let level = product_level(tx, sku)?.apply(sku, kind, *units).map_err(not_there)?;
        set_level(tx, sku, level)?;
        let entry = Move { sku, units: *units, round: *round, level };
        add_order_entry(tx, &entry, kind, number, reason, at)?;
        execute(
            tx,
            "UPDATE reservations SET state = ?3 WHERE order_number = ?1 AND sku = ?2",
            (number, sku.as_str(), to.name()),
        )?;
    }
    Ok(Wakeups::NONE)
}

fn holdings(tx: &Connection, number: i64) -> rusqlite::Result<Vec<Holding>> {
    all(tx, "SELECT sku, quantity, state, round FROM reservations WHERE order_number = ?1", [number], |row| {
        Ok(Holding {
            sku: checked_at(row, 0)?,
            quantity: row.get(1)?,
            state: crate::sql::named_at(row, 2, HoldingState::from_name)?,
            round: row.get(3)?,
        })
    })
}

fn hold(
    tx: &Connection,
    number: i64,
    entry: &Move<'_>,
    state: HoldingState,
    expires_at: Timestamp,
) -> rusqlite::Result<()> {
    execute(
        tx,
        "INSERT INTO reservations (order_number, sku, quantity, state, round, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (order_number, sku) DO UPDATE
         SET quantity = excluded.quantity, state = excluded.state, round = excluded.round,
             expires_at = excluded.expires_at",
        (number, entry.sku.as_str(), entry.units, state.name(), entry.round, micros(expires_at)),
    )?;
    Ok(())
}

fn level(tx: &Connection, sku: &Sku) -> rusqlite::Result<Option<Level>> {
    optional(tx, "SELECT on_hand, reserved, sold FROM products WHERE sku = ?1", [sku.as_str()], |row| {
        Ok(Level { on_hand: row.get(0)?, reserved: row.get(1)?, sold: row.get(2)? })
    })
}

fn product_level(tx: &Connection, sku: &Sku) -> Result<Level, ApplyError> {
    level(tx, sku)?.ok_or_else(|| ApplyError::refused(ErrorName::NotFound, format!("there is no product {sku}")))
}

fn set_level(tx: &Connection, sku: &Sku, level: Level) -> rusqlite::Result<()> {
    execute(
        tx,
        "UPDATE products SET on_hand = ?2, reserved = ?3, sold = ?4 WHERE sku = ?1",
        (sku.as_str(), level.on_hand, level.reserved, level.sold),
    )?;
    Ok(())
}

fn add_order_entry(
    tx: &Connection,
    entry: &Move<'_>,
    kind: EntryKind,
    number: i64,
    reason: Option<&str>,
    at: Timestamp,
) -> rusqlite::Result<()> {
    add_entry(tx, entry.sku, kind, entry.units, Some(number), entry.round, reason, at)
}

#[expect(clippy::too_many_arguments, reason = "one for each column of the ledger")]
fn add_entry(
    tx: &Connection,
    sku: &Sku,
    kind: EntryKind,
    units: i64,
    order_number: Option<i64>,
    round: i64,
    reason: Option<&str>,
    at: Timestamp,
) -> rusqlite::Result<()> {
    execute(
        tx,
        "INSERT INTO stock_ledger (sku, kind, units, order_number, round, reason, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (sku.as_str(), kind.name(), units, order_number, round, reason, micros(at)),
    )?;
    Ok(())
}

fn refuse_field(field: &str, expected: &str) -> ApplyError {
    ApplyError::Refused(Invalid::new(expected).at(field).into())
}

/// The counters contradict what the order holds: the books are damaged, which the audit tells in detail.
fn not_there(error: StockError) -> ApplyError {
    ApplyError::refused(ErrorName::OutOfStock, error.to_string())
}
