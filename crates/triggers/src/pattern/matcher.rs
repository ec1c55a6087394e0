//! What a single value of an event may be.

use serde_json::{Number, Value};
use std::net::IpAddr;

/// One entry of a field's list. Every kind looks at a leaf: text, number, `true`, `false` or `null`.
#[derive(Debug, Clone)]
pub(super) enum Matcher {
    /// Exactly this string, boolean or `null`.
    Literal(Value),
    /// This number, by value.
    Number(NumberMatcher),
    Prefix(Text),
    Suffix(Text),
    EqualsIgnoreCase(Text),
    Numeric(NumericRange),
    /// `{"exists": true}`: a leaf is there, whatever it holds, `null` included.
    Exists,
    Wildcard(Wildcard),
    Cidr(Cidr),
    /// None of these. Any other leaf matches, of whatever type.
    AnythingBut(Vec<Matcher>),
}

impl Matcher {
    pub(super) fn accepts(&self, leaf: &Value) -> bool {
        match self {
            Self::Literal(literal) => literal == leaf,
            Self::Number(number) => number.accepts(leaf),
            Self::Prefix(prefix) => leaf.as_str().is_some_and(|text| prefix.starts(text)),
            Self::Suffix(suffix) => leaf.as_str().is_some_and(|text| suffix.ends(text)),
            Self::EqualsIgnoreCase(other) => leaf.as_str().is_some_and(|text| other.equals(text)),
            Self::Numeric(range) => range.accepts(leaf),
            Self::Exists => true,
            Self::Wildcard(wildcard) => leaf.as_str().is_some_and(|text| wildcard.accepts(text)),
            Self::Cidr(cidr) => leaf.as_str().is_some_and(|text| cidr.accepts(text)),
            Self::AnythingBut(refused) => !refused.iter().any(|matcher| matcher.accepts(leaf)),
        }
    }
}

/// Text to compare with, either as written or without regard to case.
#[derive(Debug, Clone)]
pub(super) struct Text {
    text: String,
    ignore_case: bool,
}

impl Text {
    pub(super) fn exact(text: &str) -> Self {
        Self { text: text.to_owned(), ignore_case: false }
    }

    pub(super) fn ignoring_case(text: &str) -> Self {
        Self { text: fold(text), ignore_case: true }
    }

    fn starts(&self, text: &str) -> bool {
        if self.ignore_case { fold(text).starts_with(&self.text) } else { text.starts_with(&self.text) }
    }

    fn ends(&self, text: &str) -> bool {
        if self.ignore_case { fold(text).ends_with(&self.text) } else { text.ends_with(&self.text) }
    }

    fn equals(&self, text: &str) -> bool {
        if self.ignore_case { fold(text) == self.text } else { text == self.text }
    }
}

/// Text without its case, each character by itself: to upper case and back to lower, as Java's
/// `equalsIgnoreCase` compares, so that both small sigmas of Greek are one. `str::to_lowercase` would not
/// do: what it makes of a sigma depends on the letters around it, and a prefix would miss longer words.
fn fold(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let mut upper = character.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(single), None) => single.to_lowercase(),
                _ => character.to_lowercase(),
            }
        })
        .collect()
}

/// The span in which EventBridge compares numbers by value.
const NUMBER_LIMIT: f64 = 5e9;

/// A number in millionths: EventBridge looks at six digits right of the decimal point. `None` outside the
/// span it compares.
pub(super) fn millionths(number: &Number) -> Option<i64> {
    let value = number.as_f64()?;
    // 5e9 * 1e6 = 5e15 is well inside i64, and below 2^53, so the cast loses nothing.
    (value.abs() <= NUMBER_LIMIT).then(|| (value * 1e6).round() as i64)
}

/// An exact number: by value within EventBridge's span, by its text beyond (such as an account number).
#[derive(Debug, Clone)]
pub(super) struct NumberMatcher {
    number: Number,
    millionths: Option<i64>,
}

