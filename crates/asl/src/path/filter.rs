//! The conditions of `[?( )]`.

use std::cmp::Ordering;

use regex::Regex;
use serde_json::Value;

use super::parse::is_definite;
use super::{Segment, collect, walk};

#[derive(Debug, Clone)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Operand),
    Compare(Operand, Relation, Operand),
    Matches(Operand, Regex),
}

#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// `@…`
    Node(Vec<Segment>),
    /// `$…`
    Root(Vec<Segment>),
    Literal(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

impl Filter {
    pub(super) fn accepts(&self, root: &Value, node: &Value) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.accepts(root, node)),
            Self::Any(filters) => filters.iter().any(|filter| filter.accepts(root, node)),
            Self::Not(filter) => !filter.accepts(root, node),
            Self::Exists(operand) => operand.value(root, node).is_some(),
            Self::Matches(operand, pattern) => {
                operand.value(root, node).as_ref().and_then(Value::as_str).is_some_and(|text| pattern.is_match(text))
            }
            Self::Compare(left, relation, right) => {
                let (left, right) = (left.value(root, node), right.value(root, node));
                relation.holds(left.as_ref(), right.as_ref())
            }
        }
    }
}

impl Operand {
    /// The value, if there is one: a list for a path to many places.
    fn value(&self, root: &Value, node: &Value) -> Option<Value> {
        let (segments, start) = match self {
            Self::Node(segments) => (segments, node),
            Self::Root(segments) => (segments, root),
            Self::Literal(value) => return Some(value.clone()),
        };
        if is_definite(segments) {
            return walk(segments, start).ok().cloned();
        }
        let found = collect(segments, start);
        (!found.is_empty()).then(|| Value::Array(found.into_iter().cloned().collect()))
    }
}

impl Relation {
    fn holds(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        let (Some(left), Some(right)) = (left, right) else {
            return self == Self::NotEqual && left.is_some() != right.is_some();
        };
        match self {
            Self::Equal => equal(left, right),
            Self::NotEqual => !equal(left, right),
            Self::In => right.as_array().is_some_and(|items| items.iter().any(|item| equal(item, left))),
            Self::NotIn => right.as_array().is_some_and(|items| !items.iter().any(|item| equal(item, left))),
            Self::Less => order(left, right) == Some(Ordering::Less),
            Self::Greater => order(left, right) == Some(Ordering::Greater),
            Self::LessOrEqual => {
                matches!(order(left, right), Some(Ordering::Less | Ordering::Equal))
            }
            Self::GreaterOrEqual => {
                matches!(order(left, right), Some(Ordering::Greater | Ordering::Equal))
            }
        }
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    left == right || order(left, right) == Some(Ordering::Equal)
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => crate::number::compare(left, right),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
