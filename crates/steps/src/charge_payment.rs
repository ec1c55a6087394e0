use order::Currency;
use ports::Result;
use serde::Serialize;
use serde_json::Number;

use crate::amounts::number;
use crate::orders::{OrderInput, load};
use crate::payments::{Charge, charge};
use crate::{Context, Done, Step};

/// Takes an order's money: authorise, then capture. Fails with `PaymentDeclined` when the provider
/// refuses, with `ServiceUnavailable` when it does not answer, and with `ReservationExpired`, before
/// any money moves, when the units are gone. For state machines that catch errors.
pub struct ChargePayment;

/// The payment.
#[derive(Debug, PartialEq, Serialize)]
pub struct ChargePaymentOutput {
    /// Always true.
    pub paid: bool,
    /// The provider's reference; none for an order that costs nothing.
    pub reference: Option<String>,
    /// How much.
    pub amount: Number,
    /// In which currency.
    pub currency: Currency,
}

impl Step for ChargePayment {
    const NAME: &'static str = "ChargePayment";
    type Input = OrderInput;
    type Output = ChargePaymentOutput;

    async fn run(&self, context: &Context, input: OrderInput) -> Result<Done<ChargePaymentOutput>> {
        let order = load(context, &input.order_id).await?;
        match charge(context, &order).await? {
            Charge::Paid(paid) => {
                let output = ChargePaymentOutput {
                    paid: true,
                    reference: paid.reference,
                    amount: number(paid.amount),
                    currency: paid.amount.currency(),
                };
                Ok(Done::new(output, paid.changes))
            }
            // A failed step changes nothing. Whoever handles the failure asks the provider what it said.
            Charge::Refused { error, changes: _ } => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn money_is_taken_once() {
        let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
        let output = world.run_twice("ChargePayment", json!({ "order_id": "A-1" })).await.expect("the card is good");
        assert_eq!(output["paid"], true);
        assert_eq!(output["amount"], 51.0);
        assert_eq!(world.status("A-1"), "paid");
        assert_eq!(world.charged("A-1"), (5_100, 0));
        assert_eq!(world.order("A-1").payment().captured, 5_100);
    }

    #[tokio::test]
    async fn each_refusal_has_its_words_and_moves_nothing() {
        for (token, words) in [
            ("tok_declined", "the card was declined"),
            ("tok_insufficient_funds", "the card has insufficient funds"),
            ("tok_expired", "the card has expired"),
            ("tok_fraud", "the payment was refused as suspected fraud"),
        ] {
            let world = World::with_reserved_by("A-1", &[("CHAI", 2)], token).await;
            for _ in 0..2 {
                let error = world.run("ChargePayment", json!({ "order_id": "A-1" })).await.expect_err(token);
                assert_eq!((error.name, error.message.as_str()), (ErrorName::PaymentDeclined, words));
            }
            assert_eq!(world.charged("A-1"), (0, 0));
            assert_eq!(world.status("A-1"), "reserved");
        }
    }

    #[tokio::test]
    async fn a_provider_that_does_not_answer_is_asked_again() {
        let world = World::with_reserved_by("A-1", &[("CHAI", 2)], "tok_timeout").await;
        let error = world.run("ChargePayment", json!({ "order_id": "A-1" })).await.expect_err("it times out once");
        assert_eq!(error.name, ErrorName::ServiceUnavailable);
        world.run_twice("ChargePayment", json!({ "order_id": "A-1" })).await.expect("it answers");
        assert_eq!(world.charged("A-1"), (5_100, 0));
    }

    #[tokio::test]
    async fn an_order_whose_units_are_gone_is_not_charged() {
        let world = World::with_reserved("A-1", &[("CHAI", 8)]).await;
        world.release("A-1");
        world.place("A-2", &[("CHAI", 5)]);
        world.run("ReserveStock", json!({ "order_id": "A-2" })).await.expect("they are free again");
        let error = world.run("ChargePayment", json!({ "order_id": "A-1" })).await.expect_err("they are gone");
        assert_eq!(error.name, ErrorName::ReservationExpired);
        assert_eq!(error.message, "CHAI: 8 wanted, 5 available");
        assert_eq!(world.charged("A-1"), (0, 0));
    }

    #[tokio::test]
    async fn a_hold_that_ran_out_does_not_matter_while_the_units_are_free() {
        let world = World::with_reserved("A-1", &[("CHAI", 8)]).await;
        world.release("A-1");
        world.run_twice("ChargePayment", json!({ "order_id": "A-1" })).await.expect("they are still there");
        assert_eq!(world.status("A-1"), "paid");
    }

    #[tokio::test]
    async fn what_costs_nothing_is_paid_without_the_provider() {
        let world = World::new();
        world.change_price("CHAI", "0.00");
        world.place_with("A-1", &[("CHAI", 1)], |order| order.payment_token = "tok_unavailable".into());
        world
            .run("PriceAndReserve", json!({ "order_id": "A-1", "shipping": { "base": "0" } }))
            .await
            .expect("it can be had");
        let output = world.run_twice("ChargePayment", json!({ "order_id": "A-1" })).await.expect("nothing to pay");
        assert_eq!(output, json!({ "paid": true, "reference": null, "amount": 0.0, "currency": "USD" }));
        assert_eq!(world.status("A-1"), "paid");
    }

    #[tokio::test]
    async fn a_closed_order_and_one_without_prices_are_not_charged() {
        let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
        world.fail("A-1", "InvalidOrder").await;
        world.place("A-2", &[("CHAI", 2)]);
        for (order, name) in [("A-1", ErrorName::StatusRefused), ("A-2", ErrorName::InvalidOrder)] {
            let error = world.run("ChargePayment", json!({ "order_id": order })).await.expect_err(order);
            assert_eq!(error.name, name);
            assert_eq!(world.charged(order), (0, 0));
        }
    }
}
