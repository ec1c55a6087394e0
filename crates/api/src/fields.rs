//! Reads an object field by field: all that is wrong is told at once, and what nobody asked for is
//! wrong.

use order::{Address, Country, Currency, Invalid, Money};
use serde_json::{Map, Value};

use crate::problem::Problem;

/// The fields that are not read yet, and what was found wrong with the others.
pub(crate) struct Fields {
    unread: Map<String, Value>,
    known: Vec<&'static str>,
    invalid: Vec<Invalid>,
}

impl Fields {
    /// The fields of an object.
    pub(crate) fn of(value: Value) -> Result<Self, Invalid> {
        match value {
            Value::Object(unread) => Ok(Self { unread, known: Vec::new(), invalid: Vec::new() }),
            _ => Err(Invalid::new("an object")),
        }
    }

    /// Takes a field that may be absent or null.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value) -> Result<T, Vec<Invalid>>,
    ) -> Option<T> {
        self.known.push(name);
        match self.unread.shift_remove(name) {
            None | Some(Value::Null) => None,
            Some(value) => match read(value) {
                Ok(value) => Some(value),
                Err(invalid) => {
                    self.invalid.extend(invalid.into_iter().map(|invalid| invalid.at(name)));
                    None
                }
            },
        }
    }

    /// Takes a field that must be there.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(Value) -> Result<T, Vec<Invalid>>,
    ) -> Option<T> {
        if self.unread.get(name).is_none_or(Value::is_null) {
            self.known.push(name);
            self.unread.shift_remove(name);
            self.refuse(name, expected);
            return None;
        }
        self.optional(name, read)
    }

    /// Passes over a field that we give and do not take, so that what was read can be sent back.
    pub(crate) fn ignore(&mut self, name: &'static str) {
        self.known.push(name);
        self.unread.shift_remove(name);
    }

    /// Notes a field that is wrong.
    pub(crate) fn refuse(&mut self, name: &str, expected: impl Into<String>) {
        self.invalid.push(Invalid { field: name.to_owned(), expected: expected.into() });
    }

    /// Ends the reading: what is left over is unknown.
    pub(crate) fn finish(mut self) -> Result<(), Vec<Invalid>> {
        let known = self.known.join(", ");
        for name in self.unread.keys() {
            let expected = format!("no such field; known are {known}");
            self.invalid.push(Invalid { field: name.clone(), expected });
        }
        if self.invalid.is_empty() { Ok(()) } else { Err(self.invalid) }
    }
}

impl From<Vec<Invalid>> for Problem {
    fn from(invalid: Vec<Invalid>) -> Self {
        Problem::fields(invalid)
    }
}

/// A text that says something, of at most so many characters, without control characters.
pub(crate) fn text(longest: usize) -> impl FnOnce(Value) -> Result<String, Vec<Invalid>> {
    move |value| match value {
        Value::String(text)
            if !text.trim().is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control) =>
        {
            Ok(text)
        }
        _ => Err(vec![Invalid::new(format!("a text of 1 to {longest} characters"))]),
    }
}

/// A text that `parse` understands.
pub(crate) fn parsed<T>(
    expected: &'static str,
    parse: impl FnOnce(String) -> Result<T, Invalid>,
) -> impl FnOnce(Value) -> Result<T, Vec<Invalid>> {
    move |value| match value {
        Value::String(text) => parse(text).map_err(|invalid| vec![invalid]),
        _ => Err(vec![Invalid::new(expected)]),
    }
}

/// A whole number within bounds.
pub(crate) fn whole_number(from: i64, to: i64) -> impl FnOnce(Value) -> Result<i64, Vec<Invalid>> {
    move |value| {
        let number = value.as_i64().filter(|number| (from..=to).contains(number));
        number.ok_or_else(|| vec![Invalid::new(format!("a whole number from {from} to {to}"))])
    }
}

/// An amount of money that is not negative: `{"amount": "9.90", "currency": "EUR"}`.
pub(crate) fn price(value: Value) -> Result<Money, Vec<Invalid>> {
    let mut fields = Fields::of(value)
        .map_err(|_| vec![Invalid::new("an amount of money such as {\"amount\": \"9.90\", \"currency\": \"EUR\"}")])?;
    let expected = "a decimal amount as text, such as \"9.90\"";
    let amount = fields.required("amount", expected, parsed(expected, Ok));
    let expected = "an ISO 4217 currency code such as EUR";
    let currency = fields.required("currency", expected, parsed(expected, |code| Currency::parse(&code)));
    let mut price = None;
    if let (Some(amount), Some(currency)) = (amount, currency) {
        match parse_price(&amount, currency) {
            Ok(money) => price = Some(money),
            Err(invalid) => fields.refuse("amount", invalid.expected),
        }
    }
    fields.finish()?;
    Ok(price.expect("without an error both parts were read"))
}

/// An amount that is not negative.
pub(crate) fn parse_price(amount: &str, currency: Currency) -> Result<Money, Invalid> {
    Money::parse(amount, currency).and_then(|money| {
        if money.minor() >= 0 { Ok(money) } else { Err(Invalid::new("an amount that is not negative")) }
    })
}

/// The most characters of a line of an address, of a name.
pub(crate) const LONGEST_LINE: usize = 200;

/// A postal address.
pub(crate) fn address(value: Value) -> Result<Address, Vec<Invalid>> {
    let mut fields = Fields::of(value).map_err(|invalid| vec![invalid])?;
    let name = fields.optional("name", text(LONGEST_LINE));
    let street = fields.optional("street", text(LONGEST_LINE));
    let city = fields.optional("city", text(LONGEST_LINE));
    let region = fields.optional("region", text(LONGEST_LINE));
    let postal_code = fields.optional("postal_code", text(LONGEST_LINE));
    let expected = "an ISO 3166 country code such as RO";
    let country = fields.required("country", expected, parsed(expected, Country::parse));
    fields.finish()?;
    let country = country.expect("without an error the country was read");
    Ok(Address { name, street, city, region, postal_code, country })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_price_is_read_or_each_wrong_field_is_told() {
        assert_eq!(price(json!({"amount": "9.9", "currency": "EUR"})).unwrap().to_string(), "9.90 EUR");
        let table = [
            (json!("9.90"), vec![""]),
            (json!({}), vec!["amount", "currency"]),
            (json!({"amount": 9.9, "currency": "EUR"}), vec!["amount"]),
            (json!({"amount": "9.999", "currency": "EUR"}), vec!["amount"]),
            (json!({"amount": "-1", "currency": "EUR"}), vec!["amount"]),
            (json!({"amount": "1", "currency": "XYZ", "vat": 1}), vec!["currency", "vat"]),
        ];
        for (value, expected) in table {
            let invalid = price(value.clone()).unwrap_err();
            let fields: Vec<_> = invalid.iter().map(|invalid| invalid.field.as_str()).collect();
            assert_eq!(fields, expected, "{value}");
        }
    }

    #[test]
    fn an_address_needs_its_country() {
        let read = address(json!({"street": "Strada Lungă 1", "city": null, "country": "RO"})).unwrap();
        assert_eq!((read.street.as_deref(), read.city), (Some("Strada Lungă 1"), None));
        let invalid = address(json!({"city": 7, "country": "ROU"})).unwrap_err();
        assert_eq!(invalid.len(), 2);
    }
}
