//! DynamoDB's JSON, and the records of a table's stream.
//!
//! Sources: DynamoDB API reference, `AttributeValue`; Lambda developer guide, "Using Lambda with DynamoDB",
//! for the record; DynamoDB developer guide, "Item sizes and formats", for `SizeBytes`.

use crate::origin::Origin;
use crate::problem::{element, member};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};

/// An item in DynamoDB's JSON: attribute name to `{"S": …}` and its like.
pub type Item = Map<String, Value>;

/// Why a value could not be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", if .pointer.is_empty() { "/" } else { .pointer })]
pub struct AttributeError {
    /// JSON pointer to the value, in the document that was given.
    pub pointer: String,
    /// What was expected there.
    pub message: String,
}

/// Plain JSON as an attribute. A number keeps its text.
pub fn to_attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(flag) => json!({"BOOL": flag}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(elements) => {
            json!({"L": elements.iter().map(to_attribute).collect::<Vec<_>>()})
        }
        Value::Object(members) => json!({"M": attributes(members)}),
    }
}

/// A plain JSON object as an item.
///
/// # Errors
/// When the value is not an object.
pub fn to_item(value: &Value) -> Result<Item, AttributeError> {
    match value {
        Value::Object(members) => Ok(attributes(members)),
        _ => error("", "an item must be a JSON object"),
    }
}

/// An attribute as plain JSON.
///
/// # Errors
/// When the value is not exactly one of `S`, `N`, `BOOL`, `NULL`, `L`, `M` with content of that type, or
/// when a number has more digits than a JSON number here can hold: it is refused, never rounded.
pub fn from_attribute(attribute: &Value) -> Result<Value, AttributeError> {
    plain(attribute, "")
}

/// An item as a plain JSON object.
///
/// # Errors
/// As [`from_attribute`], with the pointer into the item.
pub fn from_item(item: &Item) -> Result<Value, AttributeError> {
    plain_members(item, "")
}

fn attributes(members: &Map<String, Value>) -> Item {
    members.iter().map(|(name, value)| (name.clone(), to_attribute(value))).collect()
}

fn plain(attribute: &Value, pointer: &str) -> Result<Value, AttributeError> {
    const EXPECTED: &str = "expected an object with exactly one of \"S\", \"N\", \"BOOL\", \"NULL\", \"L\", \"M\"";
    let Value::Object(typed) = attribute else {
        return error(pointer, EXPECTED);
    };
    let mut typed = typed.iter();
    let (Some((kind, content)), None) = (typed.next(), typed.next()) else {
        return error(pointer, EXPECTED);
    };
    let pointer = member(pointer, kind);
    match (kind.as_str(), content) {
        ("S", Value::String(_)) | ("BOOL", Value::Bool(_)) => Ok(content.clone()),
        ("N", Value::String(text)) => number(text).map_or_else(
            || error(&pointer, format!("\"{text}\" is not a number that can be held without loss")),
            |number| Ok(Value::Number(number)),
        ),
        ("NULL", Value::Bool(true)) => Ok(Value::Null),
        ("L", Value::Array(elements)) => elements
            .iter()
            .enumerate()
            .map(|(index, inner)| plain(inner, &element(&pointer, index)))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        ("M", Value::Object(members)) => plain_members(members, &pointer),
        ("S" | "N", _) => error(&pointer, "expected a string"),
        ("BOOL", _) => error(&pointer, "expected true or false"),
        ("NULL", _) => error(&pointer, "expected true"),
        ("L", _) => error(&pointer, "expected a list"),
        ("M", _) => error(&pointer, "expected an object"),
        _ => error(&pointer, EXPECTED),
    }
}

fn plain_members(members: &Item, pointer: &str) -> Result<Value, AttributeError> {
    members
        .iter()
        .map(|(name, inner)| Ok((name.clone(), plain(inner, &member(pointer, name))?)))
        .collect::<Result<Map<_, _>, _>>()
        .map(Value::Object)
}

