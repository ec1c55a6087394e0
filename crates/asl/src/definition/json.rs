//! Reads a definition's JSON, and finds what serde_json's own reader passes over: members that occur
//! twice, of which it silently keeps the last.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::diagnostic::{Diagnostic, Severity, code};

/// Reads a JSON object.
pub(super) fn parse(text: &str) -> Result<Value, Vec<Diagnostic>> {
    let mut duplicates = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    let seed = Seed { location: String::new(), duplicates: &mut duplicates };
    let read = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    let without_location =
        |code, message| vec![Diagnostic { severity: Severity::Error, code, message, location: None }];
    const NO_OBJECT: &str = "Definition must be a valid JSON object";
    match read {
        Ok(value @ Value::Object(_)) if duplicates.is_empty() => Ok(value),
        Ok(Value::Object(_)) => Err(duplicates),
        Err(error) if !text.trim().is_empty() => {
            Err(without_location(code::INVALID_JSON_DESCRIPTION, format!("{NO_OBJECT}: {error}")))
        }
        _ => Err(without_location(code::SCHEMA_VALIDATION_FAILED, NO_OBJECT.to_owned())),
    }
}

/// Reads one value, knowing where it stands.
struct Seed<'a> {
    location: String,
    duplicates: &'a mut Vec<Diagnostic>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let location = format!("{}[{}]", self.location, items.len());
            match access.next_element_seed(Seed { location, duplicates: self.duplicates })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let location = format!("{}/{name}", self.location);
            if members.contains_key(&name) {
                self.duplicates.push(if self.location.ends_with("/States") {
                    duplicate_state(&name, &location)
                } else {
                    Diagnostic::schema(&location, format!("Duplicate field '{name}'"))
                });
            }
            let value = access.next_value_seed(Seed { location, duplicates: self.duplicates })?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

/// Two states have the same name, in one level or in two.
pub(super) fn duplicate_state(name: &str, location: &str) -> Diagnostic {
    Diagnostic::error(code::DUPLICATE_STATE_NAME, location, format!("Duplicate State name: {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        parse(text).map_or_else(|found| found.iter().map(ToString::to_string).collect(), |_| Vec::new())
    }

    #[test]
    fn what_is_no_json_object_is_refused() {
        for text in ["", " ", "[]", "null", "1"] {
            assert_eq!(
                messages(text),
                ["SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null"],
                "{text}"
            );
        }
        assert_eq!(
            messages("{\n  \"a\": 1,\n  \"b\" 2\n}"),
            [
                "INVALID_JSON_DESCRIPTION: Definition must be a valid JSON object: expected `:` at line 3 column 7 at null"
            ]
        );
    }

    #[test]
    fn members_that_occur_twice_are_found() {
        assert_eq!(
            messages(r#"{"States":{"A":{"x":[{"y":1,"y":2}]},"A":{}}}"#),
            [
                "SCHEMA_VALIDATION_FAILED: Duplicate field 'y' at /States/A/x[0]/y",
                "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A"
            ]
        );
    }

    #[test]
    fn values_are_read_as_they_are() {
        let text = r#"{"z":[1,-1,1.5,1.0,18446744073709551615,"a\nb",null,true],"a":{}}"#;
        assert_eq!(parse(text).expect("JSON").to_string(), text);
    }
}
