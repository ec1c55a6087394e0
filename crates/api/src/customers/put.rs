//! Creating and changing a customer.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use order::{Customer, CustomerId, Email, Invalid};
use ports::Change;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::customers::view::{CustomerView, at_path};
use crate::fields::{self, Fields, LONGEST_LINE};
use crate::operators::Deed;
use crate::problem::Problem;
use crate::request::{JsonBody, PathText};
use crate::views::AddressView;

/// What a customer is to be; what is left out is gone afterwards.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct CustomerRequest {
    /// The company, if it is one.
    #[schema(example = "Alfreds Futterkiste")]
    company: Option<String>,
    /// The person's name.
    #[schema(example = "Maria Anders")]
    contact: Option<String>,
    /// Where mail goes.
    #[schema(example = "alfki@example.com")]
    email: String,
    /// Where goods go unless the order says otherwise.
    address: Option<AddressView>,
}

/// Creates or changes a customer.
#[utoipa::path(
    put, path = "/customers/{id}", tag = "customers", operation_id = "put_customer",
    params(("id" = String, Path, description = "The customer's id")),
    request_body = CustomerRequest,
    responses((status = 200, description = "It was changed", body = CustomerView),
              (status = 201, description = "It was created", body = CustomerView)),
    security(("operator" = [])),
)]
pub(crate) async fn put(
    State(app): Shared,
    operator: Operator,
    PathText(id): PathText,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<CustomerView>), Problem> {
    let id = CustomerId::parse(id).map_err(|invalid| Problem::from(vec![invalid.at("id")]))?;
    let customer = read(&id, body)?;
    let existed = app.state.ports.customers.get(&id).await?.is_some();
    let deed = Deed::new("put_customer").on(id.as_str());
    let putting = async { Ok(app.state.writer.apply(vec![Change::PutCustomer(customer)]).await?) };
    app.on_behalf(&operator, deed, putting).await?;
    let status = if existed { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(at_path(&app, id.as_str()).await?.into())))
}

fn read(id: &CustomerId, body: Value) -> Result<Customer, Vec<Invalid>> {
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let given = fields.optional("customer_id", fields::parsed("the id of the path", CustomerId::parse));
    if given.is_some_and(|given| given != *id) {
        fields.refuse("customer_id", format!("{id}, as in the path"));
    }
    let company = fields.optional("company", fields::text(LONGEST_LINE));
    let contact = fields.optional("contact", fields::text(LONGEST_LINE));
    let expected = "a mail address such as ana@example.com";
    let email = fields.required("email", expected, fields::parsed(expected, Email::parse));
    let address = fields.optional("address", fields::address);
    fields.finish()?;
    let email = email.expect("without an error the address was read");
    Ok(Customer { id: id.clone(), company, contact, email, address })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_wrong_field_is_told_with_its_path() {
        let id = CustomerId::parse("ALFKI").unwrap();
        let body = json!({"customer_id": "OTHER", "email": "nobody", "address": {"country": "XX"}, "vip": true});
        let invalid = read(&id, body).unwrap_err();
        let fields: Vec<_> = invalid.iter().map(|invalid| invalid.field.as_str()).collect();
        assert_eq!(fields, ["customer_id", "email", "address/country", "vip"]);
    }
}
