//! What holds for stock at every moment.

use adapter::audit;
use order::Level;
use rusqlite::Connection;

use crate::sql::all;

/// What the ledger says of a product's counters. Each kind of entry moves them as [`order::Level::apply`]
/// does; it is written out here because an audit must not share the code that it audits.
const LEDGER_SUMS: &str = "
    SELECT sku,
           SUM(CASE kind WHEN 'received' THEN units WHEN 'adjusted' THEN units WHEN 'returned' THEN units
                         WHEN 'sold' THEN -units ELSE 0 END) AS on_hand,
           SUM(CASE kind WHEN 'reserved' THEN units WHEN 'released' THEN -units WHEN 'sold' THEN -units
                         ELSE 0 END) AS reserved,
           SUM(CASE kind WHEN 'sold' THEN units WHEN 'returned' THEN -units ELSE 0 END) AS sold
    FROM stock_ledger GROUP BY sku";

pub(super) fn violations(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut violations = counters(connection)?;
    violations.extend(reservations(connection)?);
    violations.extend(all(
        connection,
        "SELECT DISTINCT sku FROM stock_ledger WHERE sku NOT IN (SELECT sku FROM products)",
        [],
        |row| Ok(audit::entries_of_no_product(&row.get::<_, String>(0)?)),
    )?);
    Ok(violations)
}

fn counters(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = format!(
        "SELECT p.sku, p.on_hand, p.reserved, p.sold,
                COALESCE(l.on_hand, 0), COALESCE(l.reserved, 0), COALESCE(l.sold, 0)
         FROM products p LEFT JOIN ({LEDGER_SUMS}) l ON l.sku = p.sku ORDER BY p.sku"
    );
    let products = all(connection, &sql, [], |row| {
        let counters = Level { on_hand: row.get(1)?, reserved: row.get(2)?, sold: row.get(3)? };
        let ledger = Level { on_hand: row.get(4)?, reserved: row.get(5)?, sold: row.get(6)? };
        Ok(audit::counter_violations(&row.get::<_, String>(0)?, counters, ledger))
    })?;
    Ok(products.concat())
}

fn reservations(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let products = all(
        connection,
        "SELECT p.sku, p.reserved, COALESCE(r.held, 0) AS held FROM products p
         LEFT JOIN (SELECT sku, SUM(quantity) AS held FROM reservations WHERE state = 'held' GROUP BY sku) r
             ON r.sku = p.sku
         ORDER BY p.sku",
        [],
        |row| Ok(audit::hold_violation(&row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(products.into_iter().flatten().collect())
}
