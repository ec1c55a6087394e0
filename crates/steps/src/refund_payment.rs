use order::Currency;
use ports::{ErrorName, Result, StepError};
use serde::Serialize;
use serde_json::Number;

use crate::amounts::number;
use crate::orders::{OrderInput, load};
use crate::payments::{give_back, record};
use crate::{Context, Done, Step};

/// Gives back all that was kept of an order's money. `StatusRefused` while the order is a sale: it has
/// to be cancelled or returned first, so that nobody gets goods and money.
pub struct RefundPayment;

/// What went back, now or before.
#[derive(Debug, PartialEq, Serialize)]
pub struct RefundPaymentOutput {
    /// How much; nothing when nothing had been taken.
    pub refunded: Option<Number>,
    /// In which currency.
    pub currency: Option<Currency>,
}

impl Step for RefundPayment {
    const NAME: &'static str = "RefundPayment";
    type Input = OrderInput;
    type Output = RefundPaymentOutput;

    async fn run(&self, context: &Context, input: OrderInput) -> Result<Done<RefundPaymentOutput>> {
        let order = load(context, &input.order_id).await?;
        if order.status.is_sale() {
            let message = format!("the order is {}; cancel or return it before its money goes back", order.status);
            return Err(StepError::new(ErrorName::StatusRefused, message));
        }
        let settlement = give_back(context, &order).await?;
        let output = RefundPaymentOutput {
            refunded: settlement.refunded.map(number),
            currency: settlement.refunded.map(order::Money::currency),
        };
        Ok(Done::new(output, record(&order, settlement.events)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn money_goes_back_once() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        world.run("CancelOrder", json!({ "order_id": "A-1" })).await.expect("it is not shipped");
        let output = world.run_twice("RefundPayment", json!({ "order_id": "A-1" })).await.expect("it goes back");
        assert_eq!(output, json!({ "refunded": 51.0, "currency": "USD" }));
        assert_eq!(world.charged("A-1"), (5_100, 5_100));
        assert_eq!(world.order("A-1").payment().kept(), 0);
    }

    #[tokio::test]
    async fn a_sale_keeps_its_money() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        let error = world.run("RefundPayment", json!({ "order_id": "A-1" })).await.expect_err("it is a sale");
        assert_eq!(error.name, ErrorName::StatusRefused);
        assert_eq!(world.charged("A-1"), (5_100, 0));
    }

    #[tokio::test]
    async fn nothing_goes_back_where_nothing_was_taken() {
        let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
        let output = world.run_twice("RefundPayment", json!({ "order_id": "A-1" })).await.expect("nothing to do");
        assert_eq!(output, json!({ "refunded": null, "currency": null }));
    }
}
