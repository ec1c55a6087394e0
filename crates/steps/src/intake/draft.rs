use order::{Address, Contact, Currency, Line, NewOrder, OrderId};
use serde_json::Value;

use super::form::{Form, payment_token};

/// The token that a card without trouble has; taken where a request names none, as the documents know
/// none.
const DEFAULT_TOKEN: &str = "tok_visa";

/// An order as a request describes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    /// Its id, if the caller chose one.
    pub(crate) id: Option<OrderId>,
    /// Who orders.
    pub(crate) customer: Contact,
    /// What; no product twice.
    pub(crate) lines: Vec<Line>,
    /// Where it goes.
    pub(crate) shipping_address: Option<Address>,
    /// The currency asked for.
    pub(crate) currency: Option<Currency>,
    /// What stands for the card.
    pub(crate) payment_token: String,
    /// The document's word for the way of paying.
    pub(crate) payment_method: Option<String>,
}

impl Draft {
    /// An order of those lines by that customer; everything else left out.
    pub(crate) fn new(customer: Contact, lines: Vec<Line>) -> Self {
        Self {
            id: None,
            customer,
            lines,
            shipping_address: None,
            currency: None,
            payment_token: DEFAULT_TOKEN.into(),
            payment_method: None,
        }
    }

    /// The payment token beside a document's own fields.
    #[must_use]
    pub(crate) fn paid_by(mut self, form: &Form<'_>, field: &str) -> Self {
        if let Some(token) = form.optional(field, payment_token) {
            self.payment_token = token;
        }
        self
    }

    /// Whether an order is what this draft made when it was placed. What a customer's record filled in
    /// then does not count: the record may have changed since.
    pub(crate) fn is_of(&self, order: &NewOrder) -> bool {
        let by_record = self.customer.id.is_some();
        let same = |ours: bool, left_out: bool| ours || (by_record && left_out);
        self.customer.id == order.customer.id
            && same(self.customer.email == order.customer.email, self.customer.email.is_none())
            && same(self.customer.name == order.customer.name, self.customer.name.is_none())
            && same(self.shipping_address == order.shipping_address, self.shipping_address.is_none())
            && self.lines == order.lines
            && self.currency == order.currency
            && self.payment_token == order.payment_token
            && self.payment_method == order.payment_method
    }

    /// The order it makes.
    pub(crate) fn into_order(self, id: OrderId, workflow: String) -> NewOrder {
        NewOrder {
            id,
            workflow,
            customer: self.customer,
            lines: self.lines,
            shipping_address: self.shipping_address,
            currency: self.currency,
            payment_token: self.payment_token,
            payment_method: self.payment_method,
        }
    }
}

/// The lines in a list of objects, or in a map of them where the document allows one; those of the same
/// product are summed. Nothing when any of it is wrong.
pub(crate) fn read_lines(
    form: &Form<'_>,
    field: &str,
    known: &[&str],
    map_allowed: bool,
    read: impl Fn(&Form<'_>) -> Option<Line>,
) -> Option<Vec<Line>> {
    let entries: Vec<(String, &Value)> = match form.value(field) {
        Some(Value::Array(items)) => items.iter().enumerate().map(|(n, item)| (n.to_string(), item)).collect(),
        Some(Value::Object(items)) if map_allowed => items.iter().map(|(name, item)| (name.clone(), item)).collect(),
        _ => {
            form.problem(field, "a list with at least one line");
            return None;
        }
    };
    // Too many lines are refused before any is read.
    if !(1..=NewOrder::MAX_LINES).contains(&entries.len()) {
        form.problem(field, format!("1 to {} lines", NewOrder::MAX_LINES));
        return None;
    }
    // Every line is read before the first bad one spoils the list, so that all bad ones are noted.
    let lines: Vec<Option<Line>> =
        entries.iter().map(|(name, item)| read(&form.element(field, name, item, known)?)).collect();
    let lines = lines.into_iter().collect::<Option<Vec<Line>>>()?;
    NewOrder::merge_lines(lines).map_err(|invalid| form.note(invalid)).ok()
}
