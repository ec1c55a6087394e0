//! What many want at once, one gets.

use std::sync::Arc;

use futures::future::join_all;
use ports::{ErrorName, OrderFilter, StepError};

use crate::World;
use crate::fixtures::{apply, assert_level, order, place, place_with_key, product, reserve, seed, sell, sku};

/// How many want it.
const MANY: usize = 32;

/// Applies the changes of each task at the same time.
async fn at_once<F>(world: &Arc<dyn World>, task: F) -> Vec<Result<(), StepError>>
where
    F: Fn(&dyn World, usize) -> Vec<ports::Change>,
{
    let tasks = (0..MANY).map(|number| {
        let changes = task(&**world, number);
        let world = world.clone();
        tokio::spawn(async move { world.apply(changes).await })
    });
    let ended: Vec<_> = tasks.collect();
    join_all(ended).await.into_iter().map(|task| task.expect("the task does not panic")).collect()
}

pub(crate) async fn the_last_units_are_sold_once(world: Arc<dyn World>) {
    const UNITS: usize = 7;
    let ordered = [("A", 1), ("B", 1)];
    apply(&*world, product(&*world, "A", UNITS as i64)).await;
    apply(&*world, product(&*world, "B", 1_000)).await;
    let placed = at_once(&world, |world, number| vec![place(world, order(&format!("O-{number}"), &ordered))]).await;
    assert!(placed.iter().all(Result::is_ok), "{placed:?}");
    let held = at_once(&world, |world, number| vec![reserve(world, &format!("O-{number}"), &ordered)]).await;
    assert_eq!(held.iter().filter(|answer| answer.is_ok()).count(), UNITS);
    for refused in held.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(refused.name, ErrorName::OutOfStock);
    }
    let units = UNITS as i64;
    assert_level(&*world, "A", (units, units, 0)).await;
    assert_level(&*world, "B", (1_000, units, 0)).await;
    let sold = at_once(&world, |world, number| vec![sell(world, &format!("O-{number}"), &ordered)]).await;
    assert_eq!(sold.iter().filter(|answer| answer.is_ok()).count(), UNITS);
    assert_level(&*world, "A", (0, 0, units)).await;
    assert_level(&*world, "B", (1_000 - units, 0, units)).await;
}

pub(crate) async fn first_stock_is_first_once(world: Arc<dyn World>) {
    apply(&*world, vec![product(&*world, "A", 0).swap_remove(0)]).await;
    let seeded =
        at_once(&world, |world, number| vec![seed(world, "A", 1 + i64::try_from(number).expect("a small number"))])
            .await;
    assert!(seeded.iter().all(Result::is_ok), "{seeded:?}");
    let entries = world.ports().catalog.ledger(&sku("A"), None, 10).await.expect("the ledger").items;
    assert_eq!(entries.len(), 1);
    assert_level(&*world, "A", (entries[0].entry.units, 0, 0)).await;
}

pub(crate) async fn concurrent_orders_of_one_id_are_one_order(world: Arc<dyn World>) {
    // Half of them want the same, each of the others something else under the same id.
    let placed = at_once(&world, |world, number| {
        let units = if number % 2 == 0 { 1 } else { 1 + i64::try_from(number).expect("a small number") };
        vec![place(world, order("O-1", &[("A", units)]))]
    })
    .await;
    let all = world.ports().orders.list(&OrderFilter::default(), None, 10).await.expect("the orders answer");
    assert_eq!(all.items.len(), 1);
    let won = all.items[0].placed.lines[0].quantity.units();
    let expected = if won == 1 { MANY / 2 } else { 1 };
    assert_eq!(placed.iter().filter(|answer| answer.is_ok()).count(), expected);
    for refused in placed.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(refused.name, ErrorName::OrderIdTaken);
    }
}

pub(crate) async fn concurrent_requests_of_one_key_are_one_order(world: Arc<dyn World>) {
    // Each makes an id of its own, as a request without an order id does.
    let placed = at_once(&world, |world, number| {
        let made = order(&format!("O-{number}"), &[("A", 1)]);
        vec![place_with_key(world, made, "checkout/k", "hash")]
    })
    .await;
    assert_eq!(placed.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in placed.iter().filter_map(|answer| answer.as_ref().err()) {
        // To be asked again: the order of the first is then found by its key.
        assert_eq!(refused.name, ErrorName::ServiceUnavailable);
    }
    let orders = world.ports().orders;
    let all = orders.list(&OrderFilter::default(), None, 10).await.expect("the orders answer");
    assert_eq!(all.items.len(), 1);
    let bound = orders.by_idempotency_key("checkout/k").await.expect("the orders answer");
    assert_eq!(bound.map(|(id, _)| id).as_ref(), Some(all.items[0].id()));
}
