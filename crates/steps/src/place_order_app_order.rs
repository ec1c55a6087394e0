use order::{Address, Contact, Line};
use ports::Result;
use serde_json::{Value, json};

use crate::intake::form::{self, Form, Problems};
use crate::intake::{Draft, Placed, Placement, read_lines};
use crate::{Context, Done, Step};

/// Writes an order of `order-app` as `PENDING`; the insert, seen by a rule on the event bus, starts the
/// workflow. Whether its client and items exist is the workflow's to decide.
pub struct PlaceOrderAppOrder;

impl Step for PlaceOrderAppOrder {
    const NAME: &'static str = "PlaceOrderAppOrder";
    type Input = Placement;
    type Output = Placed;

    async fn run(&self, context: &Context, placement: Placement) -> Result<Done<Placed>> {
        let accepted = placement.take(context, read).await?;
        let answer = json!({ "order_id": accepted.order.id, "order_status": "PENDING" });
        Ok(accepted.answer(answer))
    }
}

/// `{"order_id"?, "client_details": {"id"? , "name"?, "email"?, "address"?}, "items": [{"item_id",
/// "quantity"}], "payment_token"?}`.
fn read(request: &Value) -> Result<Draft> {
    let problems = Problems::default();
    let draft = read_form(request, &problems);
    problems.finish(draft)
}

fn read_form(request: &Value, problems: &Problems) -> Option<Draft> {
    let form = Form::open(request, "", &["order_id", "client_details", "items", "payment_token"], problems)?;
    let id = form.optional("order_id", form::order_id);
    let client = client(&form);
    let lines = read_lines(&form, "items", &["item_id", "quantity"], false, |item| {
        let (sku, quantity) = (item.required("item_id", form::sku), item.required("quantity", form::quantity));
        Some(Line { sku: sku?, quantity: quantity? })
    });
    let (contact, shipping_address) = client?;
    Some(Draft { id, shipping_address, ..Draft::new(contact, lines?) }.paid_by(&form, "payment_token"))
}

/// The client's details. The workflow verifies them; here they only have to be what they claim to be.
fn client(form: &Form<'_>) -> Option<(Contact, Option<Address>)> {
    if form.value("client_details").is_none() {
        form.problem("client_details", "an object with the client's id, name, email or address");
        return None;
    }
    let client = form.object("client_details", &["id", "customer_id", "name", "email", "address"])?;
    let id = client.optional("id", form::customer_id).or_else(|| client.optional("customer_id", form::customer_id));
    let contact = Contact { id, name: client.text("name"), email: client.optional("email", form::email) };
    Some((contact, client.address("address")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{World, example, placement};

    #[tokio::test]
    async fn an_order_is_written_as_pending_and_nothing_else() {
        let world = World::new();
        let request = json!({
            "order_id": "O-1",
            "client_details": { "name": "Ana", "email": "ana@example.com", "address": { "country": "RO" } },
            "items": [{ "item_id": "NIX", "quantity": 1 }]
        });
        let output = world.run_twice("PlaceOrderAppOrder", placement("order-app", request)).await.expect("it is right");
        assert_eq!(output["answer"], json!({ "order_id": "O-1", "order_status": "PENDING" }));
        assert_eq!(output["status"], "PENDING");
        assert_eq!(world.order("O-1").placed.shipping_address.expect("given").country.code(), "RO");
        assert!(world.executions().is_empty(), "the rule starts it");
    }

    #[tokio::test]
    async fn the_example_of_the_workflow_is_taken() {
        let world = World::new();
        world.run("PlaceOrderAppOrder", placement("order-app", example("order-app"))).await.expect("it is right");
    }

    #[tokio::test]
    async fn each_wrong_field_is_named() {
        let world = World::new();
        let items = json!([{ "item_id": "CHAI", "quantity": 1 }]);
        for (request, fields) in [
            (json!({}), vec!["client_details", "items"]),
            (
                json!({ "client_details": [], "items": [{ "item_id": "CHAI" }] }),
                vec!["client_details", "items/0/quantity"],
            ),
            (
                json!({ "client_details": { "email": "x", "shoe_size": 42 }, "items": items }),
                vec!["client_details/shoe_size", "client_details/email"],
            ),
        ] {
            let error = world.run("PlaceOrderAppOrder", placement("order-app", request)).await.expect_err("wrong");
            let wrong: Vec<&str> = error.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
            assert_eq!(wrong, fields, "{error}");
        }
    }
}