impl NumberMatcher {
    pub(super) fn new(number: &Number) -> Self {
        Self { number: number.clone(), millionths: millionths(number) }
    }

    fn accepts(&self, leaf: &Value) -> bool {
        let Value::Number(other) = leaf else {
            return false;
        };
        match (self.millionths, millionths(other)) {
            (Some(own), Some(other)) => own == other,
            (None, None) => self.number == *other,
            _ => false,
        }
    }
}

/// A bound in millionths, and whether the bound itself is inside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) at: i64,
    pub(super) inclusive: bool,
}

/// `{"numeric": […]}`.
#[derive(Debug, Clone, Copy)]
pub(super) struct NumericRange {
    pub(super) lower: Option<Bound>,
    pub(super) upper: Option<Bound>,
}

impl NumericRange {
    fn accepts(self, leaf: &Value) -> bool {
        let Value::Number(number) = leaf else {
            return false;
        };
        let Some(value) = millionths(number) else {
            return false;
        };
        self.lower.is_none_or(|low| value > low.at || (low.inclusive && value == low.at))
            && self.upper.is_none_or(|high| value < high.at || (high.inclusive && value == high.at))
    }
}

/// Text with `*` for any run of characters. Kept as the pieces between the stars.
#[derive(Debug, Clone)]
pub(super) struct Wildcard {
    pieces: Vec<String>,
}

impl Wildcard {
    /// Compiles the text; `\*` is a star and `\\` a backslash.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = vec![String::new()];
        let mut characters = text.chars().enumerate();
        let mut after_star = false;
        while let Some((position, character)) = characters.next() {
            let literal = match character {
                '*' if after_star => {
                    return Err(format!("Consecutive wildcard characters at pos {position}"));
                }
                '*' => {
                    pieces.push(String::new());
                    after_star = true;
                    continue;
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('*' | '\\'))) => escaped,
                    _ => return Err(format!("Invalid escape character at pos {position}")),
                },
                other => other,
            };
            after_star = false;
            if let Some(piece) = pieces.last_mut() {
                piece.push(literal);
            }
        }
        Ok(Self { pieces })
    }

    fn accepts(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            return self.pieces.iter().all(|only| only == text);
        };
        let Some(rest) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some(mut rest) = rest.strip_suffix(last.as_str()) else {
            return false;
        };
        // Taking each piece at its first place leaves the most room for those after it.
        for piece in middle {
            let Some(at) = rest.find(piece.as_str()) else {
                return false;
            };
            rest = &rest[at + piece.len()..];
        }
        true
    }
}

/// A block of addresses. Both families are held as the top bits of 128.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cidr {
    version_4: bool,
    network: u128,
    mask: u128,
}

impl Cidr {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let Some((address, bits)) = text.split_once('/').filter(|(_, bits)| !bits.contains('/')) else {
            return Err("Malformed CIDR, one '/' required".to_owned());
        };
        let bits: i64 = bits.parse().map_err(|_| "Malformed CIDR, mask bits must be an integer".to_owned())?;
        if bits < 0 {
            return Err("Malformed CIDR, mask bits must not be negative".to_owned());
        }
        let address: IpAddr = address.parse().map_err(|_| format!("Nonstandard IP address: {address}"))?;
        match address {
            IpAddr::V4(_) if bits > 31 => return Err("IPv4 mask bits must be < 32".to_owned()),
            IpAddr::V6(_) if bits > 127 => return Err("IPv6 mask bits must be < 128".to_owned()),
            _ => {}
        }
        // A shift by the type's whole width would overflow, and no bits means every address.
        let mask = if bits == 0 { 0 } else { u128::MAX << (128 - bits) };
        Ok(Self { version_4: address.is_ipv4(), network: top_bits(address) & mask, mask })
    }

    fn accepts(self, text: &str) -> bool {
        text.parse::<IpAddr>()
            .is_ok_and(|address| address.is_ipv4() == self.version_4 && top_bits(address) & self.mask == self.network)
    }
}

fn top_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}
