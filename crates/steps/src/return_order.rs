use order::Status;
use ports::Result;

use crate::after_sale::take_back;
use crate::orders::{Moved, OrderInput, load};
use crate::{Context, Done, Step, notices};

/// Takes an order back: its units go on the shelf, `OrderReturned` on the bus. The money and the mail
/// are the next steps' work. `StatusRefused` for what was never sold.
pub struct ReturnOrder;

impl Step for ReturnOrder {
    const NAME: &'static str = "ReturnOrder";
    type Input = OrderInput;
    type Output = Moved;

    async fn run(&self, context: &Context, input: OrderInput) -> Result<Done<Moved>> {
        let order = load(context, &input.order_id).await?;
        take_back(context, &order, Status::Returned, notices::ORDER_RETURNED)
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn a_sale_comes_back_once() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        world.run("ShipOrder", json!({ "order_id": "A-1" })).await.expect("it is confirmed");
        let output = world.run_twice("ReturnOrder", json!({ "order_id": "A-1" })).await.expect("it was sold");
        assert_eq!(output, json!({ "order_id": "A-1", "status": "returned" }));
        assert_eq!(world.stock("CHAI"), (10, 0, 0));
        assert_eq!(world.events().last().expect("an event").detail_type, "OrderReturned");
    }

    #[tokio::test]
    async fn what_was_not_sold_cannot_come_back() {
        let world = World::with_paid("A-1", &[("CHAI", 2)]).await;
        let error = world.run("ReturnOrder", json!({ "order_id": "A-1" })).await.expect_err("it is not sold");
        assert_eq!(error.name, ErrorName::StatusRefused);
        assert_eq!(error.message, "the order is paid and cannot become returned: it is not confirmed yet");
    }
}
