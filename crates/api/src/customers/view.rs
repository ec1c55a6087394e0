//! A customer as it is shown.

use order::{Customer, CustomerId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::Problem;
use crate::views::AddressView;

/// A customer we know.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
pub(crate) struct CustomerView {
    /// Its identifier.
    #[schema(example = "ALFKI")]
    customer_id: String,
    /// The company, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alfreds Futterkiste")]
    company: Option<String>,
    /// The person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Maria Anders")]
    contact: Option<String>,
    /// Where mail goes.
    #[schema(example = "alfki@example.com")]
    email: String,
    /// Where goods go unless the order says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<AddressView>,
}

impl From<Customer> for CustomerView {
    fn from(customer: Customer) -> Self {
        Self {
            customer_id: customer.id.into(),
            company: customer.company,
            contact: customer.contact,
            email: customer.email.into(),
            address: customer.address.map(AddressView::from),
        }
    }
}

/// The customer that a path names.
pub(crate) async fn at_path(app: &App, id: &str) -> Result<Customer, Problem> {
    let missing = || Problem::not_found(format_args!("customer {id}"));
    let parsed = CustomerId::parse(id).map_err(|_| missing())?;
    app.state.ports.customers.get(&parsed).await?.ok_or_else(missing)
}
