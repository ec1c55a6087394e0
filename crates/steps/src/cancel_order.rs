use order::Status;
use ports::{ErrorName, Result, StepError};

use crate::after_sale::take_back;
use crate::orders::{Moved, OrderInput, load};
use crate::{Context, Done, Step, notices};

/// Calls an order off before it is shipped: its units go back on the shelf, `OrderCancelled` on the bus.
///
/// `OrderInProgress` while the order's own workflow has not come to its end: try again.
/// `StatusRefused` when it is too late.
pub struct CancelOrder;

impl Step for CancelOrder {
    const NAME: &'static str = "CancelOrder";
    type Input = OrderInput;
    type Output = Moved;

    async fn run(&self, context: &Context, input: OrderInput) -> Result<Done<Moved>> {
        let order = load(context, &input.order_id).await?;
        if !order.status.is_final() {
            let message = format!("the order is only {}; it can be cancelled once that is decided", order.status);
            return Err(StepError::new(ErrorName::OrderInProgress, message));
        }
        take_back(context, &order, Status::Cancelled, notices::ORDER_CANCELLED)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_confirmed_order_is_cancelled_once() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        let output = world.run_twice("CancelOrder", json!({ "order_id": "A-1" })).await.expect("it is not shipped");
        assert_eq!(output, json!({ "order_id": "A-1", "status": "cancelled" }));
        assert_eq!(world.stock("CHAI"), (10, 0, 0));
        assert_eq!(world.events().last().expect("an event").detail_type, "OrderCancelled");
        assert_eq!(world.events().len(), 2);
    }

    #[tokio::test]
    async fn an_order_in_progress_has_to_wait() {
        let world = World::with_paid("A-1", &[("CHAI", 2)]).await;
        let error = world.run("CancelOrder", json!({ "order_id": "A-1" })).await.expect_err("it is not decided");
        assert_eq!(error.name, ErrorName::OrderInProgress);
    }

    #[tokio::test]
    async fn what_is_on_its_way_or_never_was_sold_is_not_cancelled() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        world.run("ShipOrder", json!({ "order_id": "A-1" })).await.expect("it is confirmed");
        world.place("A-2", &[("CHAI", 1)]);
        world.fail("A-2", "OutOfStock").await;
        for order in ["A-1", "A-2"] {
            let error = world.run("CancelOrder", json!({ "order_id": order })).await.expect_err(order);
            assert_eq!(error.name, ErrorName::StatusRefused);
        }
        assert_eq!(world.stock("CHAI"), (8, 0, 2));
    }
}
