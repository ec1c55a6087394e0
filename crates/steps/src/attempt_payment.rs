use order::Currency;
use ports::Result;
use serde::Serialize;
use serde_json::Number;

use crate::amounts::number;
use crate::orders::{OrderInput, load};
use crate::payments::{Charge, charge};
use crate::{Context, Done, Step};

/// Takes an order's money, as a verdict for state machines that choose. A refusal is kept with the
/// order; a provider that does not answer is an error.
pub struct AttemptPayment;

/// The verdict.
#[derive(Debug, PartialEq, Serialize)]
pub struct AttemptPaymentOutput {
    /// Whether the money is ours.
    pub paid: bool,
    /// Why not, in plain words.
    pub reason: Option<String>,
    /// Why not, by the name that `ChargePayment` would fail with.
    pub error: Option<&'static str>,
    /// The provider's reference.
    pub reference: Option<String>,
    /// How much.
    pub amount: Option<Number>,
    /// In which currency.
    pub currency: Option<Currency>,
}

impl Step for AttemptPayment {
    const NAME: &'static str = "AttemptPayment";
    type Input = OrderInput;
    type Output = AttemptPaymentOutput;

    async fn run(&self, context: &Context, input: OrderInput) -> Result<Done<AttemptPaymentOutput>> {
        let order = load(context, &input.order_id).await?;
        Ok(match charge(context, &order).await? {
            Charge::Paid(paid) => {
                let output = AttemptPaymentOutput {
                    paid: true,
                    reason: None,
                    error: None,
                    reference: paid.reference,
                    amount: Some(number(paid.amount)),
                    currency: Some(paid.amount.currency()),
                };
                Done::new(output, paid.changes)
            }
            Charge::Refused { error, changes } => {
                let output = AttemptPaymentOutput {
                    paid: false,
                    error: Some(error.name.as_str()),
                    reason: Some(error.message),
                    reference: None,
                    amount: None,
                    currency: None,
                };
                Done::new(output, changes)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use order::PaymentStatus;
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn money_is_taken_once() {
        let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
        let verdict = world.run_twice("AttemptPayment", json!({ "order_id": "A-1" })).await.expect("a verdict");
        assert_eq!(verdict["paid"], true);
        assert_eq!(verdict["error"], json!(null));
        assert_eq!(world.charged("A-1"), (5_100, 0));
        assert_eq!(world.status("A-1"), "paid");
    }

    #[tokio::test]
    async fn a_refusal_is_a_verdict_and_is_kept() {
        let world = World::with_reserved_by("A-1", &[("CHAI", 2)], "tok_expired").await;
        let verdict = world.run_twice("AttemptPayment", json!({ "order_id": "A-1" })).await.expect("a verdict");
        assert_eq!(verdict["paid"], false);
        assert_eq!(verdict["error"], "PaymentDeclined");
        assert_eq!(verdict["reason"], "the card has expired");
        assert_eq!(world.order("A-1").payment().status, PaymentStatus::Declined);
        assert_eq!(world.order("A-1").payment_events.len(), 1);
    }

    #[tokio::test]
    async fn an_outage_is_no_verdict() {
        let world = World::with_reserved_by("A-1", &[("CHAI", 2)], "tok_unavailable").await;
        let error = world.run("AttemptPayment", json!({ "order_id": "A-1" })).await.expect_err("it does not answer");
        assert_eq!(error.name, ErrorName::ServiceUnavailable);
    }
}
