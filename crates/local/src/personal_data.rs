//! What is known of a person, and its erasure.

use std::sync::Arc;

use async_trait::async_trait;
use order::{CustomerId, NewOrder, OrderId, Status};
use ports::{CustomerTotals, Erased, ErrorName, Mail, Person, PersonalData, Result};
use rusqlite::Connection;
use store::Store;

use crate::sql::{all, checked_at, containing, execute, json_at, named_at, optional, to_json};
use crate::{ApplyError, customer_totals, fault};

/// What stands where something was that told of a person.
const ERASED: &str = "(erased)";
const ERASED_MESSAGE: &str = r#"{"erased":true}"#;
/// No mail ever goes there: RFC 2606 reserves the domain.
const NOBODY: &str = "erased@example.invalid";

/// Forgets what an execution was given and what happened in it. Whoever runs the engine implements it.
pub trait RedactExecution: Send + Sync {
    /// Forgets it; whether it could: a running one needs what it knows.
    ///
    /// # Errors
    ///
    /// Those of the database.
    fn redact(&self, transaction: &Connection, execution_arn: &str) -> rusqlite::Result<bool>;
}

/// [`PersonalData`] over the store.
///
/// Left alone is what goes by itself within thirty days: the records of table streams.
#[derive(Clone)]
pub struct PersonalDataBook {
    store: Store,
    executions: Arc<dyn RedactExecution>,
}

impl PersonalDataBook {
    /// The data in that store.
    pub fn new(store: Store, executions: Arc<dyn RedactExecution>) -> Self {
        Self { store, executions }
    }
}

#[async_trait]
impl PersonalData for PersonalDataBook {
    async fn totals(&self, customers: &[CustomerId]) -> Result<Vec<CustomerTotals>> {
        let customers = customers.to_vec();
        let read =
            move |connection: &Connection| customers.iter().map(|id| customer_totals::of(connection, id)).collect();
        self.store.read(read).await.map_err(fault::read)
    }

    async fn erase(&self, person: &Person) -> Result<Erased> {
        let of = person.clone();
        let before =
            self.store.read(move |connection| Mentions::until_now(connection, &of)).await.map_err(fault::read)?;
        let (person, executions) = (person.clone(), self.executions.clone());
        let job = self.store.write(move |tx| erase(tx, &person, &before, &*executions));
        job.await.map_err(fault::write)
    }
}

/// What picks the orders of a person, and by which value.
fn of(person: &Person) -> (&'static str, &str) {
    match person {
        Person::Customer(id) => ("customer_id = ?1", id.as_str()),
        Person::Guest(email) => ("customer_email = ?1", email.as_str()),
    }
}

/// An order of the person's.
struct Theirs {
    number: i64,
    id: OrderId,
    status: Status,
    execution_arn: String,
    placed: NewOrder,
}

fn theirs(connection: &Connection, person: &Person) -> rusqlite::Result<Vec<Theirs>> {
    let (condition, value) = of(person);
    let sql = format!("SELECT number, id, status, execution_arn, placed FROM orders WHERE {condition} ORDER BY number");
    all(connection, &sql, [value], |row| {
        Ok(Theirs {
            number: row.get(0)?,
            id: checked_at(row, 1)?,
            status: named_at(row, 2, Status::from_name)?,
            execution_arn: row.get(3)?,
            placed: json_at(row, 4)?,
        })
    })
}

/// Every mail address the person is known by.
fn addresses(connection: &Connection, person: &Person, theirs: &[Theirs]) -> rusqlite::Result<Vec<String>> {
    let mut addresses = match person {
        Person::Guest(email) => vec![email.as_str().to_owned()],
        Person::Customer(id) => {
            let sql = "SELECT email FROM customers WHERE id = ?1";
            optional(connection, sql, [id.as_str()], |row| row.get(0))?.into_iter().collect()
        }
    };
    let ordered_with = theirs.iter().filter_map(|order| order.placed.customer.email.as_ref());
    addresses.extend(ordered_with.map(|email| email.as_str().to_owned()));
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses)
}

/// A log whose entries may mention a mail address somewhere in their text.
struct Log {
    table: &'static str,
    number: &'static str,
    text: &'static str,
}

const LOGS: [Log; 2] = [
    Log { table: "topic_messages", number: "id", text: "message" },
    Log { table: "events", number: "sequence", text: "detail" },
];

/// The entries of [`LOGS`] that mention any of these addresses. To find them a log is read from end to end, which must
/// not hold up the writer: it is done before the transaction, and in it only for what has come since.
struct Mentions {
    addresses: Vec<String>,
    /// By log: the entries, and how far the log has been read.
    found: Vec<(Vec<i64>, i64)>,
}

