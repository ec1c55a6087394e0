use jiff::{SignedDuration, Timestamp};
use order::{Order, OrderId, Status};
use ports::{Change, Result};
use serde::{Deserialize, Serialize};

use crate::orders::{load, must_be_open};
use crate::{Context, Done, Step};

/// Holds the ordered units, all lines or none, until the hold runs out. `OutOfStock` names what is
/// short. An order that has come further already keeps what it has.
pub struct ReserveStock;

/// What to hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveStockInput {
    /// For which order.
    pub order_id: OrderId,
    /// How long; long enough for every retry of the payment.
    #[serde(default = "default_hold_seconds")]
    pub hold_seconds: u32,
}

/// What is held.
#[derive(Debug, PartialEq, Serialize)]
pub struct ReserveStockOutput {
    /// Always true.
    pub reserved: bool,
}

/// A quarter of an hour.
pub(crate) fn default_hold_seconds() -> u32 {
    900
}

impl Step for ReserveStock {
    const NAME: &'static str = "ReserveStock";
    type Input = ReserveStockInput;
    type Output = ReserveStockOutput;

    async fn run(&self, context: &Context, input: ReserveStockInput) -> Result<Done<ReserveStockOutput>> {
        let order = load(context, &input.order_id).await?;
        must_be_open(&order)?;
        let changes = hold(&order, input.hold_seconds, context.ports.clock.now());
        Ok(Done::new(ReserveStockOutput { reserved: true }, changes))
    }
}

/// The changes that hold an order's units. Whether they are there is decided where the stock is.
pub(crate) fn hold(order: &Order, hold_seconds: u32, at: Timestamp) -> Vec<Change> {
    if !matches!(order.status, Status::Placed | Status::Reserved) {
        return Vec::new();
    }
    let expires_at = at
        .checked_add(SignedDuration::from_secs(hold_seconds.into()))
        .expect("32 bits of seconds end long before the calendar does");
    vec![
        Change::Reserve { order_id: order.id().clone(), lines: order.placed.lines.clone(), expires_at, at },
        Change::SetStatus { order_id: order.id().clone(), status: Status::Reserved, reason: None, at },
    ]
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn units_are_held_once() {
        let world = World::with_order("A-1", &[("CHAI", 4), ("TOFU", 4)]);
        let output = world.run_twice("ReserveStock", json!({ "order_id": "A-1", "hold_seconds": 60 })).await;
        assert_eq!(output.expect("they are there"), json!({ "reserved": true }));
        assert_eq!(world.status("A-1"), "reserved");
        assert_eq!(world.stock("CHAI"), (10, 4, 0));
        assert_eq!(world.stock("TOFU"), (4, 4, 0));
        // The second run came a second later and did not prolong them.
        let holds = world.holds("A-1");
        assert!(holds.iter().all(|hold| hold.expires_at.duration_since(world.now()).as_secs() == 59), "{holds:?}");
    }

    #[tokio::test]
    async fn all_lines_are_held_or_none() {
        let world = World::with_order("A-1", &[("CHAI", 4), ("TOFU", 5), ("CHANG", 99)]);
        let error = world.run("ReserveStock", json!({ "order_id": "A-1" })).await.expect_err("not enough tofu");
        assert_eq!(error.name, ErrorName::OutOfStock);
        assert_eq!(error.message, "TOFU: 5 wanted, 4 available; CHANG: 99 wanted, 20 available");
        assert_eq!(world.stock("CHAI"), (10, 0, 0));
        assert_eq!(world.status("A-1"), "placed");
    }

    #[tokio::test]
    async fn nothing_is_held_for_an_order_that_has_ended() {
        let world = World::with_order("A-1", &[("CHAI", 4)]);
        world.fail("A-1", "InvalidOrder").await;
        let error = world.run("ReserveStock", json!({ "order_id": "A-1" })).await.expect_err("it is closed");
        assert_eq!(error.name, ErrorName::StatusRefused);
        assert_eq!(world.stock("CHAI"), (10, 0, 0));
    }
}
