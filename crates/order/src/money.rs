use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Invalid, Quantity};

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The currency of a three-letter code such as `EUR`.
    pub fn parse(code: &str) -> Result<Self, Invalid> {
        iso_currency::Currency::from_code(code)
            .map(Self)
            .ok_or_else(|| Invalid::new("an ISO 4217 currency code such as EUR"))
    }

    /// Its three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimal digits of its minor unit: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = Invalid;
    fn try_from(code: String) -> Result<Self, Invalid> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

/// Why a sum could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// The amounts are of two currencies; there is no exchange here.
    #[error("cannot add {0} and {1}")]
    CurrencyMismatch(Currency, Currency),
    /// The result does not fit in 64 bits of minor units.
    #[error("the amount is too large")]
    TooLarge,
}

/// An amount of money: integer minor units (cents, bani) of one currency. Never a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Money as JSON: `{"amount": "115.00", "currency": "USD"}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    amount: String,
    currency: Currency,
}

impl Money {
    /// So many minor units of a currency.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Reads a decimal such as `115.00`, `115` or `-3.5`; no more decimals than the currency has.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, Invalid> {
        let decimals = currency.decimals();
        decimal::parse(amount, decimals).map(|minor| Self::new(minor, currency)).ok_or_else(|| {
            Invalid::new(format!("a decimal amount of {currency} with at most {decimals} decimals, as text"))
        })
    }

    /// The amount in minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// Its currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The amount as a decimal with all the currency's digits: `115.00`.
    pub fn amount(self) -> String {
        decimal::write(self.minor, self.currency.decimals())
    }

    /// The number on the amount, comparable over all currencies: none has more than four decimals.
    pub fn ten_thousandths(self) -> i64 {
        let scale = 10_i64.pow(4_u32.saturating_sub(self.currency.decimals()));
        self.minor.saturating_mul(scale)
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.minor.checked_add(other.minor).map(|minor| Self::new(minor, self.currency)).ok_or(MoneyError::TooLarge)
    }

    /// The difference; may be negative.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.minor.checked_sub(other.minor).map(|minor| Self::new(minor, self.currency)).ok_or(MoneyError::TooLarge)
    }

    /// The price of so many units.
    pub fn times(self, quantity: Quantity) -> Result<Self, MoneyError> {
        self.minor
            .checked_mul(quantity.units())
            .map(|minor| Self::new(minor, self.currency))
            .ok_or(MoneyError::TooLarge)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

impl TryFrom<Written> for Money {
    type Error = Invalid;
    fn try_from(written: Written) -> Result<Self, Invalid> {
        Self::parse(&written.amount, written.currency).map_err(|error| error.at("amount"))
    }
}

impl From<Money> for Written {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: money.currency }
    }
}

impl FromStr for Currency {
    type Err = Invalid;
    fn from_str(code: &str) -> Result<Self, Invalid> {
        Self::parse(code)
    }
}

/// Fixed-point decimals as text, without floats.
pub(crate) mod decimal {
    /// `"12.5"` with two decimals is 1250; nothing when it is no decimal, has too many digits after
    /// the point, or does not fit.
    pub(crate) fn parse(text: &str, decimals: u32) -> Option<i64> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let missing = decimals.checked_sub(u32::try_from(fraction.len()).ok()?)?;
        let whole: i64 = whole.parse().ok()?;
        let fraction: i64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        let scaled = whole
            .checked_mul(10_i64.checked_pow(decimals)?)?
            .checked_add(fraction.checked_mul(10_i64.checked_pow(missing)?)?)?;
        Some(if negative { -scaled } else { scaled })
    }

    /// 1250 with two decimals is `"12.50"`.
    pub(crate) fn write(scaled: i64, decimals: u32) -> String {
        let sign = if scaled < 0 { "-" } else { "" };
        let magnitude = scaled.unsigned_abs();
        if decimals == 0 {
            return format!("{sign}{magnitude}");
        }
        let unit = 10_u64.pow(decimals);
        format!("{sign}{}.{:0width$}", magnitude / unit, magnitude % unit, width = decimals as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn amounts_are_read_and_written_in_the_currency_s_own_digits() {
        for (code, text, minor, written) in [
            ("USD", "115.00", 11_500, "115.00"),
            ("USD", "115", 11_500, "115.00"),
            ("USD", "0.5", 50, "0.50"),
            ("USD", "-3.05", -305, "-3.05"),
            ("USD", "-0.05", -5, "-0.05"),
            ("USD", "1.500", 150, "1.50"),
            ("JPY", "500", 500, "500"),
            ("KWD", "1.234", 1_234, "1.234"),
        ] {
            let money = Money::parse(text, currency(code)).unwrap();
            assert_eq!((money.minor(), money.amount().as_str()), (minor, written), "{code} {text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for (code, text) in [
            ("USD", ""),
            ("USD", "."),
            ("USD", "1."),
            ("USD", ".5"),
            ("USD", "1.005"),
            ("USD", "1e3"),
            ("USD", "1,00"),
            ("USD", "+1"),
            ("USD", " 1"),
            ("USD", "--1"),
            ("USD", "99999999999999999999"),
            ("JPY", "1.5"),
            ("USD", "NaN"),
        ] {
            assert!(Money::parse(text, currency(code)).is_err(), "{code} {text}");
        }
        assert!(Currency::parse("ZZZ").is_err());
        assert!(Currency::parse("usd").is_err());
    }

    #[test]
    fn currencies_do_not_mix_and_sums_do_not_wrap() {
        let (dollar, euro) = (Money::new(1, currency("USD")), Money::new(1, currency("EUR")));
        assert_eq!(dollar.plus(euro), Err(MoneyError::CurrencyMismatch(currency("USD"), currency("EUR"))));
        let most = Money::new(i64::MAX, currency("USD"));
        assert_eq!(most.plus(dollar), Err(MoneyError::TooLarge));
        assert_eq!(most.times(Quantity::new(2).unwrap()), Err(MoneyError::TooLarge));
    }

    proptest! {
        #[test]
        fn writing_and_reading_an_amount_changes_nothing(minor in -(1_i64 << 60)..(1_i64 << 60), code in prop::sample::select(vec!["USD", "JPY", "KWD", "RON"])) {
            let money = Money::new(minor, currency(code));
            prop_assert_eq!(Money::parse(&money.amount(), money.currency()), Ok(money));
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn no_text_makes_reading_panic(text in ".*") {
            let _ = Money::parse(&text, currency("USD"));
        }
    }
}
