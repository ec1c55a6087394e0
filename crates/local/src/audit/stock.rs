//! What holds for stock at every moment.

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
        |row| Ok(format!("{}: the ledger has entries of it, but there is no such product", row.get::<_, String>(0)?)),
    )?);
    Ok(violations)
}

fn counters(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = format!(
        "SELECT p.sku, p.on_hand, p.reserved, p.sold,
                COALESCE(l.on_hand, 0), COALESCE(l.reserved, 0), COALESCE(l.sold, 0)
         FROM products p LEFT JOIN ({LEDGER_SUMS}) l ON l.sku = p.sku ORDER BY p.sku"
    );
    let mut violations = Vec::new();
    let products = all(connection, &sql, [], |row| {
        let counters: [i64; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
        let sums: [i64; 3] = [row.get(4)?, row.get(5)?, row.get(6)?];
        Ok((row.get::<_, String>(0)?, counters, sums))
    })?;
    for (sku, counters, sums) in products {
        for ((name, counter), sum) in ["on hand", "reserved", "sold"].iter().zip(counters).zip(sums) {
            if counter != sum {
                violations.push(format!("{sku}: the counter says {counter} {name}, the ledger says {sum}"));
            }
            if counter < 0 {
                violations.push(format!("{sku}: {counter} {name} is less than nothing"));
            }
        }
        let [on_hand, reserved, _] = counters;
        if reserved > on_hand {
            violations.push(format!("{sku}: {reserved} units are reserved, but only {on_hand} are on hand"));
        }
    }
    Ok(violations)
}

fn reservations(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    all(
        connection,
        "SELECT p.sku, p.reserved, COALESCE(r.held, 0) AS held FROM products p
         LEFT JOIN (SELECT sku, SUM(quantity) AS held FROM reservations WHERE state = 'held' GROUP BY sku) r
             ON r.sku = p.sku
         WHERE p.reserved <> COALESCE(r.held, 0) ORDER BY p.sku",
        [],
        |row| {
            let (sku, reserved, held): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(format!("{sku}: {reserved} units are reserved, but orders hold {held}"))
        },
    )
}
