//! Products and customers, without their stock.

use order::{Customer, Money, Sku};
use ports::Result;

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

pub(super) fn put_customer(books: &mut Books, customer: &Customer) -> Result<()> {
    books.customers.insert(customer.id.as_str().to_owned(), customer.clone());
    Ok(())
}
