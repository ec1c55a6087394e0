use order::{Contact, Invalid, Line};
use ports::Result;
use serde_json::{Value, json};

use crate::intake::form::{self, Form, Problems};
use crate::intake::{Draft, Placed, Placement};
use crate::{Context, Done, Step};

/// Takes in what the web shop's form of `receipt-orders` sends, and starts the workflow with it.
pub struct PlaceReceiptOrder;

/// The way of paying that the form means when it names none.
const DEFAULT_METHOD: &str = "creditCard";
/// The longest name of a way of paying.
const LONGEST_METHOD: usize = 50;

impl Step for PlaceReceiptOrder {
    const NAME: &'static str = "PlaceReceiptOrder";
    type Input = Placement;
    type Output = Placed;

    async fn run(&self, context: &Context, placement: Placement) -> Result<Done<Placed>> {
        let accepted = placement.take(context, read).await?;
        let id = accepted.order.id.clone();
        let answer = json!({
            "message": "Order placed successfully",
            "orderId": id,
            "executionArn": accepted.execution_arn,
        });
        Ok(accepted.and_start(json!({ "orderId": id })).answer(answer))
    }
}

/// `{"productId", "quantity", "customerEmail", "paymentMethod"? ("creditCard"), "orderId"?,
/// "payment_token"?}`.
fn read(request: &Value) -> Result<Draft> {
    let problems = Problems::default();
    let draft = read_form(request, &problems);
    problems.finish(draft)
}

fn read_form(request: &Value, problems: &Problems) -> Option<Draft> {
    let known = ["orderId", "productId", "quantity", "customerEmail", "paymentMethod", "payment_token"];
    let form = Form::open(request, "", &known, problems)?;
    let id = form.optional("orderId", form::order_id);
    let sku = form.required("productId", form::sku);
    let quantity = form.required("quantity", form::quantity_or_digits);
    let email = form.required("customerEmail", form::email);
    let method = form.optional("paymentMethod", payment_method);
    let contact = Contact { id: None, name: None, email: Some(email?) };
    let draft = Draft::new(contact, vec![Line { sku: sku?, quantity: quantity? }]);
    let payment_method = Some(method.unwrap_or_else(|| DEFAULT_METHOD.to_owned()));
    Some(Draft { id, payment_method, ..draft }.paid_by(&form, "payment_token"))
}

fn payment_method(value: &Value) -> Result<String, Invalid> {
    let fits =
        |word: &&str| (1..=LONGEST_METHOD).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric());
    let word = value.as_str().filter(fits);
    word.map(str::to_owned).ok_or_else(|| Invalid::new("a way of paying such as creditCard"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{World, example, placement};

    #[tokio::test]
    async fn the_form_is_taken_in_and_answered_as_the_document_says() {
        let world = World::new();
        let request =
            json!({ "productId": "CHAI", "quantity": "2", "customerEmail": "ana@example.com", "orderId": "R-1" });
        let output = world.run_twice("PlaceReceiptOrder", placement("receipt-orders", request)).await.expect("right");
        let arn = world.execution_arn("receipt-orders", "R-1");
        assert_eq!(output["status"], "PENDING");
        let answer = json!({ "message": "Order placed successfully", "orderId": "R-1", "executionArn": arn });
        assert_eq!(output["answer"], answer);
        let placed = world.order("R-1").placed;
        assert_eq!(placed.payment_method.as_deref(), Some("creditCard"));
        assert_eq!(placed.lines[0].quantity.units(), 2);
        assert_eq!(world.executions().len(), 1);
        assert_eq!(world.executions()[0].input, json!({ "orderId": "R-1" }));
    }

    #[tokio::test]
    async fn the_example_of_the_workflow_is_taken() {
        let world = World::new();
        let request = placement("receipt-orders", example("receipt-orders"));
        world.run("PlaceReceiptOrder", request).await.expect("it is right");
    }

    #[tokio::test]
    async fn each_wrong_field_is_named() {
        let world = World::new();
        for (request, fields) in [
            (json!({}), vec!["productId", "quantity", "customerEmail"]),
            (
                json!({ "productId": "CHAI", "quantity": "two", "customerEmail": "ana@example", "paymentMethod": "?" }),
                vec!["quantity", "customerEmail", "paymentMethod"],
            ),
            (
                json!({ "productId": "CHAI", "quantity": 1, "customerEmail": "ana@example.com", "price": 1 }),
                vec!["price"],
            ),
        ] {
            let error = world.run("PlaceReceiptOrder", placement("receipt-orders", request)).await.expect_err("wrong");
            let wrong: Vec<&str> = error.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
            assert_eq!(wrong, fields, "{error}");
        }
    }
}
