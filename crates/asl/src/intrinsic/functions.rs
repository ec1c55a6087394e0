//! What each intrinsic function does with its arguments.
//!
//! The rules are those of the developer guide's page "Intrinsic functions for JSONPath states", the
//! corner cases (rounding, splitting, formatting of objects) what AWS was seen to do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use serde_json::{Map, Value};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::number;
use crate::random::Random;

/// The longest text that the encoding functions and `States.Hash` take, in characters.
const MAX_TEXT_LENGTH: usize = 10_000;

/// The most elements that `States.ArrayRange` makes.
const MAX_RANGE_LENGTH: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Array,
    ArrayContains,
    ArrayGetItem,
    ArrayLength,
    ArrayPartition,
    ArrayRange,
    ArrayUnique,
    Base64Decode,
    Base64Encode,
    Format,
    Hash,
    JsonMerge,
    JsonToString,
    MathAdd,
    MathRandom,
    StringSplit,
    StringToJson,
    Uuid,
}

/// Why a function has no value, in words that end a sentence.
type Failure = &'static str;

impl Function {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "Array" => Self::Array,
            "ArrayContains" => Self::ArrayContains,
            "ArrayGetItem" => Self::ArrayGetItem,
            "ArrayLength" => Self::ArrayLength,
            "ArrayPartition" => Self::ArrayPartition,
            "ArrayRange" => Self::ArrayRange,
            "ArrayUnique" => Self::ArrayUnique,
            "Base64Decode" => Self::Base64Decode,
            "Base64Encode" => Self::Base64Encode,
            "Format" => Self::Format,
            "Hash" => Self::Hash,
            "JsonMerge" => Self::JsonMerge,
            "JsonToString" => Self::JsonToString,
            "MathAdd" => Self::MathAdd,
            "MathRandom" => Self::MathRandom,
            "StringSplit" => Self::StringSplit,
            "StringToJson" => Self::StringToJson,
            "UUID" => Self::Uuid,
            _ => return None,
        })
    }

    /// Whether the function can have this number of arguments.
    pub(super) fn takes(self, count: usize) -> bool {
        match self {
            Self::Array => true,
            Self::Format => count >= 1,
            Self::MathRandom => count == 2 || count == 3,
            Self::Uuid => count == 0,
            Self::ArrayLength
            | Self::ArrayUnique
            | Self::Base64Decode
            | Self::Base64Encode
            | Self::JsonToString
            | Self::StringToJson => count == 1,
            Self::ArrayContains
            | Self::ArrayGetItem
            | Self::ArrayPartition
            | Self::Hash
            | Self::MathAdd
            | Self::StringSplit => count == 2,
            Self::ArrayRange | Self::JsonMerge => count == 3,
        }
    }

    /// The value. The number of arguments has been checked when the call was compiled.
    pub(super) fn apply(self, arguments: Vec<Value>, random: &Random) -> Result<Value, Failure> {
        let mut arguments = arguments.into_iter();
        let mut next = || arguments.next().unwrap_or_default();
        Ok(match self {
            Self::Array => Value::Array(arguments.collect()),
            Self::ArrayContains => {
                let items = array(next())?;
                let wanted = next();
                items.contains(&wanted).into()
            }
            Self::ArrayGetItem => {
                let items = array(next())?;
                usize::try_from(integer(&next())?)
                    .ok()
                    .and_then(|index| items.into_iter().nth(index))
                    .ok_or("The index is out of bounds")?
            }
            Self::ArrayLength => array(next())?.len().into(),
            Self::ArrayPartition => {
                let items = array(next())?;
                let size = usize::try_from(integer(&next())?).ok().filter(|size| *size > 0);
                let size = size.ok_or("The chunk size must be a positive integer")?;
                items.chunks(size).map(|chunk| Value::Array(chunk.to_vec())).collect()
            }
            Self::ArrayRange => range(integer(&next())?, integer(&next())?, integer(&next())?)?,
            Self::ArrayUnique => {
                let mut unique: Vec<Value> = Vec::new();
                for item in array(next())? {
                    if !unique.contains(&item) {
                        unique.push(item);
                    }
                }
                Value::Array(unique)
            }
            Self::Base64Decode => {
                let decoded = STANDARD.decode(bounded(next())?).ok();
                let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
                decoded.ok_or("The argument is not valid Base64")?.into()
            }
            Self::Base64Encode => STANDARD.encode(bounded(next())?).into(),
            Self::Format => {
                let template = string(next())?;
                format(&template, arguments.as_slice())?.into()
            }
            Self::Hash => {
                let text = match next() {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                hash(&bounded(text.into())?, &string(next())?)?.into()
            }
            Self::JsonMerge => {
                let (mut left, right) = (object(next())?, object(next())?);
                match next() {
                    Value::Bool(false) => left.extend(right),
                    _ => return Err("Only shallow merging is supported: the third argument must be false"),
                }
                Value::Object(left)
            }
            Self::JsonToString => next().to_string().into(),
            Self::MathAdd => {
                let sum = rounded(&next())? + rounded(&next())?;
                i32::try_from(sum).map_err(|_| "The number is out of range")?.into()
            }
            Self::MathRandom => {
                let (start, end) = (rounded(&next())?, rounded(&next())?);
                let width = end.checked_sub(start).filter(|width| *width > 0);
                let width = width.ok_or("The start of the range must be less than its end")?;
                let width = width.unsigned_abs();
                let offset = match arguments.next() {
                    Some(seed) => Random::new(rounded(&seed)?.cast_unsigned()).below(width),
                    None => random.below(width),
                };
                start.wrapping_add_unsigned(offset).into()
            }
            Self::StringSplit => {
                let (text, separators) = (string(next())?, string(next())?);
                text.split(|character| separators.contains(character)).filter(|part| !part.is_empty()).collect()
            }
            Self::StringToJson => {
                let text = string(next())?;
                if text.is_empty() {
                    Value::Null
                } else {
                    serde_json::from_str(&text).map_err(|_| "The argument is not valid JSON")?
                }
            }
            Self::Uuid => random.uuid().into(),
        })
    }
}

