//! `Parameters`: declaring, checking and filling in. Source: CloudFormation user guide, "Parameters".

use super::reader::Reader;
use crate::problem::{Problem, element, member};
use regex::Regex;
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// What a parameter's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// Text.
    String,
    /// A number.
    Number,
    /// Texts with commas between them.
    CommaDelimitedList,
}

/// A parameter that the file declares.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// What its value is.
    pub kind: ParameterType,
    /// Its value unless another is given.
    pub default: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The values it may have; any when empty.
    pub allowed_values: Vec<String>,
    /// What the whole of its value must match.
    pub allowed_pattern: Option<Regex>,
}

impl Parameter {
    /// The value as JSON, when the parameter allows it; else what was expected.
    fn value(&self, text: &str) -> Result<Value, String> {
        let parts: Vec<&str> = match self.kind {
            ParameterType::CommaDelimitedList => text.split(',').map(str::trim).collect(),
            ParameterType::String | ParameterType::Number => vec![text],
        };
        for part in &parts {
            if !self.allowed_values.is_empty() && !self.allowed_values.iter().any(|allowed| allowed == part) {
                return Err(format!("expected one of {}, found \"{part}\"", self.allowed_values.join(", ")));
            }
            if let Some(pattern) = &self.allowed_pattern
                && !pattern.is_match(part)
            {
                return Err(format!("\"{part}\" does not match AllowedPattern"));
            }
        }
        Ok(match self.kind {
            ParameterType::String => Value::from(text),
            ParameterType::Number => serde_json::from_str::<Number>(text)
                .map(Value::Number)
                .map_err(|_| format!("expected a number, found \"{text}\""))?,
            ParameterType::CommaDelimitedList => Value::from(parts),
        })
    }
}

const TYPES: [(&str, ParameterType); 3] = [
    ("String", ParameterType::String),
    ("Number", ParameterType::Number),
    ("CommaDelimitedList", ParameterType::CommaDelimitedList),
];

pub(super) const SECTION: &str = "Parameters";

/// The parameters a document declares. Wrong ones are noted and left out.
pub(super) fn read<'v>(reader: &Reader<'v>, document: &'v Value) -> BTreeMap<String, Parameter> {
    let Some(section) = document.get(SECTION) else {
        return BTreeMap::new();
    };
    let pointer = member("", SECTION);
    let Value::Object(declared) = section else {
        reader.expected::<()>(&pointer, "an object", section);
        return BTreeMap::new();
    };
    declared
        .iter()
        .filter_map(|(name, value)| {
            let pointer = member(&pointer, name);
            if !is_parameter_name(name) {
                reader.note(&pointer, "expected a name of letters and digits that begins with a letter");
            }
            Some((name.clone(), parameter(reader, value, &pointer)?))
        })
        .collect()
}

fn parameter<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Parameter> {
    let members =
        reader.object(value, pointer, &["Type", "Default", "Description", "AllowedValues", "AllowedPattern"])?;
    let kind = members.required("Type", |reader, value, pointer| reader.word(value, pointer, &TYPES));
    let default = members.optional("Default", literal);
    let description = members.optional("Description", Reader::text);
    let allowed_values =
        members.or("AllowedValues", Vec::new(), |reader, value, pointer| reader.list(value, pointer, literal));
    let allowed_pattern = members.optional("AllowedPattern", |reader, value, pointer| {
        let text = reader.text(value, pointer)?;
        Regex::new(&format!("^(?:{text})$")).map_err(|_| reader.note(pointer, "is not a regular expression")).ok()
    });
    let parameter = Parameter {
        kind: kind?,
        default: default?,
        description: description?.map(str::to_owned),
        allowed_values: allowed_values?,
        allowed_pattern: allowed_pattern?,
    };
    if let Some(default) = &parameter.default
        && !default.is_empty()
        && let Err(message) = parameter.value(default)
    {
        reader.note(&member(pointer, "Default"), message);
    }
    Some(parameter)
}

/// A parameter's value in JSON: text, or a number that is taken as its text.
fn literal(reader: &Reader<'_>, value: &Value, pointer: &str) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        other => reader.expected(pointer, "text or a number", other),
    }
}

/// Notes every placeholder that names no parameter.
pub(super) fn check_placeholders(reader: &Reader<'_>, document: &Value, parameters: &BTreeMap<String, Parameter>) {
    visit_texts(document, "", &mut |pointer, text| {
        for piece in pieces(text) {
            match piece {
                Piece::Placeholder(name) if !parameters.contains_key(name) => {
                    reader.note(pointer, format!("${{{name}}} names no parameter of this file"))
                }
                Piece::Malformed => {
                    reader.note(pointer, "expected a parameter's name between ${ and }: letters and digits")
                }
                Piece::Placeholder(_) | Piece::Text(_) => {}
            }
        }
    });
}

fn visit_texts(value: &Value, pointer: &str, visit: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => visit(pointer, text),
        Value::Array(elements) => {
            for (index, inner) in elements.iter().enumerate() {
                visit_texts(inner, &element(pointer, index), visit);
            }
        }
        Value::Object(members) => {
            for (name, inner) in members {
                if !(pointer.is_empty() && name == SECTION) {
                    visit_texts(inner, &member(pointer, name), visit);
                }
            }
        }
        _ => {}
    }
}

