//! Reading a request field by field, so that every wrong field is reported and not only the first.

use std::cell::RefCell;

use order::{Address, Country, Currency, CustomerId, Email, Invalid, OrderId, Quantity, Sku};
use ports::{ErrorName, StepError};
use serde_json::{Map, Value};

/// The longest text a customer may write into one field, in characters.
const LONGEST_TEXT: usize = 200;
/// More wrong fields than this are not worth reading.
const MOST_PROBLEMS: usize = 50;

/// Everything that is wrong with one request.
#[derive(Default)]
pub(crate) struct Problems(RefCell<Vec<Invalid>>);

impl Problems {
    /// Notes one.
    fn note(&self, problem: Invalid) {
        let mut problems = self.0.borrow_mut();
        if problems.len() < MOST_PROBLEMS {
            problems.push(problem);
        }
    }

    /// What was read, if nothing was wrong with it.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, StepError> {
        let problems = self.0.into_inner();
        match read {
            Some(read) if problems.is_empty() => Ok(read),
            _ => Err(refuse(problems)),
        }
    }
}

/// `InvalidRequest` with all that is wrong.
pub(crate) fn refuse(problems: Vec<Invalid>) -> StepError {
    let words: Vec<String> = problems.iter().map(Invalid::to_string).collect();
    StepError { name: ErrorName::InvalidRequest, message: words.join("; "), invalid: problems }
}

/// One JSON object of a request.
pub(crate) struct Form<'a> {
    fields: &'a Map<String, Value>,
    path: String,
    problems: &'a Problems,
}

impl<'a> Form<'a> {
    /// The object at that path, which may have only the known fields.
    pub(crate) fn open(value: &'a Value, path: &str, known: &[&str], problems: &'a Problems) -> Option<Self> {
        let Value::Object(fields) = value else {
            problems.note(Invalid { field: path.to_owned(), expected: "an object".into() });
            return None;
        };
        let form = Self { fields, path: path.to_owned(), problems };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            form.problem(name, format!("no such field; known are {}", known.join(", ")));
        }
        Some(form)
    }

    /// Where a field of it stands.
    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) }
    }

    /// Notes what is wrong with a field.
    pub(crate) fn problem(&self, name: &str, expected: impl Into<String>) {
        self.problems.note(Invalid { field: self.path_of(name), expected: expected.into() });
    }

    /// Notes what is wrong somewhere in it.
    pub(crate) fn note(&self, problem: Invalid) {
        self.problems.note(problem);
    }

    /// The field, where it is given and not null.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A field that may be left out.
    pub(crate) fn optional<T>(&self, name: &str, read: impl FnOnce(&Value) -> Result<T, Invalid>) -> Option<T> {
        match read(self.value(name)?) {
            Ok(read) => Some(read),
            Err(invalid) => {
                self.problems.note(invalid.at(self.path_of(name)));
                None
            }
        }
    }

    /// A field that must be there.
    pub(crate) fn required<T>(&self, name: &str, read: impl FnOnce(&Value) -> Result<T, Invalid>) -> Option<T> {
        // What is not there is read as null, so that its own reader says what it should have been.
        match read(self.value(name).unwrap_or(&Value::Null)) {
            Ok(read) => Some(read),
            Err(invalid) => {
                self.problems.note(invalid.at(self.path_of(name)));
                None
            }
        }
    }

    /// A text that may be left out; one that is blank counts as left out, as web forms send it.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.optional(name, text).filter(|text| !text.trim().is_empty())
    }

    /// An object inside it that may be left out.
    pub(crate) fn object(&self, name: &str, known: &[&str]) -> Option<Form<'a>> {
        Form::open(self.value(name)?, &self.path_of(name), known, self.problems)
    }

    /// One element of a list or map inside it.
    pub(crate) fn element(&self, list: &str, name: &str, value: &'a Value, known: &[&str]) -> Option<Form<'a>> {
        Form::open(value, &format!("{}/{name}", self.path_of(list)), known, self.problems)
    }

    /// An address that may be left out. One that is there needs its country.
    pub(crate) fn address(&self, name: &str) -> Option<Address> {
        let form = self.object(name, &["name", "street", "city", "region", "postal_code", "country"])?;
        let [name, street, city, region, postal_code] =
            ["name", "street", "city", "region", "postal_code"].map(|field| form.text(field));
        Some(Address { name, street, city, region, postal_code, country: form.required("country", country)? })
    }
}

/// Reads a text with the rule of its type. What is no text is as wrong as an empty one.
fn parsed<'a, T>(value: &'a Value, parse: impl FnOnce(&'a str) -> Result<T, Invalid>) -> Result<T, Invalid> {
    parse(value.as_str().unwrap_or_default())
}