fn array(value: Value) -> Result<Vec<Value>, Failure> {
    match value {
        Value::Array(items) => Ok(items),
        _ => Err("The argument must be an array"),
    }
}

fn object(value: Value) -> Result<Map<String, Value>, Failure> {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err("The argument must be an object"),
    }
}

fn string(value: Value) -> Result<String, Failure> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err("The argument must be a string"),
    }
}

fn bounded(value: Value) -> Result<String, Failure> {
    let text = string(value)?;
    if text.chars().count() > MAX_TEXT_LENGTH {
        return Err("The argument must have at most 10000 characters");
    }
    Ok(text)
}

fn integer(value: &Value) -> Result<i64, Failure> {
    match value {
        Value::Number(number) => number::as_integer(number).ok_or("The argument must be an integer"),
        _ => Err("The argument must be an integer"),
    }
}

/// A number rounded to an integer, halves upwards: 2.5 to 3, -2.5 to -2.
fn rounded(value: &Value) -> Result<i64, Failure> {
    let Value::Number(number) = value else {
        return Err("The argument must be a number");
    };
    if let Some(integer) = number.as_i64() {
        return Ok(integer).and_then(in_range);
    }
    let rounded = (number.as_f64().unwrap_or(f64::NAN) + 0.5).floor();
    #[allow(clippy::cast_possible_truncation, reason = "casts saturate, and the range is checked")]
    in_range(rounded as i64)
}

/// Arithmetic is on 32-bit integers, as documented.
fn in_range(integer: i64) -> Result<i64, Failure> {
    match i32::try_from(integer) {
        Ok(_) => Ok(integer),
        Err(_) => Err("The number is out of range"),
    }
}

fn range(first: i64, last: i64, step: i64) -> Result<Value, Failure> {
    if step == 0 {
        return Err("The step must not be zero");
    }
    let mut items = Vec::new();
    let mut item = first;
    while if step > 0 { item <= last } else { item >= last } {
        if items.len() == MAX_RANGE_LENGTH {
            return Err("The range must have at most 1000 elements");
        }
        items.push(Value::from(item));
        match item.checked_add(step) {
            Some(next) => item = next,
            None => break,
        }
    }
    Ok(Value::Array(items))
}

fn hash(text: &str, algorithm: &str) -> Result<String, Failure> {
    fn digest<D: Digest>(text: &str) -> String {
        D::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
    Ok(match algorithm {
        "MD5" => digest::<Md5>(text),
        "SHA-1" => digest::<Sha1>(text),
        "SHA-256" => digest::<Sha256>(text),
        "SHA-384" => digest::<Sha384>(text),
        "SHA-512" => digest::<Sha512>(text),
        _ => return Err("The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512"),
    })
}

/// Puts the arguments where the template has `{}`.
fn format(template: &str, arguments: &[Value]) -> Result<String, Failure> {
    const MISMATCH: Failure = "The number of arguments do not match the occurrences of {}";
    let mut arguments = arguments.iter();
    let mut text = String::with_capacity(template.len());
    let mut characters = template.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if matches!(characters.peek(), Some('{' | '}' | '\\' | '\'')) => {
                text.extend(characters.next());
            }
            '{' if characters.peek() == Some(&'}') => {
                characters.next();
                show(arguments.next().ok_or(MISMATCH)?, &mut text);
            }
            plain => text.push(plain),
        }
    }
    match arguments.next() {
        None => Ok(text),
        Some(_) => Err(MISMATCH),
    }
}

/// A value in a text: texts as they are, objects and lists the way Java's collections print them.
fn show(value: &Value, text: &mut String) {
    match value {
        Value::String(content) => text.push_str(content),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                show(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                text.push_str(name);
                text.push('=');
                show(member, text);
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_string()),
    }
}