/// The number a text stands for, when a JSON number can hold it exactly.
fn number(text: &str) -> Option<Number> {
    let number: Number = serde_json::from_str(text).ok()?;
    // The value survives exactly when writing it again gives the same digits and magnitude.
    (significant(text) == significant(&number.to_string())).then_some(number)
}

/// Sign, digits without leading and trailing zeros, and the power of ten of the last of them. `None` for
/// zero, whatever its sign and however many digits it is written with.
fn significant(text: &str) -> Option<(bool, String, i64)> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text
        .split_once(['e', 'E'])
        .map_or((text, 0), |(mantissa, exponent)| (mantissa, exponent.parse().unwrap_or(i64::MAX)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    let dropped = digits.len() - kept.len();
    let power = exponent
        .saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX))
        .saturating_add(i64::try_from(dropped).unwrap_or(i64::MAX));
    let kept = kept.trim_start_matches('0');
    (!kept.is_empty()).then(|| (negative, kept.to_owned(), power))
}

fn error<T>(pointer: &str, message: impl Into<String>) -> Result<T, AttributeError> {
    Err(AttributeError { pointer: pointer.to_owned(), message: message.into() })
}

/// What a stream's records carry besides the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamViewType {
    /// Nothing more.
    KeysOnly,
    /// The item after the change.
    NewImage,
    /// The item before the change.
    OldImage,
    /// Both.
    NewAndOldImages,
}

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum EventName {
    /// It was not there before.
    Insert,
    /// It was there and is now different.
    Modify,
    /// It is gone.
    Remove,
}

/// A record of a table's stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamRecord {
    /// Unique to the record.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// What happened.
    pub event_name: EventName,
    /// Always "1.1".
    pub event_version: String,
    /// Always "aws:dynamodb".
    pub event_source: String,
    /// The table's region.
    pub aws_region: String,
    /// The change itself.
    pub dynamodb: StreamData,
    /// The stream.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: String,
}

/// The change in a stream's record, in DynamoDB's JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StreamData {
    /// When, in seconds since the epoch.
    pub approximate_creation_date_time: i64,
    /// The item's key attributes.
    pub keys: Item,
    /// The item after the change, where the view includes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_image: Option<Item>,
    /// The item before the change, where the view includes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_image: Option<Item>,
    /// Rises within a table. Padded with zeros, so that text order is number order.
    pub sequence_number: String,
    /// Size of keys and images in bytes.
    pub size_bytes: u64,
    /// What the record carries.
    pub stream_view_type: StreamViewType,
}

/// A change of one item, in plain JSON, to be made into a record.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Unique to the record.
    pub event_id: &'a str,
    /// The table.
    pub table: &'a str,
    /// When the table's stream was switched on, as it stands in the stream's ARN.
    pub stream_label: &'a str,
    /// Names of the key attributes.
    pub keys: &'a [&'a str],
    /// The item before; `None` when it was not there.
    pub old: Option<&'a Value>,
    /// The item after; `None` when it is gone.
    pub new: Option<&'a Value>,
    /// When it changed.
    pub at: Timestamp,
    /// Rises with every change of the table.
    pub sequence_number: u64,
}

