//! Products and customers as they are read.

use std::sync::Arc;

use ports::Change;

use crate::World;
use crate::fixtures::{apply, customer, dollars, now, product, sku};

pub(crate) async fn products_are_listed_page_by_page(world: Arc<dyn World>) {
    let world = &*world;
    let catalog = world.ports().catalog;
    for name in ["C", "A", "B", "X%"] {
        apply(world, product(world, name, 1)).await;
    }
    let first = catalog.list(None, None, 3).await.expect("the catalog answers");
    let names: Vec<_> = first.items.iter().map(|product| product.sku.as_str()).collect();
    assert_eq!(names, ["A", "B", "C"]);
    let second = catalog.list(None, first.next_cursor.as_deref(), 3).await.expect("the catalog answers");
    assert_eq!((second.items.len(), second.next_cursor), (1, None));
    for (text, expected) in [("product b", 1), ("%", 1), ("Product", 4), ("zzz", 0)] {
        let found = catalog.list(Some(text), None, 10).await.expect("the catalog answers");
        assert_eq!(found.items.len(), expected, "{text}");
    }
    let found = catalog.products(&[sku("C"), sku("NONE")]).await.expect("the catalog answers");
    assert_eq!(found.len(), 1, "a product that does not exist is left out");
    // A new price leaves the stock alone.
    let change = Change::PutProduct { sku: sku("C"), name: "Cocoa".into(), unit_price: dollars(250), at: now(world) };
    apply(world, vec![change]).await;
    let found = catalog.products(&[sku("C")]).await.expect("the catalog answers");
    assert_eq!((found[0].name.as_str(), found[0].unit_price, found[0].level.on_hand), ("Cocoa", dollars(250), 1));
    // Changed back is changed, too: it is not the change that was made before.
    apply(world, vec![product(world, "C", 1).swap_remove(0)]).await;
    let found = catalog.products(&[sku("C")]).await.expect("the catalog answers");
    assert_eq!((found[0].name.as_str(), found[0].unit_price), ("Product C", dollars(1_800)));
}

pub(crate) async fn customers_are_found_by_any_of_their_words(world: Arc<dyn World>) {
    let world = &*world;
    let customers = world.ports().customers;
    let (first, second) = (customer("ALFKI", "Alfreds Futterkiste"), customer("ANATR", "Ana Trujillo"));
    apply(world, vec![Change::PutCustomer(second.clone()), Change::PutCustomer(first.clone())]).await;
    assert_eq!(customers.get(&first.id).await.expect("the customers answer"), Some(first.clone()));
    for (text, expected) in
        [(None, 2), (Some("futter"), 1), (Some("anatr@"), 1), (Some("Maria"), 2), (Some("nobody"), 0)]
    {
        let found = customers.list(text, None, 10).await.expect("the customers answer");
        assert_eq!(found.items.len(), expected, "{text:?}");
    }
    let page = customers.list(None, None, 1).await.expect("the customers answer");
    assert_eq!(page.items, [first]);
    let page = customers.list(None, page.next_cursor.as_deref(), 1).await.expect("the customers answer");
    assert_eq!((page.items, page.next_cursor), (vec![second], None));
}
