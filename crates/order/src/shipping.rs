use serde::{Deserialize, Serialize};

use crate::{Country, Currency, Invalid, Money};

/// What shipping costs, as data. Amounts are decimals in the order's own currency.
///
/// The price is `base`, or that of the highest bracket of `by_total` whose `over` the goods' total
/// exceeds; `outside` adds its surcharge when the destination is another country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingRule {
    /// Price when no bracket applies.
    pub base: String,
    /// Other prices for larger orders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_total: Vec<Bracket>,
    /// The surcharge for other countries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<Outside>,
}

/// A price for orders whose goods cost more than so much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bracket {
    /// Exclusive lower bound of the goods' total.
    pub over: String,
    /// The price of shipping then.
    pub price: String,
}

/// A surcharge for destinations outside a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// The home country, which is also assumed for an order without a destination.
    pub country: Country,
    /// What other countries pay on top.
    pub surcharge: String,
}

impl ShippingRule {
    /// The price of shipping goods of that subtotal to that country. An error means that the rule
    /// itself, which is configuration, holds an amount that the currency cannot express.
    pub fn price(&self, subtotal: Money, destination: Option<&Country>) -> Result<Money, Invalid> {
        let currency = subtotal.currency();
        let mut price = amount(&self.base, currency, "shipping/base")?;
        let mut highest = None;
        for (index, bracket) in self.by_total.iter().enumerate() {
            let over = amount(&bracket.over, currency, format_args!("shipping/by_total/{index}/over"))?;
            if subtotal.minor() > over.minor() && highest.is_none_or(|so_far| over.minor() > so_far) {
                highest = Some(over.minor());
                price = amount(&bracket.price, currency, format_args!("shipping/by_total/{index}/price"))?;
            }
        }
        if let Some(outside) = &self.outside
            && destination.is_some_and(|country| *country != outside.country)
        {
            let surcharge = amount(&outside.surcharge, currency, "shipping/outside/surcharge")?;
            price = price.plus(surcharge).map_err(|error| Invalid::new(error.to_string()).at("shipping"))?;
        }
        Ok(price)
    }
}

/// Reads an amount of the rule. Amounts are written with two decimals whatever the currency, so
/// trailing zeros are no error for one without decimals.
fn amount(text: &str, currency: Currency, field: impl std::fmt::Display) -> Result<Money, Invalid> {
    match Money::parse(text, currency) {
        Ok(money) if money.minor() >= 0 => Ok(money),
        Ok(_) => Err(Invalid::new("an amount that is not negative").at(field)),
        Err(error) => Err(error.at(field)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(rule: &str, subtotal: &str, country: Option<&str>) -> String {
        let rule: ShippingRule = serde_json::from_str(rule).unwrap();
        let subtotal = Money::parse(subtotal, Currency::parse("RON").unwrap()).unwrap();
        let country = country.map(|code| Country::parse(code).unwrap());
        rule.price(subtotal, country.as_ref()).unwrap().amount()
    }

    #[test]
    fn shipping_follows_country_and_total() {
        let emag = r#"{"base":"15.00","outside":{"country":"RO","surcharge":"20.00"}}"#;
        let order_app = r#"{"base":"50.00","by_total":[{"over":"200.00","price":"20.00"}]}"#;
        for (rule, subtotal, country, expected) in [
            (emag, "10.00", Some("RO"), "15.00"),
            (emag, "10.00", None, "15.00"),
            (emag, "10.00", Some("DE"), "35.00"),
            (order_app, "200.00", None, "50.00"),
            (order_app, "200.01", None, "20.00"),
            (order_app, "0.00", Some("DE"), "50.00"),
        ] {
            assert_eq!(price(rule, subtotal, country), expected, "{rule} {subtotal} {country:?}");
        }
    }

    #[test]
    fn the_highest_bracket_wins_whatever_the_order_of_the_list() {
        let rule = r#"{"base":"9.00","by_total":[{"over":"100.00","price":"0.00"},{"over":"50.00","price":"4.00"}]}"#;
        assert_eq!(price(rule, "60.00", None), "4.00");
        assert_eq!(price(rule, "101.00", None), "0.00");
    }

    #[test]
    fn a_bad_amount_is_named() {
        let rule: ShippingRule = serde_json::from_str(r#"{"base":"x"}"#).unwrap();
        let error = rule.price(Money::zero(Currency::parse("RON").unwrap()), None).unwrap_err();
        assert_eq!(error.field, "shipping/base");
        let rule: ShippingRule = serde_json::from_str(r#"{"base":"-1"}"#).unwrap();
        assert!(rule.price(Money::zero(Currency::parse("RON").unwrap()), None).is_err());
    }
}