/// An order's id.
pub(crate) fn order_id(value: &Value) -> Result<OrderId, Invalid> {
    parsed(value, OrderId::parse)
}

/// A customer's id.
pub(crate) fn customer_id(value: &Value) -> Result<CustomerId, Invalid> {
    parsed(value, CustomerId::parse)
}

/// A product's id.
pub(crate) fn sku(value: &Value) -> Result<Sku, Invalid> {
    parsed(value, Sku::parse)
}

/// A mail address.
pub(crate) fn email(value: &Value) -> Result<Email, Invalid> {
    parsed(value, Email::parse)
}

/// A country.
pub(crate) fn country(value: &Value) -> Result<Country, Invalid> {
    parsed(value, Country::parse)
}

/// A currency.
pub(crate) fn currency(value: &Value) -> Result<Currency, Invalid> {
    parsed(value, Currency::parse)
}

/// A quantity as a JSON number.
pub(crate) fn quantity(value: &Value) -> Result<Quantity, Invalid> {
    // Numbers with a fraction and those beyond 64 bits are no more a quantity than zero is.
    Quantity::new(value.as_i64().unwrap_or_default())
}

/// A quantity as a JSON number or as its digits in a text, as query strings and web forms send it.
pub(crate) fn quantity_or_digits(value: &Value) -> Result<Quantity, Invalid> {
    match value {
        Value::String(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Quantity::new(digits.parse().unwrap_or_default())
        }
        other => quantity(other),
    }
}

/// What the payment provider gave the shop for the card.
pub(crate) fn payment_token(value: &Value) -> Result<String, Invalid> {
    let fits = |token: &&str| (1..=LONGEST_TEXT).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    let token = value.as_str().filter(fits);
    token.map(str::to_owned).ok_or_else(|| Invalid::new("a payment token such as tok_visa"))
}

/// Text on one line.
fn text(value: &Value) -> Result<String, Invalid> {
    let fits = |text: &&str| text.chars().count() <= LONGEST_TEXT && !text.chars().any(char::is_control);
    let text = value.as_str().filter(fits);
    text.map(str::to_owned)
        .ok_or_else(|| Invalid::new(format!("one line of text of at most {LONGEST_TEXT} characters")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities_are_whole_numbers_within_bounds() {
        for (value, strict, lenient) in [
            (json!(1), Some(1), Some(1)),
            (json!(1_000_000), Some(1_000_000), Some(1_000_000)),
            (json!("2"), None, Some(2)),
            (json!("007"), None, Some(7)),
            (json!(0), None, None),
            (json!(-1), None, None),
            (json!(1.5), None, None),
            (json!(1_000_001), None, None),
            (json!(1_000_000_000_000_i64), None, None),
            (json!(18_446_744_073_709_551_615_u64), None, None),
            (json!("0"), None, None),
            (json!("-2"), None, None),
            (json!("+2"), None, None),
            (json!("2.0"), None, None),
            (json!(" 2"), None, None),
            (json!("99999999999999999999"), None, None),
            (json!(""), None, None),
            (json!(null), None, None),
            (json!(true), None, None),
            (json!([1]), None, None),
        ] {
            assert_eq!(quantity(&value).ok().map(Quantity::units), strict, "{value}");
            assert_eq!(quantity_or_digits(&value).ok().map(Quantity::units), lenient, "{value}");
        }
    }

    #[test]
    fn every_problem_is_reported_with_its_path() {
        let request = json!({
            "colour": "red",
            "address": { "city": 7, "country": "XX", "planet": "Earth" },
            "bare": {},
            "text": "a\nb"
        });
        let problems = Problems::default();
        let form = Form::open(&request, "", &["address", "bare", "text", "email"], &problems).expect("an object");
        assert!(form.address("address").is_none());
        assert!(form.address("bare").is_none());
        assert!(form.address("absent").is_none());
        assert!(form.text("text").is_none());
        assert!(form.required("email", email).is_none());
        let error = problems.finish::<()>(None).expect_err("a lot is wrong");
        let fields: Vec<&str> = error.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
        let expected = ["colour", "address/planet", "address/city", "address/country", "bare/country", "text", "email"];
        assert_eq!(fields, expected);
        assert!(error.message.contains("colour: expected no such field; known are address, bare, text, email"));
    }

    #[test]
    fn a_request_with_nothing_right_is_not_read_for_ever() {
        let request = Value::Object((0..10_000).map(|n| (format!("f{n}"), Value::Null)).collect());
        let problems = Problems::default();
        Form::open(&request, "", &[], &problems);
        assert_eq!(problems.finish::<()>(None).expect_err("unknown fields").invalid.len(), MOST_PROBLEMS);
    }
}
