//! Stock, from shelf to customer and back.

use std::sync::Arc;

use jiff::SignedDuration;
use order::EntryKind;
use ports::ErrorName;

use crate::World;
use crate::fixtures::{
    apply, assert_level, book, count, id, order, place, product, refused, release, reserve, restock, seed, sell, sku,
};

pub(crate) async fn units_go_from_shelf_to_customer_and_back(world: Arc<dyn World>) {
    let world = &*world;
    let ordered = [("A", 4)];
    apply(world, product(world, "A", 10)).await;
    apply(world, vec![place(world, order("O-1", &ordered)), place(world, order("O-2", &ordered))]).await;
    apply(world, vec![reserve(world, "O-1", &ordered)]).await;
    assert_level(world, "A", (10, 4, 0)).await;
    let held = world.ports().catalog.reservations(&id("O-1")).await.expect("reservations");
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].sku.as_str(), held[0].quantity.units()), ("A", 4));
    apply(world, vec![sell(world, "O-1", &ordered)]).await;
    assert_level(world, "A", (6, 0, 4)).await;
    // A release after the sale has nothing to give back.
    apply(world, vec![release(world, "O-1")]).await;
    assert_level(world, "A", (6, 0, 4)).await;
    apply(world, vec![reserve(world, "O-2", &ordered)]).await;
    apply(world, vec![release(world, "O-2")]).await;
    assert_level(world, "A", (6, 0, 4)).await;
    // What was given back can be held again.
    apply(world, vec![reserve(world, "O-2", &ordered)]).await;
    assert_level(world, "A", (6, 4, 4)).await;
    apply(world, vec![release(world, "O-2"), restock(world, "O-1")]).await;
    assert_level(world, "A", (10, 0, 0)).await;
    apply(world, vec![book(world, "A", EntryKind::Received, 5), book(world, "A", EntryKind::Adjusted, -2)]).await;
    assert_level(world, "A", (13, 0, 0)).await;
    apply(world, vec![count(world, "A", 7)]).await;
    assert_level(world, "A", (7, 0, 0)).await;

    let page = world.ports().catalog.ledger(&sku("A"), None, 100).await.expect("the ledger");
    let mut moves: Vec<String> = page
        .items
        .iter()
        .map(|movement| {
            let order_id = movement.entry.order_id.as_ref().map_or("-", |id| id.as_str());
            format!("{} {} {order_id}", movement.entry.kind.name(), movement.entry.units)
        })
        .collect();
    moves.reverse();
    let expected = [
        "adjusted 10 -",
        "reserved 4 O-1",
        "sold 4 O-1",
        "reserved 4 O-2",
        "released 4 O-2",
        "reserved 4 O-2",
        "released 4 O-2",
        "returned 4 O-1",
        "received 5 -",
        "adjusted -2 -",
        "adjusted -6 -",
    ];
    assert_eq!(moves, expected);
    assert!(page.items.windows(2).all(|pair| pair[0].sequence > pair[1].sequence));
}

pub(crate) async fn every_short_product_is_named(world: Arc<dyn World>) {
    let world = &*world;
    for (name, units) in [("A", 39), ("B", 100), ("C", 0)] {
        apply(world, product(world, name, units)).await;
    }
    let ordered = [("A", 40), ("B", 1), ("C", 2)];
    apply(world, vec![place(world, order("O-1", &ordered))]).await;
    let error = refused(world, reserve(world, "O-1", &ordered), ErrorName::OutOfStock).await;
    assert_eq!(error.message, "A: 40 wanted, 39 available; C: 2 wanted, 0 available");
    assert_level(world, "B", (100, 0, 0)).await;
}

pub(crate) async fn first_stock_is_booked_once(world: Arc<dyn World>) {
    let world = &*world;
    let error = refused(world, seed(world, "A", 5), ErrorName::NotFound).await;
    assert_eq!(error.message, "there is no product A");
    let put = product(world, "A", 0).swap_remove(0);
    apply(world, vec![put, seed(world, "A", 5)]).await;
    assert_level(world, "A", (5, 0, 0)).await;
    // What was sold since then does not come back.
    let ordered = [("A", 2)];
    apply(world, vec![place(world, order("O-1", &ordered)), sell(world, "O-1", &ordered)]).await;
    apply(world, vec![seed(world, "A", 5)]).await;
    assert_level(world, "A", (3, 0, 2)).await;
    apply(world, vec![count(world, "A", 0)]).await;
    apply(world, vec![seed(world, "A", 5)]).await;
    assert_level(world, "A", (0, 0, 2)).await;
}

pub(crate) async fn an_expired_hold_is_taken_again_or_refused(world: Arc<dyn World>) {
    let world = &*world;
    let ordered = [("A", 6)];
    apply(world, product(world, "A", 10)).await;
    for name in ["O-1", "O-2"] {
        apply(world, vec![place(world, order(name, &ordered))]).await;
    }
    apply(world, vec![reserve(world, "O-1", &ordered)]).await;
    world.advance(SignedDuration::from_mins(14));
    world.expire_reservations().await.expect("expiry");
    assert_level(world, "A", (10, 6, 0)).await;
    world.advance(SignedDuration::from_mins(2));
    world.expire_reservations().await.expect("expiry");
    assert_level(world, "A", (10, 0, 0)).await;
    let released = world.ports().catalog.ledger(&sku("A"), None, 1).await.expect("the ledger");
    assert_eq!(released.items[0].entry.reason.as_deref(), Some("the hold expired"));

    // Nobody took them: the sale takes them from free stock.
    apply(world, vec![sell(world, "O-1", &ordered)]).await;
    assert_level(world, "A", (4, 0, 6)).await;
    // Somebody did: the second order's hold runs out and its units are gone.
    apply(world, vec![count(world, "A", 6), reserve(world, "O-2", &ordered)]).await;
    world.advance(SignedDuration::from_mins(16));
    world.expire_reservations().await.expect("expiry");
    apply(world, vec![count(world, "A", 5)]).await;
    let error = refused(world, sell(world, "O-2", &ordered), ErrorName::ReservationExpired).await;
    assert_eq!(error.message, "A: 6 wanted, 5 available");
    assert_level(world, "A", (5, 0, 6)).await;
}