impl StreamRecord {
    /// The record of a change, with the images the view asks for. `None` when nothing changed: DynamoDB
    /// writes no record then.
    ///
    /// # Errors
    /// When an image is not an object or lacks a key attribute.
    pub fn of_change(
        origin: &Origin,
        view: StreamViewType,
        change: Change<'_>,
    ) -> Result<Option<Self>, AttributeError> {
        let (event_name, keyed) = match (change.old, change.new) {
            (None, Some(new)) => (EventName::Insert, new),
            (Some(old), Some(new)) if old != new => (EventName::Modify, new),
            (Some(old), None) => (EventName::Remove, old),
            _ => return Ok(None),
        };
        let mut keys = Item::new();
        for &name in change.keys {
            let Some(value) = keyed.get(name) else {
                return error(&member("", name), "the item lacks this key attribute");
            };
            keys.insert(name.to_owned(), to_attribute(value));
        }
        let image = |wanted: bool, image: Option<&Value>| image.filter(|_| wanted).map(to_item).transpose();
        let (new_wanted, old_wanted) = match view {
            StreamViewType::KeysOnly => (false, false),
            StreamViewType::NewImage => (true, false),
            StreamViewType::OldImage => (false, true),
            StreamViewType::NewAndOldImages => (true, true),
        };
        let new_image = image(new_wanted, change.new)?;
        let old_image = image(old_wanted, change.old)?;
        let size_bytes =
            item_size(&keys) + new_image.as_ref().map_or(0, item_size) + old_image.as_ref().map_or(0, item_size);
        Ok(Some(Self {
            event_id: change.event_id.to_owned(),
            event_name,
            event_version: "1.1".to_owned(),
            event_source: "aws:dynamodb".to_owned(),
            aws_region: origin.region.clone(),
            dynamodb: StreamData {
                approximate_creation_date_time: change.at.as_second(),
                keys,
                new_image,
                old_image,
                sequence_number: format!("{:021}", change.sequence_number),
                size_bytes,
                stream_view_type: view,
            },
            event_source_arn: origin.stream_arn(change.table, change.stream_label),
        }))
    }

    /// The record as JSON: what a filter is matched against and an enrichment receives.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("text, numbers and JSON always serialize")
    }
}

fn item_size(item: &Item) -> u64 {
    item.iter().map(|(name, attribute)| name.len() as u64 + attribute_size(attribute)).sum()
}

