//! Reads orders.

use adapter::paging;
use async_trait::async_trait;
use jiff::Timestamp;
use order::{NewOrder, Order, OrderId, PaymentEvent, Status, StatusChange};
use ports::{OrderFilter, Orders, Page, Result};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use store::Store;

use crate::fault;
use crate::sql::{all, checked_at, containing, json_at, json_opt_at, micros, named_at, optional, time_at};

const LISTING: &str = "orders";

/// [`Orders`] over the store.
#[derive(Clone)]
pub struct OrderReader {
    store: Store,
}

impl OrderReader {
    /// A reader of that store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Orders for OrderReader {
    async fn get(&self, id: &OrderId) -> Result<Option<Order>> {
        self.store.read_blocking(|connection| by_id(connection, id)).map_err(fault::read)
    }

    async fn by_idempotency_key(&self, key: &str) -> Result<Option<(OrderId, String)>> {
        let sql = "SELECT order_id, request_hash FROM idempotency_keys WHERE key = ?1";
        self.store
            .read_blocking(|connection| optional(connection, sql, [key], |row| Ok((checked_at(row, 0)?, row.get(1)?))))
            .map_err(fault::read)
    }

    async fn list(&self, filter: &OrderFilter, cursor: Option<&str>, limit: usize) -> Result<Page<Order>> {
        let after: Option<(i64, i64)> = paging::resume(LISTING, cursor)?;
        let filter = filter.clone();
        let found = self.store.read(move |connection| list(connection, &filter, after, limit)).await;
        let page = paging::page(LISTING, found.map_err(fault::read)?, limit, |found| (found.placed_at, found.number));
        let items = page.items.into_iter().map(|found| found.order).collect();
        Ok(Page { items, next_cursor: page.next_cursor })
    }
}

/// An order as a row, with what it is sorted by.
struct Found {
    number: i64,
    placed_at: i64,
    order: Order,
}

const COLUMNS: &str = "SELECT number, placed_at, status, reason, execution_arn, placed, pricing, receipt FROM orders";

fn by_id(connection: &Connection, id: &OrderId) -> rusqlite::Result<Option<Order>> {
    const SQL: &str = "SELECT number, placed_at, status, reason, execution_arn, placed, pricing, receipt
                       FROM orders WHERE id = ?1";
    let found = optional(connection, SQL, [id.as_str()], from_row)?;
    found.map(|found| complete(connection, found).map(|found| found.order)).transpose()
}

/// The order without what other tables hold of it.
fn from_row(row: &Row<'_>) -> rusqlite::Result<Found> {
    let placed: NewOrder = json_at(row, 5)?;
    let order = Order {
        placed,
        placed_at: time_at(row, 1)?,
        execution_arn: row.get(4)?,
        status: named_at(row, 2, Status::from_name)?,
        reason: row.get(3)?,
        pricing: json_opt_at(row, 6)?,
        payment_events: Vec::new(),
        receipt: json_opt_at(row, 7)?,
        history: Vec::new(),
    };
    Ok(Found { number: row.get(0)?, placed_at: row.get(1)?, order })
}

fn complete(connection: &Connection, mut found: Found) -> rusqlite::Result<Found> {
    found.order.payment_events = payment_events(connection, found.number)?;
    found.order.history = all(
        connection,
        "SELECT status, at, reason FROM order_history WHERE order_number = ?1 ORDER BY position",
        [found.number],
        |row| {
            let status = named_at(row, 0, Status::from_name)?;
            Ok(StatusChange { status, at: time_at(row, 1)?, reason: row.get(2)? })
        },
    )?;
    Ok(found)
}

/// What the payment provider said of an order, oldest first.
pub(crate) fn payment_events(connection: &Connection, number: i64) -> rusqlite::Result<Vec<PaymentEvent>> {
    const SQL: &str = "SELECT event FROM payment_events WHERE order_number = ?1 ORDER BY position";
    all(connection, SQL, [number], |row| json_at(row, 0))
}

fn list(
    connection: &Connection,
    filter: &OrderFilter,
    after: Option<(i64, i64)>,
    limit: usize,
) -> rusqlite::Result<Vec<Found>> {
    // One index walk for each status that is meant; the walks are merged by what they are sorted by.
    let mut wanted: Vec<Option<(Status, &str)>> = Vec::new();
    for word in &filter.statuses {
        wanted.extend(Status::called(word).into_iter().map(|status| Some((status, word.as_str()))));
    }
    if filter.statuses.is_empty() {
        wanted.push(None);
    }
    let whole = match &filter.text {
        Some(text) => found_whole(connection, text)?,
        None => None,
    };
    let mut found: Vec<Found> = Vec::new();
    for status in wanted {
        let (sql, values) = query(filter, whole, status, after, limit);
        found.extend(all(connection, &sql, params_from_iter(values), from_row)?);
    }
    found.sort_by_key(|found| std::cmp::Reverse((found.placed_at, found.number)));
    // Two words may stand for the same status.
    found.dedup_by_key(|found| found.number);
    found.truncate(paging::bounded(limit) + 1);
    found.into_iter().map(|found| complete(connection, found)).collect()
}

