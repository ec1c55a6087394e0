//! Products and customers, without their stock.

use order::{Customer, Money, Sku};
use rusqlite::Connection;

use crate::sql::{execute, to_json};
use crate::{ApplyError, Wakeups};

pub(super) fn put_product(tx: &Connection, sku: &Sku, name: &str, unit_price: Money) -> Result<Wakeups, ApplyError> {
    execute(
        tx,
        "INSERT INTO products (sku, name, price_minor, currency) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (sku) DO UPDATE
         SET name = excluded.name, price_minor = excluded.price_minor, currency = excluded.currency",
        (sku.as_str(), name, unit_price.minor(), unit_price.currency().code()),
    )?;
    Ok(Wakeups::NONE)
}

pub(super) fn put_customer(tx: &Connection, customer: &Customer) -> Result<Wakeups, ApplyError> {
    execute(
        tx,
        "INSERT INTO customers (id, company, contact, email, address) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE
         SET company = excluded.company, contact = excluded.contact, email = excluded.email, address = excluded.address",
        (
            customer.id.as_str(),
            &customer.company,
            &customer.contact,
            customer.email.as_str(),
            customer.address.as_ref().map(to_json),
        ),
    )?;
    Ok(Wakeups::NONE)
}
