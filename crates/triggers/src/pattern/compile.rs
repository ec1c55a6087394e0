//! From a pattern's JSON to its compiled form. Messages follow those of AWS's own compiler.

use super::matcher::{Bound, Cidr, Matcher, NumberMatcher, NumericRange, Text, Wildcard, millionths};
use super::{Field, Pattern, PatternError};
use crate::problem::{element, member};
use serde_json::{Map, Value};

/// How many combinations of `$or` branches EventBridge allows in one pattern (user guide, "$or").
const MAX_ALTERNATIVES: usize = 1000;

const OR: &str = "$or";

/// Names of operators: not allowed as field names inside `$or`, where they are surely a mistake.
const RESERVED_INSIDE_OR: [&str; 9] =
    ["exactly", "prefix", "suffix", "anything-but", "numeric", "cidr", "exists", "equals-ignore-case", "wildcard"];

pub(super) fn compile(pattern: &Value) -> Result<Pattern, PatternError> {
    let Value::Object(members) = pattern else {
        return error("", "Filter is not an object");
    };
    let mut compiler = Compiler { fields: Vec::new() };
    let alternatives = compiler.object(members, "", "", false)?;
    Ok(Pattern { fields: compiler.fields, alternatives })
}

struct Compiler {
    fields: Vec<Field>,
}

impl Compiler {
    /// The alternatives that an object stands for.
    fn object(
        &mut self,
        members: &Map<String, Value>,
        path: &str,
        pointer: &str,
        inside_or: bool,
    ) -> Result<Vec<Vec<usize>>, PatternError> {
        if members.is_empty() {
            return error(pointer, "Empty objects are not allowed");
        }
        let mut alternatives = vec![Vec::new()];
        for (key, value) in members {
            let pointer = member(pointer, key);
            if key == OR {
                let branches = self.or(value, path, &pointer)?;
                alternatives = combine(&alternatives, &branches, &pointer)?;
                continue;
            }
            if inside_or && RESERVED_INSIDE_OR.contains(&key.as_str()) {
                return error(&pointer, format!("{key} is Ruler reserved fieldName which cannot be used inside {OR}."));
            }
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match value {
                Value::Object(members) => {
                    let inner = self.object(members, &path, &pointer, inside_or)?;
                    alternatives = combine(&alternatives, &inner, &pointer)?;
                }
                Value::Array(entries) => {
                    let field = field(path, entries, &pointer)?;
                    let index = self.fields.len();
                    self.fields.push(field);
                    for alternative in &mut alternatives {
                        alternative.push(index);
                    }
                }
                _ => return error(&pointer, format!("\"{key}\" must be an object or an array")),
            }
        }
        Ok(alternatives)
    }

    fn or(&mut self, value: &Value, path: &str, pointer: &str) -> Result<Vec<Vec<usize>>, PatternError> {
        let Value::Array(branches) = value else {
            return error(pointer, format!("It must be an Array followed with {OR}."));
        };
        if branches.len() < 2 {
            return error(pointer, format!("There must have at least 2 Objects in {OR} relationship."));
        }
        let mut alternatives = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            let pointer = element(pointer, index);
            let Value::Object(members) = branch else {
                return error(&pointer, format!("Only JSON object is allowed in array of {OR} relationship."));
            };
            alternatives.extend(self.object(members, path, &pointer, true)?);
        }
        Ok(alternatives)
    }
}

/// Every alternative of the one with every alternative of the other.
fn combine(left: &[Vec<usize>], right: &[Vec<usize>], pointer: &str) -> Result<Vec<Vec<usize>>, PatternError> {
    if left.len().saturating_mul(right.len()) > MAX_ALTERNATIVES {
        return error(pointer, format!("{OR} leads to more than {MAX_ALTERNATIVES} combinations"));
    }
    Ok(left.iter().flat_map(|left| right.iter().map(|right| [left.as_slice(), right].concat())).collect())
}

fn field(path: String, entries: &[Value], pointer: &str) -> Result<Field, PatternError> {
    if entries.is_empty() {
        return error(pointer, "Empty arrays are not allowed");
    }
    let mut field = Field { path, may_be_absent: false, matchers: Vec::new() };
    for (index, entry) in entries.iter().enumerate() {
        let pointer = element(pointer, index);
        match entry {
            Value::Number(number) => field.matchers.push(Matcher::Number(NumberMatcher::new(number))),
            Value::String(_) | Value::Bool(_) | Value::Null => {
                field.matchers.push(Matcher::Literal(entry.clone()));
            }
            Value::Object(expression) => match operator(expression, &pointer)? {
                Some(matcher) => field.matchers.push(matcher),
                None => field.may_be_absent = true,
            },
            Value::Array(_) => {
                return error(&pointer, "Match value must be String, number, true, false, or null");
            }
        }
    }
    Ok(field)
}

