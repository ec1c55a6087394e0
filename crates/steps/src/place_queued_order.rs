use order::{Contact, Line};
use ports::{Change, QueueMessage, Result, TopicMessage};
use serde_json::{Value, json};

use crate::intake::form::{self, Form, Problems};
use crate::intake::{Draft, Placed, Placement};
use crate::{Context, Done, Step};

/// Puts an order of `queued-orders` on `OrdersQueue`, whose consumer starts the workflow, and tells
/// `OrderAlertsTopic` that an order was placed.
pub struct PlaceQueuedOrder;

const QUEUE: &str = "OrdersQueue";
const TOPIC: &str = "OrderAlertsTopic";

impl Step for PlaceQueuedOrder {
    const NAME: &'static str = "PlaceQueuedOrder";
    type Input = Placement;
    type Output = Placed;

    async fn run(&self, context: &Context, placement: Placement) -> Result<Done<Placed>> {
        let mut accepted = placement.take(context, read).await?;
        let id = accepted.order.id.clone();
        if accepted.is_new {
            // No mail address: whoever is subscribed to the topic learns no more than is needed.
            let line = accepted.order.lines.first().expect("an order has a line");
            let alert = format!("Order {id} was placed: {} of {}.", line.quantity, line.sku);
            let body = json!({
                "OrderID": id,
                "ProductID": line.sku,
                "Quantity": line.quantity,
                "CustomerEmail": accepted.order.customer.email,
            });
            accepted.changes.push(Change::SendMessage(QueueMessage {
                queue: QUEUE.into(),
                key: id.as_str().to_owned(),
                body: body.to_string(),
                at: accepted.at,
            }));
            accepted.changes.push(Change::Publish(TopicMessage {
                topic: TOPIC.into(),
                key: id.as_str().to_owned(),
                subject: Some(format!("Order {id} placed")),
                message: alert,
                at: accepted.at,
            }));
        }
        Ok(accepted.answer(json!({ "message": "Order placed", "OrderID": id })))
    }
}

/// `{"OrderID"?, "ProductID", "Quantity", "CustomerEmail", "payment_token"?}`, as JSON or as query
/// parameters, where every value is a text.
fn read(request: &Value) -> Result<Draft> {
    let problems = Problems::default();
    let draft = read_form(request, &problems);
    problems.finish(draft)
}

fn read_form(request: &Value, problems: &Problems) -> Option<Draft> {
    let known = ["OrderID", "ProductID", "Quantity", "CustomerEmail", "payment_token"];
    let form = Form::open(request, "", &known, problems)?;
    let id = form.optional("OrderID", form::order_id);
    let sku = form.required("ProductID", form::sku);
    let quantity = form.required("Quantity", form::quantity_or_digits);
    let email = form.required("CustomerEmail", form::email);
    let contact = Contact { id: None, name: None, email: Some(email?) };
    let draft = Draft::new(contact, vec![Line { sku: sku?, quantity: quantity? }]);
    Some(Draft { id, ..draft }.paid_by(&form, "payment_token"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{World, example, placement};

    #[tokio::test]
    async fn an_order_goes_on_the_queue_and_the_topic_once() {
        let world = World::new();
        let request =
            json!({ "OrderID": "Q-1", "ProductID": "CHAI", "Quantity": "2", "CustomerEmail": "ana@example.com" });
        let output = world.run_twice("PlaceQueuedOrder", placement("queued-orders", request)).await.expect("right");
        assert_eq!(output["status"], "PLACED");
        assert_eq!(output["answer"], json!({ "message": "Order placed", "OrderID": "Q-1" }));
        let messages = world.queue("OrdersQueue");
        assert_eq!(messages.len(), 1);
        let body: Value = serde_json::from_str(&messages[0].body).expect("JSON");
        assert_eq!(
            body,
            json!({ "OrderID": "Q-1", "ProductID": "CHAI", "Quantity": 2, "CustomerEmail": "ana@example.com" })
        );
        let alerts = world.topic("OrderAlertsTopic");
        assert_eq!(alerts.len(), 1);
        assert_eq!(alerts[0].message, "Order Q-1 was placed: 2 of CHAI.");
        assert!(world.executions().is_empty(), "the queue's consumer starts it");
    }

    #[tokio::test]
    async fn the_example_of_the_workflow_is_taken() {
        let world = World::new();
        let request = placement("queued-orders", example("queued-orders"));
        world.run("PlaceQueuedOrder", request).await.expect("it is right");
    }

    #[tokio::test]
    async fn each_wrong_field_is_named() {
        let world = World::new();
        let request = json!({ "ProductID": "", "Quantity": "0", "CustomerEmail": "ana", "Coupon": "X" });
        let error = world.run("PlaceQueuedOrder", placement("queued-orders", request)).await.expect_err("wrong");
        let wrong: Vec<&str> = error.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
        assert_eq!(wrong, ["Coupon", "ProductID", "Quantity", "CustomerEmail"]);
        assert_eq!(world.orders(), 0);
        assert!(world.queue("OrdersQueue").is_empty());
    }
}
