//! Numbers of JSON, compared by value.

use std::cmp::Ordering;

use serde_json::Number;

/// Compares by value, so that `1` and `1.0` are equal; integers exactly.
pub(crate) fn compare(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// The number as an integer, if it is one: `3` and `3.0` but not `3.5`.
pub(crate) fn as_integer(number: &Number) -> Option<i64> {
    if let Some(integer) = number.as_i64() {
        return Some(integer);
    }
    let float = number.as_f64()?;
    let whole = float.trunc();
    #[allow(clippy::cast_possible_truncation, reason = "in the range where doubles are exact")]
    (whole.total_cmp(&float).is_eq() && whole.abs() < 9e15).then_some(whole as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).expect("a number")
    }

    #[test]
    fn numbers_compare_by_value() {
        for (left, right, expected) in [
            ("1", "1.0", Ordering::Equal),
            ("0", "-0.0", Ordering::Equal),
            ("9007199254740993", "9007199254740992", Ordering::Greater),
            ("18446744073709551615", "-1", Ordering::Greater),
            ("1.5", "2", Ordering::Less),
        ] {
            assert_eq!(compare(&number(left), &number(right)), Some(expected), "{left} {right}");
        }
    }

    #[test]
    fn whole_numbers_are_integers() {
        for (text, expected) in [("3", Some(3)), ("3.0", Some(3)), ("3.5", None), ("-2", Some(-2)), ("1e300", None)] {
            assert_eq!(as_integer(&number(text)), expected, "{text}");
        }
    }
}