/// The only member of an expression such as `{"prefix": "a"}`, with its pointer.
fn only_member<'v>(
    expression: &'v Map<String, Value>,
    pointer: &str,
    missing: &str,
) -> Result<(&'v str, &'v Value, String), PatternError> {
    let mut members = expression.iter();
    let Some((name, operand)) = members.next() else {
        return error(pointer, missing);
    };
    if members.next().is_some() {
        return error(pointer, "Only one key allowed in match expression");
    }
    Ok((name, operand, member(pointer, name)))
}

/// A match expression; `None` is `{"exists": false}`, which no leaf can satisfy.
fn operator(expression: &Map<String, Value>, pointer: &str) -> Result<Option<Matcher>, PatternError> {
    let (name, operand, pointer) = only_member(expression, pointer, "Match expression name not found")?;
    let matcher = match name {
        "exactly" => match operand {
            Value::String(_) => Matcher::Literal(operand.clone()),
            _ => return error(&pointer, "exact match pattern must be a string"),
        },
        "prefix" => Matcher::Prefix(text_or_ignoring_case(name, operand, &pointer)?),
        "suffix" => Matcher::Suffix(text_or_ignoring_case(name, operand, &pointer)?),
        "equals-ignore-case" => Matcher::EqualsIgnoreCase(Text::ignoring_case(string(name, operand, &pointer)?)),
        "wildcard" => wildcard(string(name, operand, &pointer)?, &pointer)?,
        "cidr" => {
            Matcher::Cidr(Cidr::parse(string(name, operand, &pointer)?).or_else(|message| error(&pointer, message))?)
        }
        "numeric" => Matcher::Numeric(numeric(operand, &pointer)?),
        "exists" => match operand {
            Value::Bool(true) => Matcher::Exists,
            Value::Bool(false) => return Ok(None),
            _ => {
                return error(&pointer, "exists match pattern must be either true or false.");
            }
        },
        "anything-but" => Matcher::AnythingBut(anything_but(operand, &pointer)?),
        other => return error(&pointer, format!("Unrecognized match type {other}")),
    };
    Ok(Some(matcher))
}

fn string<'v>(name: &str, operand: &'v Value, pointer: &str) -> Result<&'v str, PatternError> {
    match operand {
        Value::String(text) => Ok(text),
        _ => error(pointer, format!("{name} match pattern must be a string")),
    }
}

/// The operand of `prefix` and `suffix`: text, or `{"equals-ignore-case": text}`.
fn text_or_ignoring_case(name: &str, operand: &Value, pointer: &str) -> Result<Text, PatternError> {
    let Value::Object(expression) = operand else {
        return Ok(Text::exact(string(name, operand, pointer)?));
    };
    let (inner, operand, pointer) = only_member(expression, pointer, &format!("{name} expression name not found"))?;
    if inner != "equals-ignore-case" {
        return error(&pointer, format!("Unsupported {name} pattern: {inner}"));
    }
    Ok(Text::ignoring_case(string(inner, operand, &pointer)?))
}

fn wildcard(text: &str, pointer: &str) -> Result<Matcher, PatternError> {
    Wildcard::parse(text).map(Matcher::Wildcard).or_else(|message| error(pointer, message))
}

fn anything_but(operand: &Value, pointer: &str) -> Result<Vec<Matcher>, PatternError> {
    match operand {
        Value::Object(expression) => anything_but_expression(expression, pointer),
        Value::Array(entries) => {
            let strings = entries.iter().filter(|entry| entry.is_string()).count();
            let numbers = entries.iter().filter(|entry| entry.is_number()).count();
            if strings + numbers < entries.len() {
                return error(pointer, "Inside anything but list, start|null|boolean is not supported.");
            }
            if (strings > 0) == (numbers > 0) {
                return error(
                    pointer,
                    "Inside anything but list, either all values are number or string, mixed type is not supported",
                );
            }
            entries
                .iter()
                .enumerate()
                .map(|(index, entry)| anything_but_scalar(entry, &element(pointer, index)))
                .collect()
        }
        scalar => Ok(vec![anything_but_scalar(scalar, pointer)?]),
    }
}

fn anything_but_scalar(value: &Value, pointer: &str) -> Result<Matcher, PatternError> {
    match value {
        Value::String(_) => Ok(Matcher::Literal(value.clone())),
        Value::Number(number) => {
            in_span(value, pointer)?;
            Ok(Matcher::Number(NumberMatcher::new(number)))
        }
        _ => error(pointer, "Value of anything-but must be an array or single string/number value."),
    }
}

