//! What holds for each order once nothing works on it any more.

use adapter::audit::{self, AuditRules, OUTCOMES, OrderFacts};
use order::{EntryKind, NewOrder, OrderId, Pricing, Sku, Status};
use ports::Ids;
use rusqlite::Connection;

use super::ExecutionStates;
use crate::orders::payment_events;
use crate::sql::{all, checked_at, containing, json_at, json_opt_at, named_at, optional};
use crate::{cursors, events, gateway, operators};

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
        let execution_arn = order.execution_arn.clone();
        let facts = facts(connection, rules, order)?;
        let found = audit::order_violations(&facts, rules);
        // Asked last: few orders have anything to be asked about.
        if !found.is_empty() && !in_flight(connection, rules, executions, ids, (&facts.placed.id, &execution_arn))? {
            violations.extend(found);
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
    (order_id, execution_arn): (&OrderId, &str),
) -> rusqlite::Result<bool> {
    if executions.running(connection, execution_arn)? != Some(false) {
        return Ok(true);
    }
    for follow_up in &rules.follow_ups {
        for attempt in 1.. {
            let arn = ids.execution_arn(&follow_up.workflow, &follow_up.execution_name(order_id, attempt));
            match executions.running(connection, &arn)? {
                Some(true) => return Ok(true),
                Some(false) => {}
                None => break,
            }
        }
    }
    Ok(on_its_way(connection, order_id)? || operators::is_unended(connection, "refund", order_id)?)
}

/// Whether something that an order's execution left is still between the parts: an event that no rule was matched
/// against yet, or a message that waits in a queue. Dead letters wait for nothing.
fn on_its_way(connection: &Connection, order_id: &OrderId) -> rusqlite::Result<bool> {
    let (named, passed) = (containing(order_id.as_str()), cursors::get(connection, events::CURSOR)?);
    let event = "SELECT 1 FROM events WHERE sequence > ?1 AND detail LIKE ?2 ESCAPE '\\' LIMIT 1";
    if optional(connection, event, (passed, &named), |_| Ok(()))?.is_some() {
        return Ok(true);
    }
    let message = "SELECT 1 FROM queue_messages
                   WHERE deleted_at IS NULL AND moved_at IS NULL AND body LIKE ?1 ESCAPE '\\' LIMIT 1";
    Ok(optional(connection, message, [&named], |_| Ok(()))?.is_some())
}

fn facts(connection: &Connection, rules: &AuditRules, order: Audited) -> rusqlite::Result<OrderFacts> {
    let id = order.placed.id.as_str();
    let provider = rules.simulated_gateway.then(|| gateway::of_order(connection, id)).transpose()?;
    Ok(OrderFacts {
        was_confirmed: was_confirmed(connection, order.number)?,
        events: payment_events(connection, order.number)?,
        provider,
        moves: moves(connection, order.number)?,
        outcomes_told: outcomes_told(connection, id)?,
        has_address: has_address(connection, &order.placed)?,
        placed: order.placed,
        status: order.status,
        pricing: order.pricing,
        has_receipt: order.has_receipt,
    })
}

fn moves(connection: &Connection, number: i64) -> rusqlite::Result<Vec<(Sku, EntryKind, i64)>> {
    all(
        connection,
        "SELECT sku, kind, SUM(units) FROM stock_ledger WHERE order_number = ?1 GROUP BY sku, kind",
        [number],
        |row| Ok((checked_at(row, 0)?, named_at(row, 1, EntryKind::from_name)?, row.get(2)?)),
    )
}

fn outcomes_told(connection: &Connection, id: &str) -> rusqlite::Result<usize> {
    let kinds: Vec<String> = all(connection, "SELECT kind FROM mails WHERE order_id = ?1", [id], |row| row.get(0))?;
    Ok(kinds.iter().filter(|kind| OUTCOMES.contains(&kind.as_str())).count())
}

fn was_confirmed(connection: &Connection, number: i64) -> rusqlite::Result<bool> {
    let confirmed = optional(
        connection,
        "SELECT 1 FROM order_history WHERE order_number = ?1 AND status = ?2 LIMIT 1",
        (number, Status::Confirmed.name()),
        |_| Ok(()),
    )?;
    Ok(confirmed.is_some())
}

fn has_address(connection: &Connection, placed: &NewOrder) -> rusqlite::Result<bool> {
    match (&placed.customer.email, &placed.customer.id) {
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
        |row| Ok(audit::charge_of_no_order(&row.get::<_, String>(0)?)),
    )
}
