use order::{Contact, Invalid, Line, Quantity};
use ports::Result;
use serde_json::{Value, json};

use crate::intake::form::{self, Form, Problems};
use crate::intake::{Draft, Placed, Placement, read_lines};
use crate::{Context, Done, Step};

/// Inserts an order into the table of `emag-orderflow`; the table's stream does the rest. Whether its
/// customer and items exist is the workflow's to decide.
pub struct PlaceEmagOrder;

/// The status with which an order is inserted.
const PENDING: &str = "PENDING";

impl Step for PlaceEmagOrder {
    const NAME: &'static str = "PlaceEmagOrder";
    type Input = Placement;
    type Output = Placed;

    async fn run(&self, context: &Context, placement: Placement) -> Result<Done<Placed>> {
        let accepted = placement.take(context, read).await?;
        Ok(accepted.answer(json!({})))
    }
}

/// `{"order_id"?, "customer_id", "customer_email"?, "currency"?, "shipping_address"?, "status"?, "items":
/// [{"item_id", "quantity"? (1)}], "payment_token"?}`; `items` may also be a map.
fn read(request: &Value) -> Result<Draft> {
    let problems = Problems::default();
    let draft = read_form(request, &problems);
    problems.finish(draft)
}

fn read_form(request: &Value, problems: &Problems) -> Option<Draft> {
    let known = [
        "order_id",
        "customer_id",
        "customer_email",
        "currency",
        "shipping_address",
        "status",
        "items",
        "payment_token",
    ];
    let form = Form::open(request, "", &known, problems)?;
    let id = form.optional("order_id", form::order_id);
    let customer_id = form.required("customer_id", form::customer_id);
    let email = form.optional("customer_email", form::email);
    let currency = form.optional("currency", form::currency);
    let shipping_address = form.address("shipping_address");
    form.optional("status", |value| {
        if value == PENDING { Ok(()) } else { Err(Invalid::new(format!("{PENDING}, or nothing"))) }
    });
    let lines = read_lines(&form, "items", &["item_id", "quantity"], true, |item| {
        let quantity = match item.value("quantity") {
            Some(_) => item.required("quantity", form::quantity),
            None => Quantity::new(1).ok(),
        };
        Some(Line { sku: item.required("item_id", form::sku)?, quantity: quantity? })
    });
    let contact = Contact { id: Some(customer_id?), name: None, email };
    let draft = Draft { id, currency, shipping_address, ..Draft::new(contact, lines?) };
    Some(draft.paid_by(&form, "payment_token"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{World, example, placement};

    #[tokio::test]
    async fn an_order_is_inserted_and_nothing_else() {
        let world = World::new();
        let request = json!({
            "order_id": "E-1", "customer_id": "WHO", "currency": "RON", "status": "PENDING",
            "shipping_address": { "country": "DE" },
            "items": { "item_0": { "item_id": "NIX", "quantity": 2 }, "item_1": { "item_id": "NIX" } },
            "payment_token": "tok_fraud"
        });
        let output =
            world.run_twice("PlaceEmagOrder", placement("emag-orderflow", request)).await.expect("it is right");
        assert_eq!(output["status"], "PENDING");
        let placed = world.order("E-1").placed;
        assert_eq!(placed.lines.len(), 1);
        assert_eq!(placed.lines[0].quantity.units(), 3, "the default quantity is one");
        assert_eq!(placed.payment_token, "tok_fraud");
        assert!(world.executions().is_empty(), "the table's stream starts it");
    }

    #[tokio::test]
    async fn the_example_of_the_workflow_is_taken() {
        let world = World::new();
        let request = placement("emag-orderflow", example("emag-orderflow"));
        world.run("PlaceEmagOrder", request).await.expect("it is right");
    }

    #[tokio::test]
    async fn each_wrong_field_is_named() {
        let world = World::new();
        let item = json!([{ "item_id": "CHAI" }]);
        for (request, fields) in [
            (json!({}), vec!["customer_id", "items"]),
            (json!({ "customer_id": "C", "items": [] }), vec!["items"]),
            (
                json!({ "customer_id": "C", "items": { "item_0": { "item_id": "CHAI", "quantity": -1 } } }),
                vec!["items/item_0/quantity"],
            ),
            (json!({ "customer_id": "C", "items": [{ "quantity": 1 }] }), vec!["items/0/item_id"]),
            (json!({ "customer_id": "C", "items": item, "status": "PAID" }), vec!["status"]),
            (json!({ "customer_id": "C", "items": item, "total": 1 }), vec!["total"]),
            (json!({ "customer_id": "C", "items": item, "shipping_address": {} }), vec!["shipping_address/country"]),
            (json!({ "customer_id": "C", "items": item, "payment_token": 1 }), vec!["payment_token"]),
        ] {
            let error = world.run("PlaceEmagOrder", placement("emag-orderflow", request)).await.expect_err("wrong");
            let wrong: Vec<&str> = error.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
            assert_eq!(wrong, fields, "{error}");
        }
    }
}
