use ports::Result;
use serde::Serialize;

use crate::orders::{OrderInput, load};
use crate::{Context, Done, Step, check};

/// Makes sure that an order can be taken, or fails with the reason: `InvalidOrder`, `UnknownProduct`,
/// `OutOfStock`. For state machines that catch errors; [`crate::check_order::CheckOrder`] is the same
/// for those that choose.
pub struct ValidateOrder;

/// An order that can be taken.
#[derive(Debug, PartialEq, Serialize)]
pub struct ValidateOrderOutput {
    /// Always true.
    pub valid: bool,
}

impl Step for ValidateOrder {
    const NAME: &'static str = "ValidateOrder";
    type Input = OrderInput;
    type Output = ValidateOrderOutput;

    async fn run(&self, context: &Context, input: OrderInput) -> Result<Done<ValidateOrderOutput>> {
        let order = load(context, &input.order_id).await?;
        check::check(context, &order).await?;
        Ok(Done::unchanged(ValidateOrderOutput { valid: true }))
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn an_order_that_can_be_taken_is_valid_and_nothing_changes() {
        let world = World::with_order("A-1", &[("CHAI", 3)]);
        let output = world.run_twice("ValidateOrder", json!({ "order_id": "A-1" })).await.expect("it is valid");
        assert_eq!(output, json!({ "valid": true }));
        assert_eq!(world.status("A-1"), "placed");
    }

    #[tokio::test]
    async fn an_order_that_cannot_be_taken_fails_with_a_name_and_a_reason() {
        let world = World::new();
        world.place("no-such-product", &[("CHAI", 1), ("NIX", 1), ("NADA", 1)]);
        world.place("too-many", &[("CHAI", 11), ("TOFU", 5), ("CHANG", 1)]);
        world.place_with("nobody", &[("CHAI", 1)], |order| order.customer = order::Contact::default());
        world.place_with("stranger", &[("CHAI", 1)], |order| {
            order.customer.id = Some(order::CustomerId::parse("WHO").expect("an id"));
        });
        world.place_with("yen", &[("CHAI", 1)], |order| {
            order.currency = Some(order::Currency::parse("JPY").expect("known"));
        });
        world.place("mixed", &[("CHAI", 1), ("TEE", 1)]);
        for (order, name, reason) in [
            ("no-such-product", ErrorName::UnknownProduct, "there is no product NIX; there is no product NADA"),
            ("too-many", ErrorName::OutOfStock, "CHAI: 11 wanted, 10 available; TOFU: 5 wanted, 4 available"),
            ("nobody", ErrorName::InvalidOrder, "the order does not say who the customer is"),
            ("stranger", ErrorName::InvalidOrder, "there is no customer WHO"),
            ("yen", ErrorName::InvalidOrder, "CHAI is sold in USD, which is not the order's currency"),
            ("mixed", ErrorName::InvalidOrder, "TEE is sold in EUR, which is not the order's currency"),
            ("absent", ErrorName::OrderNotFound, "there is no order absent"),
        ] {
            let error = world.run("ValidateOrder", json!({ "order_id": order })).await.expect_err(order);
            assert_eq!((error.name, error.message.as_str()), (name, reason));
        }
    }

    #[tokio::test]
    async fn what_is_held_for_the_order_itself_is_available_to_it() {
        let world = World::with_order("A-1", &[("CHAI", 10)]);
        world.run("ReserveStock", json!({ "order_id": "A-1" })).await.expect("there are ten");
        world.run("ValidateOrder", json!({ "order_id": "A-1" })).await.expect("they are its own");
        world.place("A-2", &[("CHAI", 1)]);
        let error = world.run("ValidateOrder", json!({ "order_id": "A-2" })).await.expect_err("none is left");
        assert_eq!(error.message, "CHAI: 1 wanted, 0 available");
    }
}