impl Mentions {
    fn until_now(connection: &Connection, person: &Person) -> rusqlite::Result<Self> {
        let addresses = addresses(connection, person, &theirs(connection, person)?)?;
        let found = LOGS.iter().map(|log| {
            let read_to = format!("SELECT COALESCE(MAX({}), 0) FROM {}", log.number, log.table);
            let read_to = connection.query_row(&read_to, [], |row| row.get(0))?;
            Ok((mentioning(connection, log, &addresses, 0)?, read_to))
        });
        let found = found.collect::<rusqlite::Result<_>>()?;
        Ok(Self { addresses, found })
    }
}

/// The numbers of the entries after that one that mention any of the addresses.
fn mentioning(connection: &Connection, log: &Log, addresses: &[String], after: i64) -> rusqlite::Result<Vec<i64>> {
    let Log { table, number, text } = log;
    let sql = format!("SELECT {number} FROM {table} WHERE {number} > ?1 AND {text} LIKE ?2 ESCAPE '\\'");
    let mut numbers = Vec::new();
    for address in addresses {
        numbers.extend(all(connection, &sql, (after, containing(address)), |row| row.get::<_, i64>(0))?);
    }
    Ok(numbers)
}

fn erase(
    tx: &Connection,
    person: &Person,
    before: &Mentions,
    executions: &dyn RedactExecution,
) -> Result<Erased, ApplyError> {
    let theirs = theirs(tx, person)?;
    if let Some(open) = theirs.iter().find(|order| !order.status.is_final()) {
        let message = format!("order {} has not come to its end; nothing was erased", open.id);
        return Err(ApplyError::refused(ErrorName::OrderInProgress, message));
    }
    let addresses = addresses(tx, person, &theirs)?;
    let mut erased = Erased::default();
    for order in theirs {
        let anonymous = order.placed.anonymous();
        erased.mails += empty_mails(tx, "order_id", order.id.as_str())?;
        execute(
            tx,
            "UPDATE operator_actions SET reason = ?2 WHERE order_id = ?1 AND reason IS NOT NULL",
            (order.id.as_str(), ERASED),
        )?;
        if anonymous == order.placed {
            continue;
        }
        execute(
            tx,
            "UPDATE orders SET placed = ?2, customer_name = NULL, customer_email = NULL WHERE number = ?1",
            (order.number, to_json(&anonymous)),
        )?;
        executions.redact(tx, &order.execution_arn)?;
        erased.orders.push(order.id);
    }
    for address in &addresses {
        erased.mails += empty_mails(tx, "recipient", address)?;
    }
    for (log, (found, read_to)) in LOGS.iter().zip(&before.found) {
        // An address that was not known then has to be looked for from the beginning.
        let after = if addresses == before.addresses { *read_to } else { 0 };
        let since = mentioning(tx, log, &addresses, after)?;
        let sql = format!("UPDATE {} SET {} = ?2 WHERE {} = ?1", log.table, log.text, log.number);
        for number in found.iter().chain(&since) {
            execute(tx, &sql, (number, ERASED_MESSAGE))?;
        }
    }
    if let Person::Customer(id) = person {
        execute(tx, "DELETE FROM customers WHERE id = ?1", [id.as_str()])?;
    }
    Ok(erased)
}

/// Empties the mails that a column picks; how many there were to empty. One that waits to be sent is not.
fn empty_mails(tx: &Connection, column: &str, value: &str) -> Result<u64, ApplyError> {
    let sql = format!("SELECT id, mail FROM mails WHERE {column} = ?1 AND recipient <> ?2");
    let mails: Vec<(i64, Mail)> = all(tx, &sql, (value, NOBODY), |row| Ok((row.get(0)?, json_at(row, 1)?)))?;
    let nobody = order::Email::parse(NOBODY).expect("it is an address");
    let mut emptied = 0;
    for (id, mail) in mails {
        let empty = Mail {
            to: nobody.clone(),
            to_name: None,
            subject: ERASED.to_owned(),
            text: ERASED.to_owned(),
            html: String::new(),
            attachments: Vec::new(),
            ..mail
        };
        execute(
            tx,
            "UPDATE mails
             SET recipient = ?2, subject = ?3, mail = ?4, next_attempt_at = NULL, last_error = NULL,
                 state = CASE state WHEN 'pending' THEN 'captured' ELSE state END
             WHERE id = ?1",
            (id, NOBODY, &empty.subject, to_json(&empty)),
        )?;
        emptied += 1;
    }
    Ok(emptied)
}
