//! The conditions of Choice states.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Number, Value};

use crate::number;
use crate::path::{Data, Path};
use crate::timestamp;

/// A compiled condition.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare { variable: Path, comparison: Comparison },
}

/// What a variable is compared with. A value of another type than the operator's never fits.
#[derive(Debug, Clone)]
pub(crate) enum Comparison {
    IsPresent(bool),
    Is(Type, bool),
    Matches(Pattern),
    Boolean(Operand<bool>),
    Numeric(Relation, Operand<Number>),
    String(Relation, Operand<String>),
    Timestamp(Relation, Operand<Timestamp>),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Type {
    Boolean,
    Null,
    Numeric,
    String,
    Timestamp,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Relation {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

/// The other side of a comparison.
#[derive(Debug, Clone)]
pub(crate) enum Operand<T> {
    Literal(T),
    Path(Path),
}

/// A pattern of `StringMatches`: the literal parts between its wildcards.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Vec<String>);

impl Condition {
    /// Whether the condition holds, or what is wrong with its data. Evaluation stops as soon as the
    /// answer is known, so that `IsPresent` can guard what follows it.
    pub(crate) fn holds(&self, data: &Data<'_>) -> Result<bool, String> {
        match self {
            Self::And(conditions) => {
                for condition in conditions {
                    if !condition.holds(data)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(conditions) => {
                for condition in conditions {
                    if condition.holds(data)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(condition) => condition.holds(data).map(|holds| !holds),
            Self::Compare { variable, comparison: Comparison::IsPresent(expected) } => {
                Ok(variable.resolve(data).is_ok() == *expected)
            }
            Self::Compare { variable, comparison } => {
                let value = variable.resolve(data).map_err(|_| invalid(variable))?;
                comparison.fits(&value, data)
            }
        }
    }
}

fn invalid(path: &Path) -> String {
    format!("Invalid path '{}': The choice state's condition path references an invalid value.", path.text())
}

impl Comparison {
    /// Compiles the operator `name` with its operand. `None`: there is no such operator. `Err`: the
    /// operand does not suit it, with what would.
    pub(crate) fn parse(name: &str, operand: &Value) -> Option<Result<Self, &'static str>> {
        let (plain, is_path) = match name.strip_suffix("Path") {
            Some(plain) => (plain, true),
            None => (name, false),
        };
        if !is_path {
            let is = |kind| Some(operand.as_bool().map(|is| Self::Is(kind, is)).ok_or("Boolean"));
            match plain {
                "IsPresent" => {
                    return Some(operand.as_bool().map(Self::IsPresent).ok_or("Boolean"));
                }
                "IsBoolean" => return is(Type::Boolean),
                "IsNull" => return is(Type::Null),
                "IsNumeric" => return is(Type::Numeric),
                "IsString" => return is(Type::String),
                "IsTimestamp" => return is(Type::Timestamp),
                "StringMatches" => {
                    let pattern = operand.as_str().and_then(Pattern::parse);
                    return Some(pattern.map(Self::Matches).ok_or("String"));
                }
                _ => {}
            }
        }
        let families = ["Boolean", "Numeric", "String", "Timestamp"];
        let family = families.into_iter().find(|family| plain.starts_with(family))?;
        let relation = match &plain[family.len()..] {
            "Equals" => Relation::Equals,
            "LessThan" => Relation::LessThan,
            "LessThanEquals" => Relation::LessThanEquals,
            "GreaterThan" => Relation::GreaterThan,
            "GreaterThanEquals" => Relation::GreaterThanEquals,
            _ => return None,
        };
        Some(match (family, relation) {
            ("Boolean", Relation::Equals) => Operand::parse(is_path, operand, "Boolean", as_boolean).map(Self::Boolean),
            ("Boolean", _) => return None,
            ("Numeric", _) => {
                Operand::parse(is_path, operand, "Number", as_number).map(|operand| Self::Numeric(relation, operand))
            }
            ("String", _) => {
                Operand::parse(is_path, operand, "String", as_string).map(|operand| Self::String(relation, operand))
            }
            _ => Operand::parse(is_path, operand, "Timestamp", as_timestamp)
                .map(|operand| Self::Timestamp(relation, operand)),
        })
    }

    fn fits(&self, value: &Value, data: &Data<'_>) -> Result<bool, String> {
        Ok(match self {
            Self::IsPresent(expected) => *expected,
            Self::Is(kind, expected) => kind.is_of(value) == *expected,
            Self::Matches(pattern) => value.as_str().is_some_and(|text| pattern.fits(text)),
            Self::Boolean(operand) => {
                operand.compare(as_boolean(value), data, as_boolean, |a, b| Some(a.cmp(b)))? == Some(Ordering::Equal)
            }
            Self::Numeric(relation, operand) => {
                relation.accepts(operand.compare(as_number(value), data, as_number, number::compare)?)
            }
            Self::String(relation, operand) => {
                relation.accepts(operand.compare(as_string(value), data, as_string, |a, b| Some(a.cmp(b)))?)
            }
            Self::Timestamp(relation, operand) => {
                relation.accepts(operand.compare(as_timestamp(value), data, as_timestamp, |a, b| Some(a.cmp(b)))?)
            }
        })
    }
}

fn as_boolean(value: &Value) -> Option<bool> {
    value.as_bool()
}

fn as_number(value: &Value) -> Option<Number> {
    value.as_number().cloned()
}

fn as_string(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn as_timestamp(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(timestamp::parse)
}

impl<T> Operand<T> {
    fn parse(
        is_path: bool,
        value: &Value,
        expected: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Self, &'static str> {
        if !is_path {
            return read(value).map(Self::Literal).ok_or(expected);
        }
        let path = value.as_str().and_then(|text| Path::parse(text).ok());
        path.filter(Path::is_definite).map(Self::Path).ok_or("Reference Path")
    }

    /// Compares when both sides are of the operator's type.
    fn compare(
        &self,
        left: Option<T>,
        data: &Data<'_>,
        read: impl Fn(&Value) -> Option<T>,
        order: impl Fn(&T, &T) -> Option<Ordering>,
    ) -> Result<Option<Ordering>, String> {
        let from_path;
        let right = match self {
            Self::Literal(right) => Some(right),
            Self::Path(path) => {
                from_path = read(&*path.resolve(data).map_err(|_| invalid(path))?);
                from_path.as_ref()
            }
        };
        Ok(match (left, right) {
            (Some(left), Some(right)) => order(&left, right),
            _ => None,
        })
    }
}

impl Type {
    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::Boolean => value.is_boolean(),
            Self::Null => value.is_null(),
            Self::Numeric => value.is_number(),
            Self::String => value.is_string(),
            Self::Timestamp => as_timestamp(value).is_some(),
        }
    }
}

impl Relation {
    fn accepts(self, ordering: Option<Ordering>) -> bool {
        let Some(ordering) = ordering else {
            return false;
        };
        match self {
            Self::Equals => ordering.is_eq(),
            Self::LessThan => ordering.is_lt(),
            Self::LessThanEquals => ordering.is_le(),
            Self::GreaterThan => ordering.is_gt(),
            Self::GreaterThanEquals => ordering.is_ge(),
        }
    }
}

impl Pattern {
    /// `*` stands for any text, `\*` for an asterisk, `\\` for a backslash; other escapes are errors.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = vec![String::new()];
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '*' => parts.push(String::new()),
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => parts.last_mut()?.push(escaped),
                    _ => return None,
                },
                plain => parts.last_mut()?.push(plain),
            }
        }
        Some(Self(parts))
    }

    /// Greedy from the left: with only one kind of wildcard the first place a part fits is as good as
    /// any, so the time is linear and no pattern can be made to run away.
    fn fits(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &self.0[..] else {
            return self.0.iter().all(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for part in middle {
            match rest.find(part.as_str()) {
                Some(place) => rest = &rest[place + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::context::Context;
    use crate::random::Random;

    /// `variable | operator | operand | expected`. Paths are of the test's input.
    const COMPARISONS: &str = r#"
        $.one    | IsPresent                     | true   | true
        $.none   | IsPresent                     | true   | false
        $.none   | IsPresent                     | false  | true
        $.null   | IsPresent                     | true   | true
        $.null   | IsNull                        | true   | true
        $.one    | IsNull                        | false  | true
        $.one    | IsNumeric                     | true   | true
        $.text   | IsNumeric                     | true   | false
        $.text   | IsString                      | true   | true
        $.yes    | IsBoolean                     | true   | true
        $.one    | IsBoolean                     | false  | true
        $.time   | IsTimestamp                   | true   | true
        $.text   | IsTimestamp                   | true   | false
        $.yes    | BooleanEquals                 | true   | true
        $.yes    | BooleanEquals                 | false  | false
        $.one    | BooleanEquals                 | true   | false
        $.yes    | BooleanEqualsPath             | "$.yes" | true
        $.one    | NumericEquals                 | 1.0    | true
        $.text   | NumericEquals                 | 1      | false
        $.one    | NumericLessThan               | 2      | true
        $.one    | NumericLessThanEquals         | 1      | true
        $.one    | NumericGreaterThan            | 1      | false
        $.one    | NumericGreaterThanEquals      | 1      | true
        $.one    | NumericEqualsPath             | "$.one" | true
        $.one    | NumericLessThanPath           | "$.two" | true
        $.one    | NumericLessThanEqualsPath     | "$.two" | true
        $.one    | NumericGreaterThanPath        | "$.two" | false
        $.one    | NumericGreaterThanEqualsPath  | "$.text" | false
        $.text   | StringEquals                  | "banana" | true
        $.one    | StringEquals                  | "1"    | false
        $.text   | StringLessThan                | "c"    | true
        $.text   | StringLessThanEquals          | "banana" | true
        $.text   | StringGreaterThan             | "a"    | true
        $.text   | StringGreaterThanEquals       | "c"    | false
        $.text   | StringEqualsPath              | "$.text" | true
        $.text   | StringLessThanPath            | "$.time" | false
        $.text   | StringLessThanEqualsPath      | "$.text" | true
        $.text   | StringGreaterThanPath         | "$.time" | true
        $.text   | StringGreaterThanEqualsPath   | "$.text" | true
        $.text   | StringMatches                 | "b*n*a" | true
        $.text   | StringMatches                 | "b*x"  | false
        $.text   | StringMatches                 | "banana*banana" | false
        $.star   | StringMatches                 | "a\\*b" | true
        $.text   | StringMatches                 | "*"    | true
        $.text   | StringMatches                 | "ana"  | false
        $.time   | TimestampEquals               | "2020-01-01T01:00:00+01:00" | true
        $.time   | TimestampLessThan             | "2021-01-01T00:00:00Z" | true
        $.time   | TimestampLessThanEquals       | "2019-01-01T00:00:00Z" | false
        $.time   | TimestampGreaterThan          | "2019-01-01T00:00:00Z" | true
        $.time   | TimestampGreaterThanEquals    | "2020-01-01T00:00:00Z" | true
        $.text   | TimestampEquals               | "2020-01-01T00:00:00Z" | false
        $.time   | TimestampEqualsPath           | "$.time" | true
        $.time   | TimestampLessThanPath         | "$.time" | false
        $.time   | TimestampLessThanEqualsPath   | "$.time" | true
        $.time   | TimestampGreaterThanPath      | "$.text" | false
        $.time   | TimestampGreaterThanEqualsPath | "$$.t" | true
        $.none   | StringEquals                  | "x"    | ! $.none
        $.text   | StringEqualsPath              | "$.none" | ! $.none
    "#;

    #[test]
    fn comparisons_hold_as_specified() {
        let input = json!({
            "one": 1, "two": 2, "text": "banana", "yes": true, "null": null, "star": "a*b",
            "time": "2020-01-01T00:00:00Z"
        });
        let (context, random) = (Context::fixed(json!({"t": "2020-01-01T00:00:00Z"})), Random::new(1));
        let data = Data { input: &input, context: &context, random: &random };
        for line in COMPARISONS.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let [variable, operator, operand, expected] =
                line.split('|').map(str::trim).collect::<Vec<_>>().try_into().expect("four columns");
            let operand = serde_json::from_str(operand).expect("JSON");
            let condition = Condition::Compare {
                variable: Path::parse(variable).expect(variable),
                comparison: Comparison::parse(operator, &operand).expect(operator).expect(line),
            };
            let found = match condition.holds(&data) {
                Ok(holds) => holds.to_string(),
                Err(message) => {
                    let (_, path) = message.split_once('\'').expect("a quoted path");
                    format!("! {}", path.split_once('\'').expect("a quoted path").0)
                }
            };
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn operators_want_operands_of_their_type() {
        for (operator, operand, expected) in [
            ("StringEquals", json!(1), Some("String")),
            ("NumericEquals", json!("1"), Some("Number")),
            ("BooleanEquals", json!("true"), Some("Boolean")),
            ("IsNull", json!(1), Some("Boolean")),
            ("TimestampEquals", json!("2020"), Some("Timestamp")),
            ("StringEqualsPath", json!("text"), Some("Reference Path")),
            ("StringEqualsPath", json!("$.a[*]"), Some("Reference Path")),
            ("StringMatches", json!("a\\b"), Some("String")),
            ("StringIs", json!("a"), None),
            ("BooleanLessThan", json!(true), None),
            ("IsPresentPath", json!("$.a"), None),
            ("StringMatchesPath", json!("$.a"), None),
            ("Equals", json!(1), None),
        ] {
            let found = Comparison::parse(operator, &operand).map(|parsed| parsed.expect_err("refused"));
            assert_eq!(found, expected, "{operator}");
        }
    }

    #[test]
    fn evaluation_stops_when_the_answer_is_known() {
        let compare = |variable: &str, operator: &str, operand: Value| Condition::Compare {
            variable: Path::parse(variable).expect(variable),
            comparison: Comparison::parse(operator, &operand).expect(operator).expect(operator),
        };
        let (input, context, random) = (json!({}), Context::fixed(Value::Null), Random::new(1));
        let data = Data { input: &input, context: &context, random: &random };
        let unguarded = compare("$.a", "NumericEquals", json!(1));
        assert_eq!(
            unguarded.holds(&data),
            Err("Invalid path '$.a': The choice state's condition path references an invalid value.".to_owned())
        );
        let guarded = Condition::And(vec![compare("$.a", "IsPresent", json!(true)), unguarded.clone()]);
        assert_eq!(guarded.holds(&data), Ok(false));
        let either = Condition::Or(vec![compare("$.a", "IsPresent", json!(false)), unguarded]);
        assert_eq!(either.holds(&data), Ok(true));
        assert_eq!(Condition::Not(Box::new(either)).holds(&data), Ok(false));
    }
}
