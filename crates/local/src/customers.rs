//! Reads the customers we know.

use adapter::paging;
use async_trait::async_trait;
use order::{Customer, CustomerId};
use ports::{Customers, Page, Result};
use rusqlite::{Connection, Row};
use store::Store;

use crate::fault;
use crate::sql::{all, checked_at, containing, json_opt_at, optional};

const LISTING: &str = "customers";

/// [`Customers`] over the store.
#[derive(Clone)]
pub struct CustomerReader {
    store: Store,
}

impl CustomerReader {
    /// A reader of that store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Customers for CustomerReader {
    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        const SQL: &str = "SELECT id, company, contact, email, address FROM customers WHERE id = ?1";
        self.store.read_blocking(|connection| optional(connection, SQL, [id.as_str()], customer)).map_err(fault::read)
    }

    async fn list(&self, text: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<Customer>> {
        let after: Option<String> = paging::resume(LISTING, cursor)?;
        let pattern = containing(text.unwrap_or_default());
        let read = move |connection: &Connection| {
            all(
                connection,
                "SELECT id, company, contact, email, address FROM customers
                 WHERE id > ?1 AND (id LIKE ?2 ESCAPE '\\' OR company LIKE ?2 ESCAPE '\\'
                                    OR contact LIKE ?2 ESCAPE '\\' OR email LIKE ?2 ESCAPE '\\')
                 ORDER BY id LIMIT ?3",
                (after.unwrap_or_default(), pattern, paging::rows(limit)),
                customer,
            )
        };
        let found = self.store.read(read).await.map_err(fault::read)?;
        Ok(paging::page(LISTING, found, limit, |customer| customer.id.as_str().to_owned()))
    }
}

fn customer(row: &Row<'_>) -> rusqlite::Result<Customer> {
    Ok(Customer {
        id: checked_at(row, 0)?,
        company: row.get(1)?,
        contact: row.get(2)?,
        email: checked_at(row, 3)?,
        address: json_opt_at(row, 4)?,
    })
}
