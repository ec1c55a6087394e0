//! Forgetting who a customer is.

use axum::Json;
use axum::extract::State;
use order::{CustomerId, Email, Invalid, Order};
use ports::{OrderFilter, Person};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::{App, Shared};
use crate::fields::{self, Fields};
use crate::operators::Deed;
use crate::problem::Problem;
use crate::request::{JsonBody, PathText};
use crate::state::available;

/// How many orders are read at a time.
const PAGE: usize = 200;

/// Whom to forget.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct EraseGuest {
    /// The mail address that was ordered with.
    #[schema(example = "ana@example.com")]
    email: String,
}

/// What was forgotten.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Erased)]
pub(crate) struct ErasedView {
    /// The orders that no longer say whose they are.
    #[schema(example = json!(["A-1"]))]
    orders: Vec<String>,
    /// How many mails were emptied.
    #[schema(example = 2)]
    mails: u64,
}

/// Forgets who a customer is: names, addresses and mail addresses go from the customers' book, from orders,
/// mails, messages, histories and receipts. Orders, stock and money stay. Refused while one of the customer's
/// orders has not come to its end. Doing it again changes nothing.
#[utoipa::path(
    post, path = "/customers/{id}/erase", tag = "customers", operation_id = "erase_customer",
    params(("id" = String, Path, description = "The customer's id")),
    responses((status = 200, description = "It is forgotten", body = ErasedView)),
    security(("operator" = [])),
)]
pub(crate) async fn customer(
    State(app): Shared,
    operator: Operator,
    PathText(id): PathText,
) -> Result<Json<ErasedView>, Problem> {
    let id = CustomerId::parse(&*id).map_err(|_| Problem::not_found(format_args!("customer {id}")))?;
    // The id is no secret, and says afterwards whose data was erased.
    let deed = Deed::new("erase_personal_data").on(id.as_str());
    app.on_behalf(&operator, deed, erase(&app, Person::Customer(id))).await.map(Json)
}

/// Forgets whoever ordered with a mail address, as for a customer.
#[utoipa::path(
    post, path = "/customers/erase", tag = "customers", operation_id = "erase_guest",
    request_body = EraseGuest,
    responses((status = 200, description = "It is forgotten", body = ErasedView)),
    security(("operator" = [])),
)]
pub(crate) async fn guest(
    State(app): Shared,
    operator: Operator,
    JsonBody(body): JsonBody,
) -> Result<Json<ErasedView>, Problem> {
    let email = read(body)?;
    let deed = Deed::new("erase_personal_data").on("a guest");
    app.on_behalf(&operator, deed, erase(&app, Person::Guest(email))).await.map(Json)
}

async fn erase(app: &App, person: Person) -> Result<ErasedView, Problem> {
    let book = available(&app.state.console.personal_data)?;
    // Receipts first: once the orders no longer say whose they are, nobody would find them again.
    for order in orders_of(app, &person).await? {
        if let (Some(receipt), true) = (&order.receipt, order.status.is_final()) {
            let anonymous = Order { placed: order.placed.anonymous(), ..order.clone() };
            if let Some(document) = app.state.receipts.render(&anonymous) {
                app.state.ports.receipts.put(&receipt.object_key, document).await?;
            }
        }
    }
    let erased = book.erase(&person).await?;
    Ok(ErasedView { orders: erased.orders.into_iter().map(String::from).collect(), mails: erased.mails })
}

async fn orders_of(app: &App, person: &Person) -> Result<Vec<Order>, Problem> {
    let customer = match person {
        Person::Customer(id) => id.as_str().to_owned(),
        Person::Guest(email) => email.as_str().to_owned(),
    };
    let filter = OrderFilter { customer: Some(customer), ..OrderFilter::default() };
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = app.state.ports.orders.list(&filter, cursor.as_deref(), PAGE).await?;
        found.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

fn read(body: Value) -> Result<Email, Vec<Invalid>> {
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let expected = "a mail address such as ana@example.com";
    let email = fields.required("email", expected, fields::parsed(expected, Email::parse));
    fields.finish()?;
    Ok(email.expect("without an error the address was read"))
}
