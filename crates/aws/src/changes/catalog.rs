//! Products and customers, without their stock.

use order::{Customer, Money, Sku};
use ports::{Change, Result};

use super::books::Books;
use super::shelf::Shelf;
use crate::records::ProductRecord;

pub(super) fn put_product(books: &mut Books, sku: &Sku, name: &str, unit_price: Money, shards: u32) -> Result<()> {
    let page = books.products.get_mut(sku).expect("the products of all changes were read");
    let (shards, shards_made) = page.now.as_ref().map_or((shards, shards), |known| (known.shards, known.shards_made));
    page.now = Some(ProductRecord {
        product_name: name.to_owned(),
        price_minor: unit_price.minor(),
        currency: unit_price.currency(),
        shards,
        shards_made,
    });
    books
        .shelves
        .entry(sku.clone())
        .or_insert_with(|| Shelf::new(shards, std::iter::repeat_n(None, shards_made as usize)));
    Ok(())
}

/// Two parts of changes that are all of the catalogue, each of which may be applied by itself. A movement of
/// stock is not among them: applied twice it is two.
pub(super) fn halves(changes: &[Change]) -> Option<(&[Change], &[Change])> {
    let subjects: Vec<(&str, &str)> = changes.iter().map(subject).collect::<Option<_>>()?;
    // What is of one product stays together.
    let parts = |index: &usize| subjects[index - 1] != subjects[*index];
    let middle = changes.len() / 2;
    let index = (middle..changes.len()).chain((1..middle).rev()).filter(|index| *index > 0).find(parts)?;
    Some(changes.split_at(index))
}

/// The product or customer that a change is about, if that is all.
fn subject(change: &Change) -> Option<(&str, &str)> {
    match change {
        Change::PutProduct { sku, .. } | Change::CountStock { sku, .. } | Change::SeedStock { sku, .. } => {
            Some(("product", sku.as_str()))
        }
        Change::PutCustomer(customer) => Some(("customer", customer.id.as_str())),
        _ => None,
    }
}

pub(super) fn put_customer(books: &mut Books, customer: &Customer) -> Result<()> {
    books.customers.insert(customer.id.as_str().to_owned(), customer.clone());
    Ok(())
}
