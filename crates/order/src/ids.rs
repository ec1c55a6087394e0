use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Invalid;

const LONGEST_ID: usize = 64;

/// Defines an identifier: a checked string with the usual conversions.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text; the error says what an identifier may look like.
            pub fn parse(text: impl Into<String>) -> Result<Self, Invalid> {
                let text = text.into();
                let allowed: fn(char) -> bool = $allowed;
                if (1..=LONGEST_ID).contains(&text.chars().count())
                    && text.chars().all(allowed)
                    && text.chars().any(char::is_alphanumeric)
                {
                    Ok(Self(text))
                } else {
                    Err(Invalid::new($expected))
                }
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

identifier!(
    /// Names one order. Also the name of its execution, so it keeps to what Step Functions allows
    /// in an execution name.
    OrderId,
    "1 to 64 letters, digits, '-', '_' or '.'",
    is_id_char
);

identifier!(
    /// Names one customer.
    CustomerId,
    "1 to 64 letters, digits, '-', '_' or '.'",
    is_id_char
);

identifier!(
    /// Stock keeping unit: names one product of the inventory.
    Sku,
    "1 to 64 visible characters without spaces or '/'",
    |c| !c.is_whitespace() && !c.is_control() && c != '/'
);

impl From<Uuid> for OrderId {
    /// The id of an order whose caller gave none: a UUIDv7, so ids sort by time.
    fn from(id: Uuid) -> Self {
        Self(id.hyphenated().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_to_their_alphabet() {
        for good in ["12345", "NW-10248", "a.b_c", &"x".repeat(64)] {
            assert!(OrderId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "--", "a b", "a/b", "é", "x\u{0}", &"x".repeat(65)] {
            assert!(OrderId::parse(bad).is_err(), "{bad}");
        }
        assert!(Sku::parse("țuică-0.7l").is_ok());
        assert!(Sku::parse("a b").is_err());
        assert!(Sku::parse("a/b").is_err());
    }
}