/// `{"anything-but": {"prefix": …}}` and its like, whose operand is a string or a list of them.
fn anything_but_expression(expression: &Map<String, Value>, pointer: &str) -> Result<Vec<Matcher>, PatternError> {
    let (name, operand, pointer) = only_member(expression, pointer, "Anything-But expression name not found")?;
    if !["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(&name) {
        return error(&pointer, format!("Unsupported anything-but pattern: {name}"));
    }
    let entries = match operand {
        Value::Array(entries) => entries.as_slice(),
        other => std::slice::from_ref(other),
    };
    if entries.is_empty() {
        return error(&pointer, "Empty arrays are not allowed");
    }
    let mut matchers = Vec::with_capacity(entries.len());
    for entry in entries {
        let matcher = match (name, entry) {
            ("prefix" | "suffix", Value::String(text)) if text.is_empty() => {
                return error(&pointer, "Null prefix/suffix not allowed");
            }
            ("prefix", Value::Object(_)) => Matcher::Prefix(text_or_ignoring_case(name, entry, &pointer)?),
            ("suffix", Value::Object(_)) => Matcher::Suffix(text_or_ignoring_case(name, entry, &pointer)?),
            ("prefix", Value::String(text)) => Matcher::Prefix(Text::exact(text)),
            ("suffix", Value::String(text)) => Matcher::Suffix(Text::exact(text)),
            ("equals-ignore-case", Value::String(text)) => Matcher::EqualsIgnoreCase(Text::ignoring_case(text)),
            ("wildcard", Value::String(text)) => wildcard(text, &pointer)?,
            _ => {
                return error(
                    &pointer,
                    format!("Inside anything-but/{name} list, number|start|null|boolean is not supported."),
                );
            }
        };
        matchers.push(matcher);
    }
    Ok(matchers)
}

fn numeric(operand: &Value, pointer: &str) -> Result<NumericRange, PatternError> {
    let Value::Array(terms) = operand else {
        return error(pointer, "Value of numeric must be an array.");
    };
    let (first, value, more) = match terms.as_slice() {
        [Value::String(first), more @ ..] => match more {
            [value, more @ ..] => (first.as_str(), value, more),
            [] => return error(pointer, format!("Value of {first} must be numeric")),
        },
        [other, ..] => {
            return error(pointer, format!("Invalid member in numeric match: {other}"));
        }
        [] => return error(pointer, "Invalid member in numeric match: ]"),
    };
    let at = |operator: &str, value: &Value| -> Result<i64, PatternError> {
        let name = if operator == "=" { "equals" } else { operator };
        if !value.is_number() {
            return error(pointer, format!("Value of {name} must be numeric"));
        }
        in_span(value, pointer)
    };
    let bound = |operator: &str, value: &Value| -> Result<Bound, PatternError> {
        Ok(Bound { at: at(operator, value)?, inclusive: operator != ">" && operator != "<" })
    };
    let range = match first {
        "=" | "<" | "<=" if !more.is_empty() => {
            return error(pointer, "Too many elements in numeric expression");
        }
        "=" => NumericRange { lower: Some(bound(first, value)?), upper: Some(bound(first, value)?) },
        "<" | "<=" => NumericRange { lower: None, upper: Some(bound(first, value)?) },
        ">" | ">=" => {
            let lower = bound(first, value)?;
            let upper = match more {
                [] => None,
                [Value::String(second), rest @ ..] if second == "<" || second == "<=" => match rest {
                    [top] => Some(bound(second, top)?),
                    [] => {
                        return error(pointer, format!("Value of {second} must be numeric"));
                    }
                    _ => {
                        return error(pointer, "Too many terms in numeric range expression");
                    }
                },
                [Value::String(second), ..] => {
                    return error(pointer, format!("Bad numeric range operator: {second}"));
                }
                [other, ..] => {
                    return error(pointer, format!("Bad value in numeric range: {other}"));
                }
            };
            if upper.is_some_and(|upper| lower.at >= upper.at) {
                return error(pointer, "Bottom must be less than top");
            }
            NumericRange { lower: Some(lower), upper }
        }
        other => {
            return error(pointer, format!("Unrecognized numeric range operator: {other}"));
        }
    };
    Ok(range)
}

fn in_span(value: &Value, pointer: &str) -> Result<i64, PatternError> {
    value
        .as_number()
        .and_then(millionths)
        .map_or_else(|| error(pointer, "Value must be between -5.0E9 and 5.0E9, inclusive"), Ok)
}

fn error<T>(pointer: &str, message: impl Into<String>) -> Result<T, PatternError> {
    Err(PatternError { pointer: pointer.to_owned(), message: message.into() })
}
