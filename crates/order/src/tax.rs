use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::decimal;
use crate::{Country, Invalid, Money, MoneyError};

/// Tax added to an order, as data: a rate per destination country.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxRule {
    /// The rate for countries that are not listed, and for orders without a destination.
    #[serde(default)]
    pub default: Rate,
    /// Rates by country.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_country: BTreeMap<Country, Rate>,
    /// Whether shipping is taxed too.
    #[serde(default)]
    pub on_shipping: bool,
}

/// A tax rate as a decimal fraction with at most six decimals: `"0.19"` is 19 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate {
    millionths: i64,
}

const DECIMALS: u32 = 6;
const ONE: i128 = 1_000_000;

impl TryFrom<String> for Rate {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        decimal::parse(&text, DECIMALS)
            .filter(|millionths| (0..=i64::try_from(ONE).expect("a million fits")).contains(millionths))
            .map(|millionths| Self { millionths })
            .ok_or_else(|| Invalid::new("a rate from 0 to 1 as text, such as \"0.19\""))
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> String {
        decimal::write(rate.millionths, DECIMALS)
    }
}

impl TaxRule {
    /// The tax on goods and shipping sent to that country, rounded half up to the minor unit.
    pub fn tax(&self, subtotal: Money, shipping: Money, destination: Option<&Country>) -> Result<Money, MoneyError> {
        let rate = destination.and_then(|country| self.by_country.get(country)).unwrap_or(&self.default);
        let taxed = if self.on_shipping { subtotal.plus(shipping)? } else { subtotal };
        let exact = i128::from(taxed.minor()) * i128::from(rate.millionths);
        let rounded = (exact + ONE / 2).div_euclid(ONE);
        i64::try_from(rounded).map(|minor| Money::new(minor, taxed.currency())).map_err(|_| MoneyError::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    #[test]
    fn tax_follows_the_country_and_rounds_half_up() {
        let rule: TaxRule =
            serde_json::from_str(r#"{"default":"0","by_country":{"RO":"0.19","DE":"0.07"},"on_shipping":true}"#)
                .unwrap();
        let money = |minor| Money::new(minor, Currency::parse("EUR").unwrap());
        for (subtotal, shipping, country, tax) in
            [(10_000, 1_500, "RO", 2_185), (50, 0, "DE", 4), (49, 0, "DE", 3), (10_000, 1_500, "FR", 0)]
        {
            let country = Country::parse(country).unwrap();
            let got = rule.tax(money(subtotal), money(shipping), Some(&country)).unwrap();
            assert_eq!(got.minor(), tax, "{subtotal} {country}");
        }
    }

    #[test]
    fn a_rate_is_a_fraction() {
        for bad in ["19", "-0.1", "x", "0.1234567", "1.1"] {
            assert!(Rate::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        assert!(Rate::try_from("1".to_owned()).is_ok());
    }
}
