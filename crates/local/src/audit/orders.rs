//! What holds for each order once nothing works on it any more.

use std::collections::BTreeMap;

use order::{NewOrder, Payment, PaymentEvent, Pricing, Status};
use ports::Ids;
use rusqlite::Connection;

use super::{AuditRules, ExecutionStates, FollowUp};
use crate::gateway;
use crate::orders::payment_events;
use crate::sql::{all, json_at, json_opt_at, named_at, optional};

/// The kinds of mail that tell a customer how the order ended; one order has one of them at most.
const OUTCOMES: [&str; 4] = ["order_confirmed", "order_rejected", "payment_failed", "order_failed"];

/// An order as far as the audit looks at it.
struct Audited {
    number: i64,
    status: Status,
    execution_arn: String,
    placed: NewOrder,
    pricing: Option<Pricing>,
    has_receipt: bool,
}

/// Looks at every order and adds what is wrong; how many orders there are.
pub(super) fn look(
    connection: &Connection,
    rules: &AuditRules,
    executions: &dyn ExecutionStates,
    ids: &dyn Ids,
    violations: &mut Vec<String>,
) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare(
        "SELECT number, status, execution_arn, placed, pricing, receipt IS NOT NULL FROM orders ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    let mut orders = 0;
    while let Some(row) = rows.next()? {
        let order = Audited {
            number: row.get(0)?,
            status: named_at(row, 1, Status::from_name)?,
            execution_arn: row.get(2)?,
            placed: json_at(row, 3)?,
            pricing: json_opt_at(row, 4)?,
            has_receipt: row.get(5)?,
        };
        orders += 1;
        let found = violations_of(connection, rules, &order)?;
        // Asked last: few orders have anything to be asked about.
        if !found.is_empty() && !in_flight(connection, rules, executions, ids, &order)? {
            violations.extend(found.into_iter().map(|what| format!("order {}: {what}", order.placed.id)));
        }
    }
    if rules.simulated_gateway {
        violations.extend(charges_of_no_order(connection)?);
    }
    Ok(orders)
}

/// Whether something may still be working on the order. Before its execution exists, a stream or a queue
/// holds it.
fn in_flight(
    connection: &Connection,
    rules: &AuditRules,
    executions: &dyn ExecutionStates,
    ids: &dyn Ids,
    order: &Audited,
) -> rusqlite::Result<bool> {
    if executions.running(connection, &order.execution_arn)? != Some(false) {
        return Ok(true);
    }
    for FollowUp { workflow, suffix } in &rules.follow_ups {
        // The first is named by the suffix alone, further attempts `-2`, `-3`, …
        for attempt in 1.. {
            let again = if attempt == 1 { String::new() } else { format!("-{attempt}") };
            let arn = ids.execution_arn(workflow, &format!("{}{suffix}{again}", order.placed.id));
            match executions.running(connection, &arn)? {
                Some(true) => return Ok(true),
                Some(false) => {}
                None => break,
            }
        }
    }
    Ok(false)
}

fn violations_of(connection: &Connection, rules: &AuditRules, order: &Audited) -> rusqlite::Result<Vec<String>> {
    let mut found = Vec::new();
    if !order.status.is_final() {
        found.push(format!("its execution has ended, but it is still {}", order.status));
    }
    let events = payment_events(connection, order.number)?;
    stock(connection, order, &mut found)?;
    money(order, &events, &mut found);
    if rules.simulated_gateway {
        gateway_books(connection, order, &events, &mut found)?;
    }
    mails(connection, order, &mut found)?;
    if order.status.is_sale() && rules.receipt_issuing.contains(&order.placed.workflow) && !order.has_receipt {
        found.push("it is a sale without a receipt".to_owned());
    }
    Ok(found)
}

fn stock(connection: &Connection, order: &Audited, found: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut sold: BTreeMap<String, i64> = BTreeMap::new();
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    let entries = all(
        connection,
        "SELECT sku, kind, SUM(units) FROM stock_ledger WHERE order_number = ?1 GROUP BY sku, kind",
        [order.number],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?)),
    )?;
    for (sku, kind, units) in entries {
        let (to_sold, to_held) = match kind.as_str() {
            "reserved" => (0, units),
            "released" => (0, -units),
            "sold" => (units, -units),
            "returned" => (-units, 0),
            _ => (0, 0),
        };
        *sold.entry(sku.clone()).or_default() += to_sold;
        *held.entry(sku).or_default() += to_held;
    }
    for line in &order.placed.lines {
        let units = sold.remove(line.sku.as_str()).unwrap_or(0);
        let expected = if order.status.is_sale() { line.quantity.units() } else { 0 };
        if units != expected {
            let (status, sku) = (order.status, &line.sku);
            found.push(format!("it is {status}, so {expected} units of {sku} should be sold to it, not {units}"));
        }
    }
    let not_ordered = sold.into_iter().filter(|(_, units)| *units != 0);
    found.extend(
        not_ordered.map(|(sku, units)| format!("{units} units of {sku} were sold to it, which it did not order")),
    );
    if order.status.is_final() {
        let still_held = held.into_iter().filter(|(_, units)| *units != 0);
        found.extend(still_held.map(|(sku, units)| format!("it has ended, but holds {units} units of {sku}")));
    }
    Ok(())
}

