use ports::Result;
use serde::Serialize;

use crate::amounts::Amounts;
use crate::price_and_reserve::{PriceAndReserveInput, price_and_reserve};
use crate::{Context, Done, Step, check};

/// Checks, prices and holds in one, as a verdict for state machines that choose. When the last unit
/// goes in between, it fails with `OutOfStock` all the same.
pub struct AttemptReservation;

/// The verdict.
#[derive(Debug, PartialEq, Serialize)]
pub struct AttemptReservationOutput {
    /// Whether all units are held.
    pub available: bool,
    /// Why not, in plain words.
    pub reason: Option<String>,
    /// Why not, by the name that `PriceAndReserve` would fail with.
    pub error: Option<&'static str>,
    /// What they cost.
    pub amounts: Option<Amounts>,
}

impl Step for AttemptReservation {
    const NAME: &'static str = "AttemptReservation";
    type Input = PriceAndReserveInput;
    type Output = AttemptReservationOutput;

    async fn run(&self, context: &Context, input: PriceAndReserveInput) -> Result<Done<AttemptReservationOutput>> {
        match price_and_reserve(context, &input).await {
            Ok(Done { output: amounts, changes }) => {
                let output =
                    AttemptReservationOutput { available: true, reason: None, error: None, amounts: Some(amounts) };
                Ok(Done::new(output, changes))
            }
            Err(refusal) if check::is_refusal(refusal.name) => Ok(Done::unchanged(AttemptReservationOutput {
                available: false,
                error: Some(refusal.name.as_str()),
                reason: Some(refusal.message),
                amounts: None,
            })),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::{Value, json};

    use crate::testing::World;

    fn input(order: &str) -> Value {
        json!({ "order_id": order, "shipping": { "base": "0.00" } })
    }

    #[tokio::test]
    async fn the_verdict_comes_with_the_hold_or_with_the_reason() {
        let world = World::with_order("A-1", &[("CHAI", 10)]);
        let verdict = world.run_twice("AttemptReservation", input("A-1")).await.expect("a verdict");
        assert_eq!(verdict["available"], true);
        assert_eq!(verdict["amounts"]["total"], 180.0);
        assert_eq!(world.stock("CHAI"), (10, 10, 0));

        world.place("A-2", &[("CHAI", 1)]);
        let verdict = world.run_twice("AttemptReservation", input("A-2")).await.expect("a verdict");
        let expected = json!({
            "available": false, "reason": "CHAI: 1 wanted, 0 available", "error": "OutOfStock", "amounts": null
        });
        assert_eq!(verdict, expected);
    }

    #[tokio::test]
    async fn an_outage_is_no_verdict() {
        let world = World::with_order("A-1", &[("CHAI", 1)]);
        world.fail_next_reads(1);
        let error = world.run("AttemptReservation", input("A-1")).await.expect_err("nothing answers");
        assert_eq!(error.name, ErrorName::ServiceUnavailable);
    }
}
