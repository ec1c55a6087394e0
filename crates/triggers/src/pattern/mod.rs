//! EventBridge event patterns: compiled once, matched against many events.
//!
//! The rules are those of the EventBridge user guide, "Comparison operators for use in event patterns",
//! and of the matcher that AWS publishes (github.com/aws/event-ruler, README):
//!
//! - all fields of a pattern must match, and of a field's list any one entry is enough;
//! - `$or` matches when any of its branches does;
//! - a field whose value is a list matches when any element does, and two fields that lie within the same
//!   list must match in the same element of it;
//! - key names join with dots, so `{"a": {"b": …}}` and `{"a.b": …}` name the same field;
//! - comparison is case-sensitive, numbers compare by value (300 equals 300.0), and `null`, an empty string
//!   and an absent field are three different things.
//!
//! Where the two sources differ the matcher's newer, stricter reading is taken: a `$or` that is not a list
//! of at least two objects is an error, never a field called `$or`. A field named both outside and inside
//! a `$or` must satisfy both.

mod compile;
mod matcher;

use matcher::Matcher;
use serde_json::{Map, Value};

/// A compiled event pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    fields: Vec<Field>,
    /// Each alternative lists fields (by index) that must all match; the pattern matches when one does.
    /// A pattern without `$or` has exactly one.
    alternatives: Vec<Vec<usize>>,
}

/// One field of a pattern: where it is, and what it may be.
#[derive(Debug, Clone)]
struct Field {
    /// Key names joined with dots.
    path: String,
    /// Whether `{"exists": false}` is among the entries.
    may_be_absent: bool,
    matchers: Vec<Matcher>,
}

/// Why a pattern was refused. Its text is that of EventBridge's `InvalidEventPatternException`, with the
/// place in the pattern added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Event pattern is not valid. Reason: {message} at {}", if .pointer.is_empty() { "/" } else { .pointer })]
pub struct PatternError {
    /// JSON pointer into the pattern.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`PatternError`] at the first place that EventBridge would refuse.
    pub fn parse(pattern: &Value) -> Result<Self, PatternError> {
        compile::compile(pattern)
    }

    /// Whether the event matches.
    pub fn matches(&self, event: &Value) -> bool {
        self.alternatives.iter().any(|alternative| self.matches_alternative(alternative, event))
    }

    fn matches_alternative(&self, alternative: &[usize], event: &Value) -> bool {
        let mut tests = Vec::with_capacity(alternative.len());
        for &index in alternative {
            let field = &self.fields[index];
            if field.may_be_absent && !has_leaf(event, Some(&field.path)) {
                continue;
            }
            if field.matchers.is_empty() {
                return false;
            }
            tests.push(Test { field, rest: Some(&field.path) });
        }
        tests.is_empty() || satisfies(event, &tests)
    }
}

/// A field still to be found below some value: `rest` is what remains of its path, `None` once arrived.
#[derive(Clone, Copy)]
struct Test<'p> {
    field: &'p Field,
    rest: Option<&'p str>,
}

/// Whether all tests hold below `value`. Sending them into one element of a list together is what keeps
/// two fields of the same list in the same element.
fn satisfies(value: &Value, tests: &[Test<'_>]) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(|element| satisfies(element, tests)),
        Value::Object(members) => satisfies_object(members, tests),
        leaf => tests.iter().all(|test| test.rest.is_none() && test.field.matchers.iter().any(|m| m.accepts(leaf))),
    }
}

fn satisfies_object(members: &Map<String, Value>, tests: &[Test<'_>]) -> bool {
    let mut routes: Vec<(&str, &Value, Vec<Test<'_>>)> = Vec::new();
    for test in tests {
        let Some(rest) = test.rest else {
            return false; // operators look at leaves, and this is an object
        };
        let mut found = steps(rest).filter_map(|(key, rest)| members.get(key).map(|child| (key, child, rest)));
        let Some((key, child, rest)) = found.next() else {
            return false;
        };
        let next = Test { field: test.field, rest };
        if let Some(second) = found.next() {
            // The event has both {"a": {"b": …}} and {"a.b": …}: either may hold the field. Such a field
            // is tested on its own, so the search stays linear.
            let alone = |(_, child, rest)| satisfies(child, &[Test { field: test.field, rest }]);
            if !(satisfies(child, &[next]) || alone(second) || found.any(alone)) {
                return false;
            }
        } else if let Some((_, _, route)) = routes.iter_mut().find(|(name, _, _)| *name == key) {
            route.push(next);
        } else {
            routes.push((key, child, vec![next]));
        }
    }
    routes.iter().all(|(_, child, route)| satisfies(child, route))
}

/// Whether any leaf lies at the path.
fn has_leaf(value: &Value, rest: Option<&str>) -> bool {
    match (value, rest) {
        (Value::Array(elements), _) => elements.iter().any(|element| has_leaf(element, rest)),
        (Value::Object(members), Some(path)) => {
            steps(path).any(|(key, rest)| members.get(key).is_some_and(|child| has_leaf(child, rest)))
        }
        (Value::Object(_), None) => false,
        (_, rest) => rest.is_none(),
    }
}

/// Every way to split a dotted path into a key and the rest: `a.b` gives `a` with `b`, and `a.b` alone.
fn steps(path: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    path.match_indices('.')
        .map(move |(dot, _)| (&path[..dot], Some(&path[dot + 1..])))
        .chain(std::iter::once((path, None)))
}
