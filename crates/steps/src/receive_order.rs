use order::{OrderId, Status};
use ports::{ErrorName, Result, StepError};
use serde::Deserialize;
use serde_json::Value;

use crate::intake::Placement;
use crate::orders::Moved;
use crate::{Context, Done, Step, place_confirmed_order};

/// The first state of `confirmed-orders`: places the order in the execution's input if it is not there
/// yet, so that an execution started directly works like one started by a request.
///
/// `InvalidRequest` names what is wrong with the input; `OrderIdTaken` when another order has its id.
/// Neither is that order's failure: the execution alone fails.
pub struct ReceiveOrder;

/// The execution's own data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiveOrderInput {
    /// The workflow.
    workflow: String,
    /// The execution's input.
    request: Value,
    /// The execution.
    execution_arn: String,
    /// The execution's name; it becomes the id of an order that has none.
    execution_name: String,
}

impl Step for ReceiveOrder {
    const NAME: &'static str = "ReceiveOrder";
    type Input = ReceiveOrderInput;
    type Output = Moved;

    async fn run(&self, context: &Context, input: ReceiveOrderInput) -> Result<Done<Moved>> {
        let mut draft = place_confirmed_order::read(&input.request)?;
        let id = match draft.id.take() {
            Some(id) => id,
            None => OrderId::parse(input.execution_name).map_err(|invalid| {
                let message = format!("order_id: expected one, as the execution's name cannot be one ({invalid})");
                StepError::new(ErrorName::InvalidRequest, message)
            })?,
        };
        draft.id = Some(id.clone());
        let placement = Placement {
            workflow: input.workflow,
            request: input.request,
            idempotency_key: None,
            request_hash: String::new(),
        };
        let accepted = match placement.known(context, &draft).await? {
            Some(accepted) => accepted,
            None => placement.accept_as(context, draft, id.clone(), input.execution_arn),
        };
        let status = Status::Placed.word(&placement.workflow);
        Ok(Done::new(Moved { order_id: id, status }, accepted.changes))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{World, example, placement};

    fn input(request: &Value, name: &str) -> Value {
        json!({
            "workflow": "confirmed-orders", "request": request,
            "execution_arn": format!("arn:started:{name}"), "execution_name": name
        })
    }

    #[tokio::test]
    async fn an_execution_started_directly_brings_its_order() {
        let world = World::new();
        let sample = example("confirmed-orders");
        let output = world.run_twice("ReceiveOrder", input(&sample, "mine")).await.expect("it is right");
        assert_eq!(output, json!({ "order_id": "12345", "status": "RECEIVED" }));
        assert_eq!(world.order("12345").execution_arn, "arn:started:mine");
        assert!(world.executions().is_empty(), "it runs already");
    }

    #[tokio::test]
    async fn an_order_that_was_placed_stays_as_it_is() {
        let world = World::new();
        let sample = example("confirmed-orders");
        world.run("PlaceConfirmedOrder", placement("confirmed-orders", sample.clone())).await.expect("it is right");
        world.run_twice("ReceiveOrder", input(&sample, "12345")).await.expect("it is the same order");
        assert_eq!(world.order("12345").execution_arn, world.execution_arn("confirmed-orders", "12345"));
    }

    #[tokio::test]
    async fn an_order_without_an_id_is_called_as_its_execution() {
        let world = World::new();
        let mut request = example("confirmed-orders");
        request.as_object_mut().expect("an object").remove("order_id");
        let output = world.run_twice("ReceiveOrder", input(&request, "run-7")).await.expect("it is right");
        assert_eq!(output["order_id"], "run-7");
        let error = world.run("ReceiveOrder", input(&request, "run 7")).await.expect_err("it cannot be an id");
        assert_eq!(error.name, ErrorName::InvalidRequest);
    }

    #[tokio::test]
    async fn somebody_elses_order_is_left_alone() {
        let world = World::with_order("12345", &[("CHAI", 1)]);
        let error = world.run("ReceiveOrder", input(&example("confirmed-orders"), "12345")).await.expect_err("taken");
        assert_eq!(error.name, ErrorName::OrderIdTaken);
        assert_eq!(world.status("12345"), "placed");
    }
}