fn attribute_size(attribute: &Value) -> u64 {
    let Some((kind, content)) = attribute.as_object().and_then(|typed| typed.iter().next()) else {
        return 0;
    };
    match (kind.as_str(), content) {
        // One byte for two significant digits, plus one.
        ("N", Value::String(text)) => significant(text).map_or(0, |(_, digits, _)| digits.len().div_ceil(2) as u64) + 1,
        (_, Value::String(text)) => text.len() as u64,
        // Three bytes for a list or map, plus one an element.
        (_, Value::Array(elements)) => 3 + elements.iter().map(|inner| 1 + attribute_size(inner)).sum::<u64>(),
        (_, Value::Object(members)) => 3 + members.len() as u64 + item_size(members),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::sample;

    #[test]
    fn plain_json_and_dynamodb_json_are_each_others_inverse() {
        let table = [
            (json!("RO"), json!({"S": "RO"})),
            (json!(""), json!({"S": ""})),
            (json!(2), json!({"N": "2"})),
            (json!(-7.25), json!({"N": "-7.25"})),
            (json!(u64::MAX), json!({"N": "18446744073709551615"})),
            (json!(true), json!({"BOOL": true})),
            (json!(null), json!({"NULL": true})),
            (json!([]), json!({"L": []})),
            (json!([1, "a"]), json!({"L": [{"N": "1"}, {"S": "a"}]})),
            (json!({"item_0": {"quantity": 2}}), json!({"M": {"item_0": {"M": {"quantity": {"N": "2"}}}}})),
        ];
        for (plain, attribute) in table {
            assert_eq!(to_attribute(&plain), attribute);
            assert_eq!(from_attribute(&attribute), Ok(plain));
        }
    }

    #[test]
    fn numbers_are_read_exactly_or_refused() {
        for (text, expected) in [
            ("15.00", Some(json!(15.0))),
            ("1e2", Some(json!(100.0))),
            ("-0", Some(json!(-0.0))),
            ("0.1", Some(json!(0.1))),
            ("123456789012345678", Some(json!(123_456_789_012_345_678_u64))),
            ("12345678901234567890123", None),
            ("0.1234567890123456789012", None),
            ("1e400", None),
            ("", None),
            ("abc", None),
            ("1 ", None),
        ] {
            let read = from_attribute(&json!({"N": text})).ok();
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn errors_name_the_path() {
        for (attribute, pointer) in [
            (json!("x"), ""),
            (json!({}), ""),
            (json!({"S": "a", "N": "1"}), ""),
            (json!({"S": 1}), "/S"),
            (json!({"NULL": false}), "/NULL"),
            (json!({"SS": ["a"]}), "/SS"),
            (json!({"L": [{"S": "a"}, {"N": "x"}]}), "/L/1/N"),
            (json!({"M": {"a/b": {"BOOL": "true"}}}), "/M/a~1b/BOOL"),
        ] {
            let error = from_attribute(&attribute).expect_err("refused");
            assert_eq!(error.pointer, pointer, "{attribute}: {error}");
        }
        assert!(to_item(&json!([])).is_err());
    }

    fn change<'a>(old: Option<&'a Value>, new: Option<&'a Value>) -> Change<'a> {
        Change {
            event_id: "e-1",
            table: "orders",
            stream_label: "2026-11-21T00:00:00.000",
            keys: &["order_id"],
            old,
            new,
            at: Timestamp::from_second(1_795_254_060).expect("a time"),
            sequence_number: 111,
        }
    }

    #[test]
    fn an_insert_has_the_shape_of_a_stream_record() {
        let order = json!({"order_id": "o-1", "quantity": 101});
        let record = StreamRecord::of_change(&sample(), StreamViewType::NewAndOldImages, change(None, Some(&order)))
            .expect("keyed")
            .expect("changed");
        assert_eq!(
            record.to_value(),
            json!({
                "eventID": "e-1", "eventName": "INSERT", "eventVersion": "1.1",
                "eventSource": "aws:dynamodb", "awsRegion": "eu-central-1",
                "dynamodb": {
                    "ApproximateCreationDateTime": 1_795_254_060,
                    "Keys": {"order_id": {"S": "o-1"}},
                    "NewImage": {"order_id": {"S": "o-1"}, "quantity": {"N": "101"}},
                    "SequenceNumber": "000000000000000000111",
                    // order_id 8 + 3, twice; quantity 8 + 2 digit pairs + 1
                    "SizeBytes": 11 + 11 + 11,
                    "StreamViewType": "NEW_AND_OLD_IMAGES"
                },
                "eventSourceARN":
                    "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-11-21T00:00:00.000"
            })
        );
        let back: StreamRecord = serde_json::from_value(record.to_value()).expect("its own shape");
        assert_eq!(back, record);
    }

    #[test]
    fn the_view_decides_the_images_and_the_images_the_event() {
        use StreamViewType::{KeysOnly, NewAndOldImages, NewImage, OldImage};
        let (before, after) =
            (json!({"order_id": "o-1", "status": "PENDING"}), json!({"order_id": "o-1", "status": "PAID"}));
        let (before, after) = (Some(&before), Some(&after));
        // old, new, view, event, has new image, has old image
        for (old, new, view, event, has_new, has_old) in [
            (None, after, KeysOnly, EventName::Insert, false, false),
            (None, after, OldImage, EventName::Insert, false, false),
            (before, after, NewImage, EventName::Modify, true, false),
            (before, after, OldImage, EventName::Modify, false, true),
            (before, after, NewAndOldImages, EventName::Modify, true, true),
            (before, None, NewAndOldImages, EventName::Remove, false, true),
        ] {
            let record = StreamRecord::of_change(&sample(), view, change(old, new)).expect("keyed").expect("changed");
            assert_eq!(record.event_name, event);
            assert_eq!(record.dynamodb.new_image.is_some(), has_new, "{view:?}");
            assert_eq!(record.dynamodb.old_image.is_some(), has_old, "{view:?}");
        }
        for (old, new) in [(before, before), (None, None)] {
            let record = StreamRecord::of_change(&sample(), NewImage, change(old, new));
            assert_eq!(record, Ok(None), "a change of nothing leaves no record");
        }
    }

    #[test]
    fn an_item_without_its_key_is_refused() {
        let order = json!({"status": "PENDING"});
        let error = StreamRecord::of_change(&sample(), StreamViewType::KeysOnly, change(None, Some(&order)))
            .expect_err("no key");
        assert_eq!(error.pointer, "/order_id");
    }
}
