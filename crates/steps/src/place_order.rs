use order::{Contact, Invalid, Line, Product, Sku};
use ports::Result;
use serde_json::{Value, json};

use crate::intake::form::{self, Form, Problems, refuse};
use crate::intake::{Draft, Placed, Placement, read_lines};
use crate::{Context, Done, Step};

/// Takes an order in for `checkout`, and starts its execution with it.
///
/// What a request alone can get wrong is refused here, all of it at once: unknown products and
/// customers, a currency that does not fit, a missing address. Whether there is enough stock is the
/// workflow's to decide.
pub struct PlaceOrder;

impl Step for PlaceOrder {
    const NAME: &'static str = "PlaceOrder";
    type Input = Placement;
    type Output = Placed;

    async fn run(&self, context: &Context, placement: Placement) -> Result<Done<Placed>> {
        if let Some(accepted) = placement.repeated(context).await? {
            return Ok(accepted.answer(json!({})));
        }
        let draft = read(&placement.request)?;
        let accepted = match placement.known(context, &draft).await? {
            Some(accepted) => accepted,
            None => placement.accept(context, look_up(context, &placement.request, draft).await?),
        };
        let input = json!({ "order_id": accepted.order.id });
        Ok(accepted.and_start(input).answer(json!({})))
    }
}

/// Reads the request's shape: `{"order_id"?, "customer": {"id"? | "email", "name"?}, "items": [{"sku",
/// "quantity"}], "shipping_address"?, "currency"?, "payment"?: {"token"}}`.
fn read(request: &Value) -> Result<Draft> {
    let problems = Problems::default();
    let draft = read_form(request, &problems);
    problems.finish(draft)
}

fn read_form(request: &Value, problems: &Problems) -> Option<Draft> {
    let known = ["order_id", "customer", "items", "shipping_address", "currency", "payment"];
    let form = Form::open(request, "", &known, problems)?;
    let id = form.optional("order_id", form::order_id);
    let customer = customer(&form);
    let lines = read_lines(&form, "items", &["sku", "quantity"], false, |item| {
        let (sku, quantity) = (item.required("sku", form::sku), item.required("quantity", form::quantity));
        Some(Line { sku: sku?, quantity: quantity? })
    });
    let shipping_address = form.address("shipping_address");
    let currency = form.optional("currency", form::currency);
    let token = form.object("payment", &["token"]).and_then(|payment| payment.required("token", form::payment_token));
    let mut draft = Draft { id, shipping_address, currency, ..Draft::new(customer?, lines?) };
    if let Some(token) = token {
        draft.payment_token = token;
    }
    Some(draft)
}

fn customer(form: &Form<'_>) -> Option<Contact> {
    if form.value("customer").is_none() {
        form.problem("customer", "an object with the customer's id or email");
        return None;
    }
    let customer = form.object("customer", &["id", "email", "name"])?;
    let id = customer.optional("id", form::customer_id);
    let name = customer.text("name");
    let email = match customer.value("id") {
        Some(_) => customer.optional("email", form::email),
        None => Some(customer.required("email", form::email)?),
    };
    Some(Contact { id, name, email })
}

/// Holds the draft against what the shop has: fills in what the customer's record knows, and refuses
/// what cannot be.
async fn look_up(context: &Context, request: &Value, mut draft: Draft) -> Result<Draft> {
    let mut problems = Vec::new();
    let wrong = |field: &str, expected: String| Invalid { field: field.to_owned(), expected };
    if let Some(id) = &draft.customer.id {
        match context.ports.customers.get(id).await? {
            Some(record) => {
                let contact = record.as_contact();
                draft.customer.name = draft.customer.name.take().or(contact.name);
                draft.customer.email = draft.customer.email.take().or(contact.email);
                draft.shipping_address = draft.shipping_address.take().or(record.address);
            }
            None => problems.push(wrong("customer/id", format!("a customer that exists; there is no {id}"))),
        }
    }
    // Of an unknown customer it is not known whether the address is missing.
    if draft.shipping_address.is_none() && problems.is_empty() {
        problems.push(wrong("shipping_address", "an address with its country".into()));
    }
    let skus: Vec<Sku> = draft.lines.iter().map(|line| line.sku.clone()).collect();
    let products = context.ports.catalog.products(&skus).await?;
    problems.extend(wrong_products(request, &draft, &products));
    if problems.is_empty() { Ok(draft) } else { Err(refuse(problems)) }
}