fn money(order: &Audited, events: &[PaymentEvent], found: &mut Vec<String>) {
    let payment = Payment::fold(events);
    let kept = payment.kept();
    if order.status.is_sale() {
        match &order.pricing {
            None => found.push("it is a sale without a price".to_owned()),
            Some(pricing) if pricing.totals.total.minor() != kept => {
                let total = pricing.totals.total;
                found.push(format!("it is a sale of {total}, but {} was kept", in_words(kept, events)));
            }
            Some(_) => {}
        }
    } else if order.status.is_final() && kept != 0 {
        found.push(format!("it is {} and no sale, but {} was kept", order.status, in_words(kept, events)));
    }
    if payment.refunded > payment.captured {
        found.push("more was given back than was taken".to_owned());
    }
}

/// Minor units in the currency the provider spoke of; a bare number when it said nothing.
fn in_words(minor: i64, events: &[PaymentEvent]) -> String {
    match events.first() {
        Some(event) => order::Money::new(minor, event.amount.currency()).to_string(),
        None => minor.to_string(),
    }
}

/// The gateway and the order must tell of the same events; when each was written down may differ.
fn gateway_books(
    connection: &Connection,
    order: &Audited,
    events: &[PaymentEvent],
    found: &mut Vec<String>,
) -> rusqlite::Result<()> {
    let theirs = gateway::of_order(connection, order.placed.id.as_str())?;
    let same = |a: &PaymentEvent, b: &PaymentEvent| a.key == b.key && a.kind == b.kind && a.amount == b.amount;
    for event in theirs.iter().filter(|event| !events.iter().any(|ours| same(ours, event))) {
        found
            .push(format!("the payment provider has {} of {}, which the order does not know", event.key, event.amount));
    }
    for event in events.iter().filter(|event| !theirs.iter().any(|their| same(their, event))) {
        found.push(format!("it tells of {} of {}, which the payment provider does not know", event.key, event.amount));
    }
    Ok(())
}

fn mails(connection: &Connection, order: &Audited, found: &mut Vec<String>) -> rusqlite::Result<()> {
    let id = order.placed.id.as_str();
    let kinds: Vec<String> = all(connection, "SELECT kind FROM mails WHERE order_id = ?1", [id], |row| row.get(0))?;
    let outcomes = kinds.iter().filter(|kind| OUTCOMES.contains(&kind.as_str())).count();
    if outcomes > 1 {
        found.push(format!("its customer was told {outcomes} times how it ended"));
    }
    if outcomes == 0 && tells_outcome(connection, order)? && has_address(connection, order)? {
        found.push(format!("it is {}, but its customer was not told how it ended", order.status));
    }
    Ok(())
}

/// Whether the order came to an outcome that its customer is told. One that was called off before that has
/// a mail of its own.
fn tells_outcome(connection: &Connection, order: &Audited) -> rusqlite::Result<bool> {
    if order.status.is_refusal() || order.status.is_sale() {
        return Ok(true);
    }
    let confirmed = optional(
        connection,
        "SELECT 1 FROM order_history WHERE order_number = ?1 AND status = ?2 LIMIT 1",
        (order.number, Status::Confirmed.name()),
        |_| Ok(()),
    )?;
    Ok(confirmed.is_some())
}

fn has_address(connection: &Connection, order: &Audited) -> rusqlite::Result<bool> {
    let customer = &order.placed.customer;
    match (&customer.email, &customer.id) {
        (Some(_), _) => Ok(true),
        (None, Some(id)) => {
            let known = optional(connection, "SELECT 1 FROM customers WHERE id = ?1", [id.as_str()], |_| Ok(()))?;
            Ok(known.is_some())
        }
        (None, None) => Ok(false),
    }
}

fn charges_of_no_order(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    all(
        connection,
        "SELECT key FROM gateway_events WHERE order_id NOT IN (SELECT id FROM orders) ORDER BY sequence",
        [],
        |row| Ok(format!("the payment provider has {}, but there is no such order", row.get::<_, String>(0)?)),
    )
}
