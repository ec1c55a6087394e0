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
        let (person, executions) = (person.clone(), self.executions.clone());
        let job = self.store.write(move |tx| erase(tx, &person, &*executions));
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

fn erase(tx: &Connection, person: &Person, executions: &dyn RedactExecution) -> Result<Erased, ApplyError> {
    let mut addresses = match person {
        Person::Guest(email) => vec![email.as_str().to_owned()],
        Person::Customer(id) => {
            optional(tx, "SELECT email FROM customers WHERE id = ?1", [id.as_str()], |row| row.get(0))?
                .into_iter()
                .collect()
        }
    };
    let (condition, value) = of(person);
    let sql = format!("SELECT number, id, status, execution_arn, placed FROM orders WHERE {condition} ORDER BY number");
    let theirs: Vec<Theirs> = all(tx, &sql, [value], |row| {
        Ok(Theirs {
            number: row.get(0)?,
            id: checked_at(row, 1)?,
            status: named_at(row, 2, Status::from_name)?,
            execution_arn: row.get(3)?,
            placed: json_at(row, 4)?,
        })
    })?;
    if let Some(open) = theirs.iter().find(|order| !order.status.is_final()) {
        let message = format!("order {} has not come to its end; nothing was erased", open.id);
        return Err(ApplyError::refused(ErrorName::OrderInProgress, message));
    }
    let mut erased = Erased::default();
    for order in theirs {
        addresses.extend(order.placed.customer.email.as_ref().map(|email| email.as_str().to_owned()));
        let anonymous = order.placed.anonymous();
        erased.mails += empty_mails(tx, "order_id", order.id.as_str())?;
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
    addresses.sort_unstable();
    addresses.dedup();
    for address in &addresses {
        erased.mails += empty_mails(tx, "recipient", address)?;
        for (table, column) in [("topic_messages", "message"), ("events", "detail")] {
            let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {column} LIKE ?1 ESCAPE '\\'");
            execute(tx, &sql, (containing(address), ERASED_MESSAGE))?;
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