/// Products that do not exist or are sold in another currency than the order's.
fn wrong_products(request: &Value, draft: &Draft, products: &[Product]) -> Vec<Invalid> {
    let mut problems = Vec::new();
    let mut first: Option<&Product> = None;
    for line in &draft.lines {
        let field = || {
            let items = request["items"].as_array().into_iter().flatten();
            let index = items.into_iter().position(|item| item["sku"] == line.sku.as_str()).unwrap_or_default();
            format!("items/{index}/sku")
        };
        let Some(product) = products.iter().find(|product| product.sku == line.sku) else {
            let expected = format!("a product that exists; there is no {}", line.sku);
            problems.push(Invalid { field: field(), expected });
            continue;
        };
        let sold_in = product.unit_price.currency();
        if let Some(ordered_in) = draft.currency
            && ordered_in != sold_in
        {
            // The field is wrong once, however many products it does not fit.
            if problems.iter().any(|problem: &Invalid| problem.field == "currency") {
                continue;
            }
            let expected = format!("{sold_in}, in which {} is sold", line.sku);
            problems.push(Invalid { field: "currency".into(), expected });
        } else if let Some(first) = first
            && first.unit_price.currency() != sold_in
        {
            let expected = format!("a product sold in {}, as {} is", first.unit_price.currency(), first.sku);
            problems.push(Invalid { field: field(), expected });
        }
        first = first.or(Some(product));
    }
    problems
}

#[cfg(test)]
mod tests {
    use ports::{ErrorName, StepError};

    use super::*;
    use crate::testing::{World, example, placement, placement_with_key};

    fn request() -> Value {
        json!({
            "customer": { "email": "ana@example.com", "name": "Ana Pop" },
            "items": [{ "sku": "CHAI", "quantity": 2 }, { "sku": "CHANG", "quantity": 1 }, { "sku": "CHAI", "quantity": 1 }],
            "shipping_address": { "city": "Iași", "country": "RO", "region": "" }
        })
    }

    async fn refusal(world: &World, request: Value) -> StepError {
        let error = world.run("PlaceOrder", placement("checkout", request)).await.expect_err("it is wrong");
        assert_eq!(world.orders(), 0);
        assert!(world.executions().is_empty());
        error
    }

    #[tokio::test]
    async fn an_order_is_taken_in_with_its_execution() {
        let world = World::new();
        let output = world.run("PlaceOrder", placement("checkout", request())).await.expect("it is right");
        let id = output["order_id"].as_str().expect("an id").to_owned();
        assert_eq!(output["status"], "placed");
        assert_eq!(output["answer"], json!({}));
        assert_eq!(output["execution_arn"], world.execution_arn("checkout", &id));
        let order = world.order(&id);
        let lines: Vec<(&str, i64)> =
            order.placed.lines.iter().map(|line| (line.sku.as_str(), line.quantity.units())).collect();
        assert_eq!(lines, [("CHAI", 3), ("CHANG", 1)], "repeated products are one line");
        assert_eq!(order.placed.payment_token, "tok_visa");
        assert_eq!(order.placed.shipping_address.expect("given").region, None, "blank is left out");
        assert_eq!(world.executions()[0].input, json!({ "order_id": id }));
    }

    #[tokio::test]
    async fn the_example_of_the_workflow_is_taken() {
        let world = World::new();
        world.run("PlaceOrder", placement("checkout", example("checkout"))).await.expect("it is right");
    }

    #[tokio::test]
    async fn a_known_customer_needs_no_more_than_an_id() {
        let world = World::new();
        let request =
            json!({ "order_id": "A-1", "customer": { "id": "ALFKI" }, "items": [{ "sku": "CHAI", "quantity": 1 }] });
        world.run_twice("PlaceOrder", placement("checkout", request.clone())).await.expect("it is right");
        let placed = world.order("A-1").placed;
        assert_eq!(placed.customer.email.expect("known").as_str(), "alfki@example.com");
        assert_eq!(placed.customer.name.as_deref(), Some("Maria Anders"));
        assert_eq!(placed.shipping_address.expect("known").country.code(), "DE");

        world.move_customer("ALFKI", "FR");
        world.run_twice("PlaceOrder", placement("checkout", request)).await.expect("it is the same order still");
        assert_eq!(world.orders(), 1);
    }

