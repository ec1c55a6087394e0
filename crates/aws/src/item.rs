//! What every item here is made of: times, numbers and documents in attributes, keys that sort and spread.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use ports::StepError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The attributes of an item.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Over how many partitions an index spreads what would else meet in one: a partition takes 1,000 writes a
/// second.
pub const SHARDS: u32 = 8;

/// A number from the text, the same for the same text.
pub(crate) fn hash(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
}

/// Which of so many shards the text belongs to.
pub(crate) fn shard_of(text: &str, shards: u32) -> u32 {
    let shard = hash(text) % u64::from(shards.max(1));
    u32::try_from(shard).expect("it is less than the number of shards")
}

/// A number that is not negative as text that sorts like it.
pub(crate) fn sortable(number: i64) -> String {
    format!("{:020}", number.max(0))
}

/// A stored time. One outside what a time can be, which nothing here writes, becomes the nearest one.
pub(crate) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// A time as it is stored: cut to microseconds.
pub(crate) fn cut(at: Timestamp) -> Timestamp {
    time(at.as_microsecond())
}

/// Whether a piece of text is in another, whatever the case of its ASCII letters: as it is in the embedded
/// home.
pub(crate) fn contains(text: &str, piece: &str) -> bool {
    text.to_ascii_lowercase().contains(&piece.to_ascii_lowercase())
}

/// A value as JSON text.
pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("the domain's values have no maps with keys that are no text")
}

/// The item of a record.
pub(crate) fn from_record<T: Serialize>(record: &T) -> Item {
    serde_dynamo::to_item(record).expect("records are flat and have text for names")
}

/// The record of an item.
///
/// # Errors
///
/// `ServiceUnavailable`: whatever wrote it was another version, and another version may read it. What is
/// stored may be personal and is not quoted.
pub(crate) fn to_record<T: DeserializeOwned>(item: Item) -> Result<T, StepError> {
    serde_dynamo::from_item(item).map_err(|_| StepError::unavailable("a stored item cannot be read"))
}

/// The attribute of a text.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// The attribute of a number.
pub(crate) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A document that is only read whole, as JSON text in an attribute.
pub(crate) mod document {
    use super::{Deserialize, DeserializeOwned, Deserializer, Serialize, Serializer, to_json};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_json(value))
    }

    pub(crate) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_as_text_and_shards_are_all_used() {
        assert!(sortable(9) < sortable(10) && sortable(10) < sortable(i64::MAX));
        let mut used: Vec<u32> = (0..100).map(|n| shard_of(&n.to_string(), SHARDS)).collect();
        used.sort_unstable();
        used.dedup();
        assert_eq!(used.len(), SHARDS as usize);
        assert_eq!(shard_of("anything", 1), 0);
        assert_eq!(shard_of("anything", 0), 0);
    }
}
