use order::Status;
use ports::Result;

use crate::orders::{Moved, OrderInput, load};
use crate::{Context, Done, Step, sale};

/// Makes a paid order a sale: the held units become the customer's, the status is confirmed, and
/// `OrderConfirmed` goes on the bus. `StatusRefused` when the order is not paid or has ended otherwise;
/// `ReservationExpired` when its hold ran out and the units are gone.
pub struct ConfirmOrder;

impl Step for ConfirmOrder {
    const NAME: &'static str = "ConfirmOrder";
    type Input = OrderInput;
    type Output = Moved;

    async fn run(&self, context: &Context, input: OrderInput) -> Result<Done<Moved>> {
        let order = load(context, &input.order_id).await?;
        let changes = sale::confirm(&order, context.ports.clock.now())?;
        Ok(Done::new(Moved::to(&order, Status::Confirmed), changes))
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn a_paid_order_becomes_a_sale_once() {
        let world = World::with_paid("A-1", &[("CHAI", 2)]).await;
        let output = world.run_twice("ConfirmOrder", json!({ "order_id": "A-1" })).await.expect("it is paid");
        assert_eq!(output, json!({ "order_id": "A-1", "status": "confirmed" }));
        assert_eq!(world.stock("CHAI"), (8, 0, 2));
        let events = world.events();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].key, "A-1/OrderConfirmed");
        assert_eq!(events[0].detail["status"], "confirmed");
        assert_eq!(events[0].detail["total"], json!({ "amount": "51.00", "currency": "USD" }));
        assert_eq!(events[0].detail["customer"]["email"], "ana@example.com");
    }

    #[tokio::test]
    async fn only_a_paid_order_becomes_a_sale() {
        let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
        let error = world.run("ConfirmOrder", json!({ "order_id": "A-1" })).await.expect_err("it is not paid");
        assert_eq!(error.name, ErrorName::StatusRefused);
        assert_eq!(error.message, "the order's total of 51.00 USD is not paid");
        world.fail("A-1", "InvalidOrder").await;
        let error = world.run("ConfirmOrder", json!({ "order_id": "A-1" })).await.expect_err("it is closed");
        assert_eq!(error.name, ErrorName::StatusRefused);
        assert!(world.events().iter().all(|event| event.detail_type != "OrderConfirmed"));
    }

    #[tokio::test]
    async fn units_that_are_gone_after_all_are_not_sold() {
        let world = World::with_paid("A-1", &[("CHAI", 8)]).await;
        world.release("A-1");
        world.place("A-2", &[("CHAI", 5)]);
        world.run("ReserveStock", json!({ "order_id": "A-2" })).await.expect("they are free again");
        let error = world.run("ConfirmOrder", json!({ "order_id": "A-1" })).await.expect_err("they are gone");
        assert_eq!(error.name, ErrorName::ReservationExpired);
        assert_eq!(world.stock("CHAI"), (10, 5, 0));
        assert_eq!(world.status("A-1"), "paid");
    }

    #[tokio::test]
    async fn a_hold_that_ran_out_is_taken_from_free_stock() {
        let world = World::with_paid("A-1", &[("CHAI", 8)]).await;
        world.release("A-1");
        world.run_twice("ConfirmOrder", json!({ "order_id": "A-1" })).await.expect("they are still there");
        assert_eq!(world.stock("CHAI"), (2, 0, 8));
    }
}
