//! Reads products, stock and the ledger.

use adapter::paging;
use async_trait::async_trait;
use order::{Entry, EntryKind, Level, Money, OrderId, Product, Quantity, Reservation, Sku};
use ports::{Catalog, Movement, Page, Result};
use rusqlite::types::Type;
use rusqlite::{Connection, Row};
use store::Store;

use crate::fault;
use crate::sql::{all, checked_at, containing, named_at, optional, time_at};

const PRODUCTS: &str = "products";
const LEDGER: &str = "ledger";

/// More products than these are looked up off the async threads.
const FEW: usize = 64;

/// [`Catalog`] over the store.
#[derive(Clone)]
pub struct CatalogReader {
    store: Store,
}

impl CatalogReader {
    /// A reader of that store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Catalog for CatalogReader {
    async fn products(&self, skus: &[Sku]) -> Result<Vec<Product>> {
        if skus.len() <= FEW {
            return self.store.read_blocking(|connection| products(connection, skus)).map_err(fault::read);
        }
        let skus = skus.to_vec();
        self.store.read(move |connection| products(connection, &skus)).await.map_err(fault::read)
    }

    async fn list(&self, text: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<Product>> {
        let after: Option<String> = paging::resume(PRODUCTS, cursor)?;
        let pattern = containing(text.unwrap_or_default());
        let read = move |connection: &Connection| {
            all(
                connection,
                "SELECT sku, name, price_minor, currency, on_hand, reserved, sold FROM products
                 WHERE sku > ?1 AND (sku LIKE ?2 ESCAPE '\\' OR name LIKE ?2 ESCAPE '\\') ORDER BY sku LIMIT ?3",
                (after.unwrap_or_default(), pattern, paging::rows(limit)),
                product,
            )
        };
        let found = self.store.read(read).await.map_err(fault::read)?;
        Ok(paging::page(PRODUCTS, found, limit, |product| product.sku.as_str().to_owned()))
    }

    async fn reservations(&self, order_id: &OrderId) -> Result<Vec<Reservation>> {
        self.store.read_blocking(|connection| held(connection, order_id)).map_err(fault::read)
    }

    async fn ledger(&self, sku: &Sku, cursor: Option<&str>, limit: usize) -> Result<Page<Movement>> {
        let before: Option<i64> = paging::resume(LEDGER, cursor)?;
        let sku = sku.clone();
        let read = move |connection: &Connection| {
            all(
                connection,
                "SELECT l.sequence, l.sku, l.kind, l.units, o.id, l.reason, l.at
                 FROM stock_ledger l LEFT JOIN orders o ON o.number = l.order_number
                 WHERE l.sku = ?1 AND l.sequence < ?2 ORDER BY l.sequence DESC LIMIT ?3",
                (sku.as_str(), before.unwrap_or(i64::MAX), paging::rows(limit)),
                movement,
            )
        };
        let found = self.store.read(read).await.map_err(fault::read)?;
        Ok(paging::page(LEDGER, found, limit, |movement| movement.sequence))
    }
}

fn products(connection: &Connection, skus: &[Sku]) -> rusqlite::Result<Vec<Product>> {
    const SQL: &str = "SELECT sku, name, price_minor, currency, on_hand, reserved, sold FROM products WHERE sku = ?1";
    let found = skus.iter().map(|sku| optional(connection, SQL, [sku.as_str()], product));
    found.filter_map(Result::transpose).collect()
}

fn product(row: &Row<'_>) -> rusqlite::Result<Product> {
    Ok(Product {
        sku: checked_at(row, 0)?,
        name: row.get(1)?,
        unit_price: Money::new(row.get(2)?, checked_at(row, 3)?),
        level: Level { on_hand: row.get(4)?, reserved: row.get(5)?, sold: row.get(6)? },
    })
}

fn held(connection: &Connection, order_id: &OrderId) -> rusqlite::Result<Vec<Reservation>> {
    all(
        connection,
        "SELECT r.sku, r.quantity, r.expires_at FROM orders o JOIN reservations r ON r.order_number = o.number
         WHERE o.id = ?1 AND r.state = 'held' ORDER BY r.sku",
        [order_id.as_str()],
        |row| {
            let units: i64 = row.get(1)?;
            Ok(Reservation {
                order_id: order_id.clone(),
                sku: checked_at(row, 0)?,
                quantity: Quantity::new(units)
                    .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, Type::Integer, Box::new(error)))?,
                expires_at: time_at(row, 2)?,
            })
        },
    )
}

fn movement(row: &Row<'_>) -> rusqlite::Result<Movement> {
    let order_id = match row.get_ref(4)?.as_str_or_null()? {
        Some(_) => Some(checked_at(row, 4)?),
        None => None,
    };
    Ok(Movement {
        sequence: row.get(0)?,
        entry: Entry {
            sku: checked_at(row, 1)?,
            kind: named_at(row, 2, EntryKind::from_name)?,
            units: row.get(3)?,
            order_id,
            reason: row.get(5)?,
            at: time_at(row, 6)?,
        },
    })
}
