//! Shapes that several answers share.

use order::{Address, Contact, Money};
use ports::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount of money.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Money, example = json!({"amount": "115.00", "currency": "USD"}))]
pub(crate) struct MoneyView {
    /// A decimal with all the currency's digits.
    amount: String,
    /// The ISO 4217 code.
    currency: &'static str,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: money.currency().code() }
    }
}

/// A postal address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Address, example = json!({
    "name": "Ana Pop", "street": "Strada Lungă 1", "city": "Brașov", "postal_code": "500051", "country": "RO"
}))]
pub(crate) struct AddressView {
    /// Who receives what is sent there.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    street: Option<String>,
    /// Town.
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    /// State, province, county.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    /// The ISO 3166 code.
    country: String,
}

impl From<Address> for AddressView {
    fn from(address: Address) -> Self {
        let Address { name, street, city, region, postal_code, country } = address;
        Self { name, street, city, region, postal_code, country: country.into() }
    }
}

/// What an order keeps of its customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact, example = json!({"id": "ALFKI", "name": "Maria Anders", "email": "alfki@example.com"}))]
pub(crate) struct ContactView {
    /// The customer's id, for one we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The name to greet with.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Where mail goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        Self { id: contact.id.map(String::from), name: contact.name, email: contact.email.map(String::from) }
    }
}

/// One page of a listing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PageView<T> {
    /// The entries of this page.
    pub items: Vec<T>,
    /// Ask with this as `cursor` to get the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> PageView<T> {
    pub(crate) fn of<U>(page: Page<U>, view: impl FnMut(U) -> T) -> Self {
        Self { items: page.items.into_iter().map(view).collect(), next_cursor: page.next_cursor }
    }
}

/// A listing that is complete.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListView<T> {
    /// The entries.
    pub items: Vec<T>,
}
