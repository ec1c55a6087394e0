//! A customer as it is shown.

use std::collections::BTreeMap;

use order::{Customer, CustomerId};
use ports::CustomerTotals;
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
    /// What came of the customer's orders, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<CustomerTotalsView>,
}

/// What came of a customer's orders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerTotals)]
pub(crate) struct CustomerTotalsView {
    /// How many were placed.
    #[schema(example = 3)]
    orders: u64,
    /// What was paid and not given back, by currency.
    #[schema(example = json!({"RON": "372.00"}))]
    total: BTreeMap<&'static str, String>,
}

impl From<CustomerTotals> for CustomerTotalsView {
    fn from(totals: CustomerTotals) -> Self {
        let total = totals.spent.iter().map(|money| (money.currency().code(), money.amount()));
        Self { orders: totals.orders, total: total.collect() }
    }
}

impl CustomerView {
    pub(crate) fn with(self, totals: CustomerTotals) -> Self {
        Self { totals: Some(totals.into()), ..self }
    }
}

impl From<Customer> for CustomerView {
    fn from(customer: Customer) -> Self {
        Self {
            customer_id: customer.id.into(),
            company: customer.company,
            contact: customer.contact,
            email: customer.email.into(),
            address: customer.address.map(AddressView::from),
            totals: None,
        }
    }
}

/// The customer that a path names.
pub(crate) async fn at_path(app: &App, id: &str) -> Result<Customer, Problem> {
    let missing = || Problem::not_found(format_args!("customer {id}"));
    let parsed = CustomerId::parse(id).map_err(|_| missing())?;
    app.state.ports.customers.get(&parsed).await?.ok_or_else(missing)
}