/// What a search for a whole id or a whole mail address is a search for: that is found by its index, and what merely
/// has the text in it is not meant.
fn found_whole(connection: &Connection, text: &str) -> rusqlite::Result<Option<&'static str>> {
    for condition in ["id = ?", "customer_email = ?"] {
        let sql = format!("SELECT 1 FROM orders WHERE {condition} LIMIT 1");
        if optional(connection, &sql, [text], |_| Ok(()))?.is_some() {
            return Ok(Some(condition));
        }
    }
    Ok(None)
}

/// The index that holds what the filter asks for, so that orders which do not fit are not read. The one of a customer
/// or a whole id is found without being named.
fn index(filter: &OrderFilter, whole: Option<&str>, has_status: bool) -> &'static str {
    if filter.customer.is_some() || whole.is_some() {
        ""
    } else if filter.text.is_some() {
        "INDEXED BY orders_by_time"
    } else if has_status {
        "INDEXED BY orders_by_status"
    } else if filter.workflow.is_some() {
        "INDEXED BY orders_by_workflow"
    } else {
        "INDEXED BY orders_by_time"
    }
}

fn query(
    filter: &OrderFilter,
    whole: Option<&'static str>,
    status: Option<(Status, &str)>,
    after: Option<(i64, i64)>,
    limit: usize,
) -> (String, Vec<Value>) {
    let mut conditions: Vec<&str> = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    if let Some((status, word)) = status {
        conditions.push("status = ?");
        values.push(status.name().to_owned().into());
        if word != status.name() {
            conditions.push("status_word = ?");
            values.push(word.to_owned().into());
        }
    }
    if let Some(workflow) = &filter.workflow {
        conditions.push("workflow = ?");
        values.push(workflow.clone().into());
    }
    if let Some(customer) = &filter.customer {
        // No customer's id has an @.
        conditions.push(if customer.contains('@') { "customer_email = ?" } else { "customer_id = ?" });
        values.push(customer.clone().into());
    }
    if let Some(placed_after) = filter.placed_after {
        conditions.push("placed_at >= ?");
        values.push(rounded_up(placed_after).into());
    }
    if let Some(placed_before) = filter.placed_before {
        conditions.push("placed_at < ?");
        values.push(rounded_up(placed_before).into());
    }
    for (bound, condition) in [(filter.min_total, "total >= ?"), (filter.max_total, "total <= ?")] {
        if let Some(bound) = bound {
            conditions.push(condition);
            values.push(bound.into());
        }
    }
    match (&filter.text, whole) {
        (Some(text), Some(condition)) => {
            conditions.push(condition);
            values.push(text.clone().into());
        }
        (Some(text), None) => {
            let columns = columns_with(text);
            conditions.push(columns);
            values.extend(std::iter::repeat_n(Value::from(containing(text)), columns.matches('?').count()));
        }
        (None, _) => {}
    }
    if let Some((placed_at, number)) = after {
        conditions.push("(placed_at, number) < (?, ?)");
        values.extend([placed_at.into(), number.into()]);
    }
    values.push(paging::rows(limit).into());
    let conditions = if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") };
    let index = index(filter, whole, status.is_some());
    (format!("{COLUMNS} {index} WHERE {conditions} ORDER BY placed_at DESC, number DESC LIMIT ?"), values)
}

/// Where a piece of text may be: a blank is in no mail address, and neither a blank nor an @ in an order's id.
fn columns_with(text: &str) -> &'static str {
    if text.contains(char::is_whitespace) {
        "customer_name LIKE ? ESCAPE '\\'"
    } else if text.contains('@') {
        "(customer_email LIKE ? ESCAPE '\\' OR customer_name LIKE ? ESCAPE '\\')"
    } else {
        "(id LIKE ? ESCAPE '\\' OR customer_name LIKE ? ESCAPE '\\' OR customer_email LIKE ? ESCAPE '\\')"
    }
}

/// A bound that excludes what is stored of a time before it: stored times are cut to microseconds.
fn rounded_up(at: Timestamp) -> i64 {
    let cut = micros(at);
    if at.as_nanosecond() > i128::from(cut) * 1_000 { cut + 1 } else { cut }
}
