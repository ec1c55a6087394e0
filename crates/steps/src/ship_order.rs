use order::Status;
use ports::Result;

use crate::after_sale::move_and_tell;
use crate::orders::{Moved, OrderInput, load};
use crate::{Context, Done, Step, notices};

/// Hands an order to the carrier and tells the customer and the bus. `StatusRefused` when it is not the next
/// step of the order's life.
pub struct ShipOrder;

impl Step for ShipOrder {
    const NAME: &'static str = "ShipOrder";
    type Input = OrderInput;
    type Output = Moved;

    async fn run(&self, context: &Context, input: OrderInput) -> Result<Done<Moved>> {
        let order = load(context, &input.order_id).await?;
        move_and_tell(context, &order, Status::Shipped, notices::ORDER_SHIPPED).await
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn it_is_done_and_told_once() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        let output = world.run_twice("ShipOrder", json!({ "order_id": "A-1" })).await.expect("it is its turn");
        assert_eq!(output, json!({ "order_id": "A-1", "status": "shipped" }));
        let mail = world.mails("A-1").pop().expect("a mail");
        assert_eq!((mail.kind.as_str(), mail.key.as_str()), ("order_shipped", "A-1/shipped"));
        assert_eq!(world.events().len(), 2);
        assert_eq!(world.events().last().expect("an event").detail_type, "OrderShipped");
    }

    #[tokio::test]
    async fn not_before_its_turn() {
        let world = World::with_paid("A-1", &[("CHAI", 2)]).await;
        let before = world.mails("A-1").len();
        let error = world.run("ShipOrder", json!({ "order_id": "A-1" })).await.expect_err("it is not confirmed");
        assert_eq!(error.name, ErrorName::StatusRefused);
        assert_eq!(world.mails("A-1").len(), before);
    }
}
