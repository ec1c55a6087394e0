use order::OrderId;
use ports::{Change, Execution, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Context, Done, Step};

/// Takes messages from the orders queue and starts the workflow of each one's order. A message that
/// names no order of ours is handed back and ends among the dead letters; the others go on.
pub struct StartOrderProcessing;

/// Messages as Lambda gets them from a queue, as far as they matter here.
#[derive(Debug, Deserialize)]
pub struct Messages {
    #[serde(rename = "Records")]
    records: Vec<Message>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message_id: String,
    body: String,
}

/// Which messages are to stay on the queue.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    /// Those that could not be handled.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// A message that could not be handled.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Its id.
    pub item_identifier: String,
}

impl Step for StartOrderProcessing {
    const NAME: &'static str = "StartOrderProcessing";
    type Input = Messages;
    type Output = BatchAnswer;

    async fn run(&self, context: &Context, input: Messages) -> Result<Done<BatchAnswer>> {
        let mut failures = Vec::new();
        let mut changes = Vec::new();
        for message in input.records {
            match execution(context, &message.body).await? {
                Some(execution) => changes.push(Change::StartExecution(execution)),
                None => failures.push(BatchItemFailure { item_identifier: message.message_id }),
            }
        }
        Ok(Done::new(BatchAnswer { batch_item_failures: failures }, changes))
    }
}

/// The execution for the order in a message; nothing when there is no such order.
async fn execution(context: &Context, body: &str) -> Result<Option<Execution>> {
    let Ok(input) = serde_json::from_str::<Value>(body) else {
        return Ok(None);
    };
    let Some(id) = input.get("OrderID").and_then(Value::as_str).and_then(|id| OrderId::parse(id).ok()) else {
        return Ok(None);
    };
    let order = context.ports.orders.get(&id).await?;
    Ok(order.map(|order| Execution { state_machine: order.placed.workflow, name: id.into(), input }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn each_order_is_started_once_and_the_rest_stays_on_the_queue() {
        let world = World::with_order("A-1", &[("CHAI", 1)]);
        let message = |id: &str, body: &str| json!({ "messageId": id, "body": body, "eventSource": "aws:sqs" });
        let input = json!({ "Records": [
            message("1", r#"{"OrderID":"A-1","Quantity":1}"#),
            message("2", r#"{"OrderID":"A-404"}"#),
            message("3", "hello"),
            message("4", r#"{"OrderID":"A-1","Quantity":1}"#),
            message("5", r#"{"OrderID":7}"#)
        ] });
        let output = world.run_twice("StartOrderProcessing", input).await.expect("a queue is always answered");
        let failed = ["2", "3", "5"].map(|id| json!({ "itemIdentifier": id }));
        assert_eq!(output, json!({ "batchItemFailures": failed }));
        let executions = world.executions();
        assert_eq!(executions.len(), 1);
        assert_eq!((executions[0].state_machine.as_str(), executions[0].name.as_str()), ("checkout", "A-1"));
        assert_eq!(executions[0].input, json!({ "OrderID": "A-1", "Quantity": 1 }));
    }

    #[tokio::test]
    async fn an_outage_leaves_all_messages_on_the_queue() {
        let world = World::with_order("A-1", &[("CHAI", 1)]);
        world.fail_next_reads(1);
        let input = json!({ "Records": [{ "messageId": "1", "body": r#"{"OrderID":"A-1"}"# }] });
        world.run("StartOrderProcessing", input).await.expect_err("nothing answers");
        assert!(world.executions().is_empty());
    }
}
