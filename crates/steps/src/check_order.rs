use order::OrderId;
use ports::{Change, Result};
use serde::{Deserialize, Serialize};

use crate::orders::load;
use crate::{Context, Done, Step, check};

/// Says whether an order can be taken, as a verdict for state machines that choose. An outage is an
/// error all the same: nobody is told "invalid" because a database did not answer.
pub struct CheckOrder;

/// Which order, and what takes it to its end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckOrderInput {
    /// Which order.
    pub order_id: OrderId,
    /// The execution. On AWS a pipe or a rule starts one under a name of its own, which nobody knows before; it is
    /// noted with the order here.
    pub execution_arn: Option<String>,
}

/// The verdict.
#[derive(Debug, PartialEq, Serialize)]
pub struct CheckOrderOutput {
    /// Whether it can.
    pub valid: bool,
    /// Why not, in plain words.
    pub reason: Option<String>,
    /// Why not, by the name that `ValidateOrder` would fail with.
    pub error: Option<&'static str>,
}

impl Step for CheckOrder {
    const NAME: &'static str = "CheckOrder";
    type Input = CheckOrderInput;
    type Output = CheckOrderOutput;

    async fn run(&self, context: &Context, input: CheckOrderInput) -> Result<Done<CheckOrderOutput>> {
        let order = load(context, &input.order_id).await?;
        let output = match check::check(context, &order).await {
            Ok(_) => CheckOrderOutput { valid: true, reason: None, error: None },
            Err(refusal) if check::is_refusal(refusal.name) => {
                CheckOrderOutput { valid: false, error: Some(refusal.name.as_str()), reason: Some(refusal.message) }
            }
            Err(error) => return Err(error),
        };
        let other = input.execution_arn.filter(|execution_arn| *execution_arn != order.execution_arn);
        let note = |execution_arn| Change::NoteExecution { order_id: input.order_id, execution_arn };
        Ok(Done::new(output, other.map(note).into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn the_verdict_says_why_not() {
        let world = World::with_order("A-1", &[("CHAI", 10)]);
        world.place("A-2", &[("CHAI", 11)]);
        let verdict = world.run_twice("CheckOrder", json!({ "order_id": "A-1" })).await.expect("a verdict");
        assert_eq!(verdict, json!({ "valid": true, "reason": null, "error": null }));
        let verdict = world.run_twice("CheckOrder", json!({ "order_id": "A-2" })).await.expect("a verdict");
        let expected = json!({ "valid": false, "reason": "CHAI: 11 wanted, 10 available", "error": "OutOfStock" });
        assert_eq!(verdict, expected);
    }

    #[tokio::test]
    async fn the_execution_that_a_pipe_has_started_is_noted() {
        let world = World::with_order("A-1", &[("CHAI", 10)]);
        let started = "arn:aws:states:us-east-1:123456789012:execution:emag-orderflow:5f1c";
        let input = json!({ "order_id": "A-1", "execution_arn": started });
        world.run_twice("CheckOrder", input).await.expect("a verdict");
        assert_eq!(world.order("A-1").execution_arn, started);
    }

    #[tokio::test]
    async fn an_outage_is_no_verdict() {
        let world = World::with_order("A-1", &[("CHAI", 1)]);
        world.fail_next_reads(2);
        for _ in 0..2 {
            let error = world.run("CheckOrder", json!({ "order_id": "A-1" })).await.expect_err("nothing answers");
            assert_eq!(error.name, ErrorName::ServiceUnavailable);
        }
        world.run("CheckOrder", json!({ "order_id": "A-1" })).await.expect("it answers again");
    }
}
