//! Request bodies as JSON, read more strictly than usual: a field that stands twice is an error, not
//! whichever came last.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use crate::problem::{Kind, Problem};

/// Reads a body.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let position = error.valid_up_to();
        Problem::new(Kind::InvalidRequest, format!("the body is not UTF-8: byte {position} cannot be read"))
    })?;
    if text.trim_ascii().is_empty() {
        return Err(Problem::new(Kind::InvalidRequest, "the body is empty: expected JSON"));
    }
    let repeated = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = Strict { repeated: &repeated }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|error| {
        let mut path = repeated.into_inner();
        if path.is_empty() {
            return Problem::new(Kind::InvalidRequest, format!("the body is not JSON: {error}"));
        }
        path.reverse();
        Problem::field(path.join("/"), "the field only once")
    })
}

/// The SHA-256 of a request, in hexadecimal: the same for the same JSON, however it is laid out and in
/// whatever order its fields stand.
pub(crate) fn hash(value: &Value) -> String {
    let mut canonical = Vec::with_capacity(256);
    write_canonical(value, &mut canonical);
    let digest = Sha256::digest(&canonical);
    let mut hex = String::with_capacity(64);
    for byte in digest {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(nibble.into(), 16).expect("a nibble is a hexadecimal digit"));
        }
    }
    hex
}

fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            out.push(b'{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_scalar(name, out);
                out.push(b':');
                write_canonical(value, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_canonical(item, out);
            }
            out.push(b']');
        }
        scalar => write_scalar(scalar, out),
    }
}

fn write_scalar(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("texts and numbers are JSON, and memory takes them");
}

/// Reads a value; when a field stands twice, its path ends up in `repeated`, innermost first.
#[derive(Clone, Copy)]
struct Strict<'a> {
    repeated: &'a RefCell<Vec<String>>,
}

impl Strict<'_> {
    /// On the way out of a repeated field, adds where we are.
    fn trail<E>(self, at: impl FnOnce() -> String) -> impl FnOnce(E) -> E {
        move |error| {
            let mut path = self.repeated.borrow_mut();
            if !path.is_empty() {
                path.push(at());
            }
            error
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self).map_err(self.trail(|| array.len().to_string()))? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(self).map_err(self.trail(|| name.clone()))?;
            match object.entry(name) {
                Entry::Vacant(entry) => entry.insert(value),
                Entry::Occupied(entry) => {
                    self.repeated.borrow_mut().push(entry.key().clone());
                    return Err(A::Error::custom("a field stands twice"));
                }
            };
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_read_as_it_stands() {
        let text = r#" {"b": [1, -2, 2.5, "ș", null, true], "a": {"x": 1000000000000}} "#;
        let expected = json!({"b": [1, -2, 2.5, "ș", null, true], "a": {"x": 1_000_000_000_000_i64}});
        assert_eq!(parse(text.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let deep = "[".repeat(200);
        let table: &[(&[u8], &str)] = &[
            (b"", "the body is empty: expected JSON"),
            (b" \n", "the body is empty: expected JSON"),
            (b"{\"a\": 1,\n \"b\" 2}", "the body is not JSON: expected `:` at line 2 column 6"),
            (b"{} {}", "the body is not JSON: trailing characters at line 1 column 4"),
            (b"{\"a\": \"\xff\"}", "the body is not UTF-8: byte 7 cannot be read"),
            (b"[1e999]", "the body is not JSON: number out of range at line 1 column 6"),
            (deep.as_bytes(), "the body is not JSON: recursion limit exceeded at line 1 column 128"),
        ];
        for (body, detail) in table {
            assert_eq!(parse(body).unwrap_err().detail, *detail);
        }
    }

    #[test]
    fn a_field_that_stands_twice_is_named_with_its_path() {
        for (body, field) in [
            (r#"{"a": 1, "a": 1}"#, "a"),
            (r#"{"items": [{}, {"sku": "x", "quantity": 1, "sku": "y"}]}"#, "items/1/sku"),
            (r#"{"a": {"b": {"c": 1, "c": 2}}}"#, "a/b/c"),
        ] {
            let problem = parse(body.as_bytes()).unwrap_err();
            assert_eq!(problem.invalid.len(), 1);
            assert_eq!(problem.invalid[0].field, field);
        }
    }

    #[test]
    fn the_hash_knows_contents_not_layout() {
        let one = hash(&json!({"a": 1, "b": {"c": [1, 2], "d": null}}));
        assert_eq!(one, hash(&parse(b"{\"b\":{\"d\":null,\n\"c\":[1,2]},\"a\":1}").unwrap()));
        assert_ne!(one, hash(&json!({"a": 1, "b": {"c": [2, 1], "d": null}})));
        assert_ne!(hash(&json!("1")), hash(&json!(1)));
        // sha256 of `{}`
        assert_eq!(hash(&json!({})), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