    #[tokio::test]
    async fn each_wrong_field_is_named() {
        let world = World::new();
        let line = |sku: &str, quantity: Value| json!([{ "sku": sku, "quantity": quantity }]);
        let mut cases: Vec<(&str, Value, &str)> = vec![
            ("items", json!([]), "items"),
            ("items", json!(null), "items"),
            ("items", json!({ "item_0": {} }), "items"),
            ("items", json!(vec![json!({ "sku": "CHAI", "quantity": 1 }); 10_000]), "items"),
            ("items", json!([7]), "items/0"),
            ("items", json!([{ "sku": "CHAI" }]), "items/0/quantity"),
            ("items", json!([{ "sku": "CHAI", "quantity": 1, "price": 1 }]), "items/0/price"),
            ("items", line("NIX", json!(1)), "items/0/sku"),
            ("items", line("", json!(1)), "items/0/sku"),
            ("items", json!([{ "sku": "CHAI", "quantity": 1 }, { "sku": "TEE", "quantity": 1 }]), "items/1/sku"),
            (
                "items",
                json!([{ "sku": "CHAI", "quantity": 999_999 }, { "sku": "CHAI", "quantity": 2 }]),
                "items/1/quantity",
            ),
            ("currency", json!("EUR"), "currency"),
            ("currency", json!("EURO"), "currency"),
            ("currency", json!(978), "currency"),
            ("order_id", json!("a b"), "order_id"),
            ("order_id", json!(12_345), "order_id"),
            ("customer", json!(null), "customer"),
            ("customer", json!({}), "customer/email"),
            ("customer", json!({ "email": "ana" }), "customer/email"),
            ("customer", json!({ "email": "a@b.cc\r\nBcc: x@y.zz" }), "customer/email"),
            ("customer", json!({ "id": "WHO" }), "customer/id"),
            ("customer", json!({ "id": 7 }), "customer/id"),
            ("customer", json!({ "email": "a@b.cc", "name": "x".repeat(201) }), "customer/name"),
            ("customer", json!({ "email": "a@b.cc", "vip": true }), "customer/vip"),
            ("shipping_address", json!(null), "shipping_address"),
            ("shipping_address", json!("Iași"), "shipping_address"),
            ("shipping_address", json!({ "city": "Iași" }), "shipping_address/country"),
            ("shipping_address", json!({ "country": "Romania" }), "shipping_address/country"),
            ("payment", json!({}), "payment/token"),
            ("payment", json!({ "token": "" }), "payment/token"),
            ("payment", json!({ "token": "tok_visa", "cvv": "123" }), "payment/cvv"),
            ("discount", json!(1), "discount"),
        ];
        for quantity in [json!(0), json!(-1), json!(1.5), json!(1_000_000_000_000_i64), json!("2"), json!(null)] {
            cases.push(("items", line("CHAI", quantity), "items/0/quantity"));
        }
        for (field, value, wrong) in cases {
            let mut bad = request();
            bad[field] = value;
            let error = refusal(&world, bad).await;
            assert_eq!(error.name, ErrorName::InvalidRequest);
            let fields: Vec<&str> = error.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
            assert_eq!(fields, [wrong], "{error}");
        }
        assert_eq!(refusal(&world, json!([1])).await.message, "expected an object");
    }

    #[tokio::test]
    async fn all_wrong_fields_are_named_at_once() {
        let world = World::new();
        let error = refusal(&world, json!({ "customer": { "email": 1 }, "items": [{}], "currency": "?" })).await;
        let fields: Vec<&str> = error.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
        assert_eq!(fields, ["customer/email", "items/0/sku", "items/0/quantity", "currency"]);
        let mut lost = request();
        lost["customer"] = json!({ "id": "WHO" });
        lost["items"] = json!([{ "sku": "NIX", "quantity": 1 }, { "sku": "NADA", "quantity": 1 }]);
        let fields: Vec<String> = refusal(&world, lost).await.invalid.into_iter().map(|wrong| wrong.field).collect();
        assert_eq!(fields, ["customer/id", "items/0/sku", "items/1/sku"]);
    }

    #[tokio::test]
    async fn the_same_order_id_is_the_same_order_or_refused() {
        let world = World::new();
        let mut request = request();
        request["order_id"] = json!("A-1");
        let first = world.run("PlaceOrder", placement("checkout", request.clone())).await.expect("it is right");
        world.run_to_the_end("A-1").await;
        let again = world.run_twice("PlaceOrder", placement("checkout", request.clone())).await.expect("a repetition");
        assert_eq!(again, first);
        assert_eq!(world.executions().len(), 1);
        request["items"][0]["quantity"] = json!(7);
        let error = world.run("PlaceOrder", placement("checkout", request)).await.expect_err("it is another order");
        assert_eq!(error.name, ErrorName::OrderIdTaken);
    }

    #[tokio::test]
    async fn the_same_key_is_the_same_order_or_refused() {
        let world = World::new();
        let with_key = |request| placement_with_key("checkout", request, "key-1");
        let first = world.run("PlaceOrder", with_key(request())).await.expect("it is right");
        let again = world.run_twice("PlaceOrder", with_key(request())).await.expect("a repetition");
        assert_eq!(again, first);
        assert_eq!(world.orders(), 1);
        let mut other = request();
        other["items"][0]["quantity"] = json!(7);
        let error = world.run("PlaceOrder", with_key(other)).await.expect_err("it is another request");
        assert_eq!(error.name, ErrorName::IdempotencyKeyReused);
        assert_eq!(world.orders(), 1);
    }

    #[tokio::test]
    async fn a_key_that_comes_with_the_repetition_is_bound_too() {
        let world = World::new();
        let mut request = request();
        request["order_id"] = json!("A-1");
        world.run("PlaceOrder", placement("checkout", request.clone())).await.expect("it is right");
        let with_key = |request| placement_with_key("checkout", request, "key-1");
        world.run("PlaceOrder", with_key(request.clone())).await.expect("a repetition");
        request["order_id"] = json!("A-2");
        let error = world.run("PlaceOrder", with_key(request)).await.expect_err("the key is bound to the other");
        assert_eq!(error.name, ErrorName::IdempotencyKeyReused);
    }
}
