use order::{Contact, Line};
use ports::Result;
use serde_json::{Number, Value, json};

use crate::intake::form::{self, Form, Problems};
use crate::intake::{Draft, Placed, Placement};
use crate::{Context, Done, Step};

/// Starts an execution of `confirmed-orders` with an order, and answers as `StartExecution` does. The
/// execution gets the request as it came; an id is put in when it had none.
pub struct PlaceConfirmedOrder;

impl Step for PlaceConfirmedOrder {
    const NAME: &'static str = "PlaceConfirmedOrder";
    type Input = Placement;
    type Output = Placed;

    async fn run(&self, context: &Context, placement: Placement) -> Result<Done<Placed>> {
        let accepted = placement.take(context, read).await?;
        let mut input = placement.request;
        if let Some(fields) = input.as_object_mut() {
            fields.insert("order_id".into(), json!(accepted.order.id));
        }
        let answer = json!({ "executionArn": accepted.execution_arn, "startDate": epoch_seconds(accepted.at) });
        Ok(accepted.and_start(input).answer(answer))
    }
}

/// A time as AWS JSON writes it: seconds with milliseconds behind the point.
fn epoch_seconds(at: jiff::Timestamp) -> Number {
    let milliseconds = at.as_millisecond();
    let written = format!("{}.{:03}", milliseconds.div_euclid(1_000), milliseconds.rem_euclid(1_000));
    serde_json::from_str(&written).expect("digits around a point are a JSON number")
}

/// `{"order_id"?, "product_id", "quantity", "customer_email", "payment_token"?}`.
pub(crate) fn read(request: &Value) -> Result<Draft> {
    let problems = Problems::default();
    let draft = read_form(request, &problems);
    problems.finish(draft)
}

fn read_form(request: &Value, problems: &Problems) -> Option<Draft> {
    let known = ["order_id", "product_id", "quantity", "customer_email", "payment_token"];
    let form = Form::open(request, "", &known, problems)?;
    let id = form.optional("order_id", form::order_id);
    let sku = form.required("product_id", form::sku);
    let quantity = form.required("quantity", form::quantity);
    let email = form.required("customer_email", form::email);
    let contact = Contact { id: None, name: None, email: Some(email?) };
    let draft = Draft::new(contact, vec![Line { sku: sku?, quantity: quantity? }]);
    Some(Draft { id, ..draft }.paid_by(&form, "payment_token"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{World, example, placement};

    #[tokio::test]
    async fn the_documents_sample_starts_an_execution_with_itself() {
        let world = World::new();
        let sample = example("confirmed-orders");
        let output =
            world.run_twice("PlaceConfirmedOrder", placement("confirmed-orders", sample.clone())).await.expect("right");
        assert_eq!(output["status"], "RECEIVED");
        assert_eq!(output["answer"]["executionArn"], world.execution_arn("confirmed-orders", "12345"));
        assert_eq!(output["answer"]["startDate"], 1_790_000_000.0);
        assert_eq!(world.executions().len(), 1);
        assert_eq!(world.executions()[0].input, sample);
    }

    #[tokio::test]
    async fn an_order_without_an_id_gets_one() {
        let world = World::new();
        let mut request = example("confirmed-orders");
        request.as_object_mut().expect("an object").remove("order_id");
        let output = world.run("PlaceConfirmedOrder", placement("confirmed-orders", request)).await.expect("right");
        assert_eq!(world.executions()[0].input["order_id"], output["order_id"]);
    }

    #[test]
    fn times_have_three_decimals() {
        for (at, seconds) in [("2026-01-02T03:04:05.678Z", "1767323045.678"), ("2026-01-02T03:04:05Z", "1767323045.0")]
        {
            assert_eq!(epoch_seconds(at.parse().expect("a time")).to_string(), seconds);
        }
    }
}