/// The value of each parameter that has one.
pub(super) fn choose(
    parameters: &BTreeMap<String, Parameter>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, Vec<Problem>> {
    let section = member("", SECTION);
    let mut problems: Vec<Problem> = given
        .keys()
        .filter(|name| !parameters.contains_key(*name))
        .map(|name| {
            Problem::new(member(&section, name), "a value is given for a parameter that this file does not have")
        })
        .collect();
    let mut chosen = BTreeMap::new();
    for (name, parameter) in parameters {
        // An empty value says that there is none, which CloudFormation has no other word for.
        let text = given.get(name).or(parameter.default.as_ref()).filter(|text| !text.is_empty());
        match text.map(|text| parameter.value(text)) {
            Some(Ok(value)) => {
                chosen.insert(name.clone(), value);
            }
            Some(Err(message)) => problems.push(Problem::new(member(&section, name), message)),
            None => {}
        }
    }
    if problems.is_empty() { Ok(chosen) } else { Err(problems) }
}

/// The document with every placeholder replaced. A subscription without an endpoint becomes `null`, so
/// that the places of the others stay what they are.
pub(super) fn fill_in(document: &Value, values: &BTreeMap<String, Value>) -> Result<Value, Vec<Problem>> {
    let mut filling = Filling { values, problems: Vec::new() };
    let filled = match document {
        Value::Object(sections) => sections
            .iter()
            .map(|(name, section)| {
                let filled = match name.as_str() {
                    SECTION => section.clone(),
                    "Topics" => filling.topics(section),
                    _ => filling.value(section, &member("", name)),
                };
                (name.clone(), filled)
            })
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    };
    if filling.problems.is_empty() { Ok(filled) } else { Err(filling.problems) }
}

struct Filling<'v> {
    values: &'v BTreeMap<String, Value>,
    problems: Vec<Problem>,
}

impl Filling<'_> {
    fn topics(&mut self, section: &Value) -> Value {
        let mut section = section.clone();
        for topic in section.as_object_mut().into_iter().flatten() {
            let subscriptions = topic.1.get_mut("Subscriptions").and_then(Value::as_array_mut);
            for subscription in subscriptions.into_iter().flatten() {
                let silent = subscription
                    .get("Endpoint")
                    .and_then(Value::as_str)
                    .is_some_and(|endpoint| !self.has_all_values(endpoint));
                if silent {
                    *subscription = Value::Null;
                }
            }
        }
        self.value(&section, "/Topics")
    }

    fn has_all_values(&self, text: &str) -> bool {
        pieces(text).all(|piece| match piece {
            Piece::Placeholder(name) => self.values.contains_key(name),
            Piece::Text(_) | Piece::Malformed => true,
        })
    }

    fn value(&mut self, value: &Value, pointer: &str) -> Value {
        match value {
            Value::String(text) => self.text(text, pointer),
            Value::Array(elements) => {
                elements.iter().enumerate().map(|(index, inner)| self.value(inner, &element(pointer, index))).collect()
            }
            Value::Object(members) => members
                .iter()
                .map(|(name, inner)| (name.clone(), self.value(inner, &member(pointer, name))))
                .collect::<Map<_, _>>()
                .into(),
            scalar => scalar.clone(),
        }
    }

    /// Text that is a placeholder and nothing else takes the value with its type; within other text the
    /// value is written out.
    fn text(&mut self, text: &str, pointer: &str) -> Value {
        let mut filled = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Malformed => {} // refused when the document was parsed
                Piece::Placeholder(name) => match self.values.get(name) {
                    Some(value) if text.len() == name.len() + "${}".len() => return value.clone(),
                    Some(Value::String(value)) => filled.push_str(value),
                    Some(Value::Array(values)) => {
                        let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
                        filled.push_str(&texts.join(","));
                    }
                    Some(other) => filled.push_str(&other.to_string()),
                    None => self.problems.push(Problem::new(
                        pointer,
                        format!("the parameter {name} has no Default and no value was given"),
                    )),
                },
            }
        }
        Value::String(filled)
    }
}

enum Piece<'t> {
    Text(&'t str),
    Placeholder(&'t str),
    /// `${` without a parameter's name and `}` after it.
    Malformed,
}

pub(super) fn has_placeholder(text: &str) -> bool {
    pieces(text).any(|piece| matches!(piece, Piece::Placeholder(_)))
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match rest.find("${") {
            Some(0) => {
                let inner = &rest[2..];
                match inner.split_once('}') {
                    Some((name, after)) if is_parameter_name(name) => {
                        rest = after;
                        Some(Piece::Placeholder(name))
                    }
                    _ => {
                        rest = inner;
                        Some(Piece::Malformed)
                    }
                }
            }
            Some(at) => {
                let (before, from) = rest.split_at(at);
                rest = from;
                Some(Piece::Text(before))
            }
            None => Some(Piece::Text(std::mem::take(&mut rest))),
        }
    })
}

fn is_parameter_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|character| character.is_ascii_alphanumeric())
}
