//! Reads the customers we know.

use adapter::paging;
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use order::{Customer, CustomerId};
use ports::{Customers, Page, Result};

use crate::data_table::{DataTable, Range};
use crate::item;
use crate::records::{CUSTOMERS, CustomerRecord, Key};
use crate::shards::LAST;
use crate::tables;

const LISTING: &str = "customers";

/// How many customers are read together.
const TOGETHER: usize = 100;

/// [`Customers`] over DynamoDB. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CustomerReader {
    data: DataTable,
}

impl CustomerReader {
    /// A reader of that data table.
    pub fn new(client: Client, data_table: impl Into<String>) -> Self {
        Self { data: DataTable::new(client, data_table) }
    }
}

#[async_trait]
impl Customers for CustomerReader {
    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        let found: Option<CustomerRecord> =
            self.data.get(&Key::customer(id.as_str())).await?.map(item::to_record).transpose()?;
        Ok(found.map(|record| record.customer))
    }

    async fn list(&self, text: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<Customer>> {
        let mut after: String = paging::resume(LISTING, cursor)?.unwrap_or_default();
        let (mut found, wanted) = (Vec::new(), paging::bounded(limit) + 1);
        loop {
            // No id has a control character, so this one comes right behind the last.
            let range = Range { from: format!("{after}\u{1}"), to: LAST.to_owned(), descending: false };
            let listed = self.data.indexed(&tables::LISTING, &[CUSTOMERS.to_owned()], &range, TOGETHER).await?;
            let mut items = self.data.get_all(listed.iter().map(|(_, key)| key.clone())).await?;
            for (_, key) in &listed {
                let Some(item) = items.remove(key) else { continue };
                let CustomerRecord { customer } = item::to_record(item)?;
                if text.is_none_or(|piece| mentions(&customer, piece)) {
                    found.push(customer);
                }
            }
            match listed.last() {
                Some((last, _)) if listed.len() == TOGETHER && found.len() < wanted => after.clone_from(last),
                _ => break,
            }
        }
        found.truncate(wanted);
        Ok(paging::page(LISTING, found, limit, |customer| customer.id.as_str().to_owned()))
    }
}

/// Whether a piece of text is in the customer's id, company, contact or mail address.
fn mentions(customer: &Customer, piece: &str) -> bool {
    let Customer { id, company, contact, email, address: _ } = customer;
    let texts = [Some(id.as_str()), company.as_deref(), contact.as_deref(), Some(email.as_str())];
    texts.into_iter().flatten().any(|text| item::contains(text, piece))
}
