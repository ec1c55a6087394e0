//! Reading JSON by hand, so that every problem is found at once and each names its place.
//!
//! A read gives `None` when the value is wrong (the problem is then noted) or when it is a placeholder
//! whose value is not known yet. The reader of one thing reads all its members before it gives up.

use super::parameters::has_placeholder;
use crate::problem::{Problem, element, member};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

pub(super) struct Reader<'v> {
    problems: RefCell<Vec<Problem>>,
    template: bool,
    /// Names of this file's tables, queues and topics, known before anything refers to them.
    pub(super) tables: BTreeSet<&'v str>,
    pub(super) queues: BTreeSet<&'v str>,
    pub(super) topics: BTreeSet<&'v str>,
}

impl<'v> Reader<'v> {
    /// For a document with placeholders.
    pub(super) fn of_template(document: &'v Value) -> Self {
        Self::new(document, true)
    }

    /// For a document whose placeholders have been filled in.
    pub(super) fn of_resolved(document: &'v Value) -> Self {
        Self::new(document, false)
    }

    fn new(document: &'v Value, template: bool) -> Self {
        let names = |section: &str| {
            document
                .get(section)
                .and_then(Value::as_object)
                .map(|members| members.keys().map(String::as_str).collect())
                .unwrap_or_default()
        };
        Self {
            problems: RefCell::default(),
            template,
            tables: names("Tables"),
            queues: names("Queues"),
            topics: names("Topics"),
        }
    }

    /// The result, unless there were problems.
    pub(super) fn finish<T>(self, result: T) -> Result<T, Vec<Problem>> {
        let problems = self.problems.into_inner();
        if problems.is_empty() { Ok(result) } else { Err(problems) }
    }

    /// Notes a problem.
    pub(super) fn note(&self, pointer: &str, message: impl Into<String>) {
        self.problems.borrow_mut().push(Problem::new(pointer, message));
    }

    /// Notes that something else was expected.
    pub(super) fn expected<T>(&self, pointer: &str, expected: &str, found: &Value) -> Option<T> {
        let found = match found {
            Value::Null => "null".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
            scalar => scalar.to_string(),
        };
        self.note(pointer, format!("expected {expected}, found {found}"));
        None
    }

    /// Whether the value is a placeholder that may still become anything.
    pub(super) fn is_open(&self, value: &Value) -> bool {
        self.template && value.as_str().is_some_and(has_placeholder)
    }

    /// Whether a placeholder stands anywhere within the value.
    pub(super) fn is_open_within(&self, value: &Value) -> bool {
        match value {
            Value::Array(elements) => elements.iter().any(|inner| self.is_open_within(inner)),
            Value::Object(members) => members.values().any(|inner| self.is_open_within(inner)),
            scalar => self.is_open(scalar),
        }
    }

    /// Whether the document still has its placeholders.
    pub(super) fn is_template(&self) -> bool {
        self.template
    }

    /// An object with these members and no others.
    pub(super) fn object<'r>(&'r self, value: &'v Value, pointer: &str, known: &[&str]) -> Option<Members<'v, 'r>> {
        let Value::Object(members) = value else {
            return self.expected(pointer, "an object", value);
        };
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            self.note(&member(pointer, name), format!("unknown member; expected one of {}", known.join(", ")));
        }
        Some(Members { reader: self, members, pointer: pointer.to_owned() })
    }

    /// An object whose members bear names of the file's own choosing.
    pub(super) fn named<T>(
        &self,
        value: &'v Value,
        pointer: &str,
        read: impl Fn(&Self, &'v str, &'v Value, &str) -> Option<T>,
    ) -> Option<BTreeMap<String, T>> {
        let Value::Object(members) = value else {
            return self.expected(pointer, "an object", value);
        };
        let read: Vec<Option<(String, T)>> = members
            .iter()
            .map(|(name, value)| {
                let pointer = member(pointer, name);
                if !is_name(name) {
                    self.note(&pointer, "expected a name of 1 to 80 letters, digits, hyphens, underscores and dots");
                }
                Some((name.clone(), read(self, name, value, &pointer)?))
            })
            .collect();
        read.into_iter().collect()
    }

    /// A list.
    pub(super) fn list<T>(
        &self,
        value: &'v Value,
        pointer: &str,
        read: impl Fn(&Self, &'v Value, &str) -> Option<T>,
    ) -> Option<Vec<T>> {
        if self.is_open(value) {
            return None;
        }
        let Value::Array(elements) = value else {
            return self.expected(pointer, "a list", value);
        };
        let read: Vec<Option<T>> =
            elements.iter().enumerate().map(|(index, value)| read(self, value, &element(pointer, index))).collect();
        read.into_iter().collect()
    }

    /// Text that is not empty.
    pub(super) fn text(&self, value: &'v Value, pointer: &str) -> Option<&'v str> {
        if self.is_open(value) {
            return None;
        }
        match value {
            Value::String(text) if !text.is_empty() => Some(text),
            other => self.expected(pointer, "text that is not empty", other),
        }
    }

    /// A whole number within a range.
    pub(super) fn whole(&self, value: &Value, pointer: &str, range: RangeInclusive<u32>) -> Option<u32> {
        if self.is_open(value) {
            return None;
        }
        whole_number(value).filter(|number| range.contains(number)).or_else(|| {
            let expected = format!("a whole number from {} to {}", range.start(), range.end());
            self.expected(pointer, &expected, value)
        })
    }

    /// Any number.
    pub(super) fn number(&self, value: &Value, pointer: &str) -> Option<f64> {
        if self.is_open(value) {
            return None;
        }
        value.as_f64().or_else(|| self.expected(pointer, "a number", value))
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, value: &Value, pointer: &str, words: &[(&str, T)]) -> Option<T> {
        if self.is_open(value) {
            return None;
        }
        words.iter().find(|(word, _)| value.as_str() == Some(word)).map(|(_, meaning)| *meaning).or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.expected(pointer, &format!("one of {}", words.join(", ")), value)
        })
    }
}

/// The members of an object that is being read.
pub(super) struct Members<'v, 'r> {
    reader: &'r Reader<'v>,
    members: &'v Map<String, Value>,
    pointer: String,
}

impl<'v> Members<'v, '_> {
    /// A member that must be there.
    pub(super) fn required<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Reader<'v>, &'v Value, &str) -> Option<T>,
    ) -> Option<T> {
        let Some(value) = self.members.get(name) else {
            self.reader.note(&self.pointer, format!("the member {name} is missing"));
            return None;
        };
        read(self.reader, value, &member(&self.pointer, name))
    }

    /// A member that may be absent: `Some(None)` says that it is.
    pub(super) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Reader<'v>, &'v Value, &str) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.members.get(name) {
            None => Some(None),
            Some(value) => read(self.reader, value, &member(&self.pointer, name)).map(Some),
        }
    }

    /// A member that stands for `default` when absent.
    pub(super) fn or<T>(
        &self,
        name: &str,
        default: T,
        read: impl FnOnce(&Reader<'v>, &'v Value, &str) -> Option<T>,
    ) -> Option<T> {
        self.optional(name, read).map(|read| read.unwrap_or(default))
    }
}

/// The value as a whole number; `30.0` is one, as JSON Schema has it.
fn whole_number(value: &Value) -> Option<u32> {
    let number = value.as_f64()?;
    // The comparison with the range comes first, so the cast is exact.
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u32)
}

/// Whether a workflow, table, rule, queue, topic or alarm may be named so: 1 to 80 letters, digits, hyphens,
/// underscores and dots.
#[must_use]
pub fn is_name(name: &str) -> bool {
    (1..=80).contains(&name.len())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
}
