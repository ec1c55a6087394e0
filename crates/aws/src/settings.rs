//! What a function is told by its environment.

use std::collections::BTreeMap;

use order::Email;
use serde::de::DeserializeOwned;

use crate::shards::MOST_SHARDS;

/// Hours for which a link to a receipt is good unless told otherwise: a week.
const LINK_EXPIRES_HOURS: u32 = 7 * 24;

/// The environment of a function. What is malformed is refused when it is read; what is missing, when it
/// is asked for: no function is told more than it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    function: String,
    workflow: Option<String>,
    data_table: Option<String>,
    outbox_table: Option<String>,
    receipts_bucket: Option<String>,
    event_bus: Option<String>,
    secret: Option<String>,
    mail_from: Option<Email>,
    /// The SES configuration set that reports bounces.
    pub mail_configuration_set: Option<String>,
    /// The shop's name, as customers read it.
    pub shop_name: String,
    /// What links begin with, without a slash at the end; without it they are paths.
    pub public_url: Option<String>,
    /// The tables whose streams show orders, by workflow.
    pub streamed_tables: BTreeMap<String, String>,
    /// The ARNs of topics, by name.
    pub topics: BTreeMap<String, String>,
    /// The URLs of queues, by name.
    pub queues: BTreeMap<String, String>,
    /// The ARNs of state machines, by workflow.
    pub state_machines: BTreeMap<String, String>,
    /// The names of alarms on CloudWatch, by the name that the workflow gives them.
    pub alarms: BTreeMap<String, String>,
    /// Into how many shards a product's stock is cut when it is put on the shelf.
    pub stock_shards: u32,
    /// Hours for which a link to a receipt is good.
    pub link_expires_hours: u32,
    /// The part of each workflow's payments that the simulated gateway refuses, from 0 to 1.
    pub failure_rates: BTreeMap<String, f64>,
    /// What is logged, in the words of tracing's `EnvFilter`.
    pub log: String,
}

/// A variable of the environment that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It is not there.
    #[error("{variable} is missing: expected {expected}")]
    Missing {
        /// Its name.
        variable: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// It is something else.
    #[error("{variable} is wrong: expected {expected}")]
    Wrong {
        /// Its name.
        variable: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}

impl Settings {
    /// Reads the environment through `lookup`. A variable that is empty is one that is not there.
    ///
    /// # Errors
    ///
    /// When there is no `ORDERFLOW_FUNCTION`, or a variable is malformed.
    pub fn from_environment(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let variables = Variables(&lookup);
        const FUNCTION: Variable = Variable("ORDERFLOW_FUNCTION", "the name of a function");
        let rates = variables.map::<f64>("ORDERFLOW_FAILURE_RATES", "a JSON object of shares from 0 to 1")?;
        if !rates.values().all(|share| (0.0..=1.0).contains(share)) {
            return Err(Variable("ORDERFLOW_FAILURE_RATES", "a JSON object of shares from 0 to 1").wrong());
        }
        Ok(Self {
            function: variables.text(FUNCTION.0).ok_or_else(|| FUNCTION.missing())?,
            workflow: variables.text(WORKFLOW.0),
            data_table: variables.text(DATA_TABLE.0),
            outbox_table: variables.text(OUTBOX_TABLE.0),
            receipts_bucket: variables.text(RECEIPTS_BUCKET.0),
            event_bus: variables.text(EVENT_BUS.0),
            secret: variables.text(SECRET.0),
            mail_from: variables.read(MAIL_FROM, |text| Email::parse(text).ok())?,
            mail_configuration_set: variables.text("ORDERFLOW_MAIL_CONFIGURATION_SET"),
            shop_name: variables.text("ORDERFLOW_SHOP_NAME").unwrap_or_else(|| "OrderFlow".to_owned()),
            public_url: variables.read(
                Variable("ORDERFLOW_PUBLIC_URL", "a URL that starts with https://"),
                |text| {
                    let url = text.starts_with("https://") || text.starts_with("http://");
                    url.then(|| text.trim_end_matches('/').to_owned())
                },
            )?,
            streamed_tables: variables.map("ORDERFLOW_STREAMED_TABLES", "a JSON object of table names by workflow")?,
            topics: variables.map("ORDERFLOW_TOPICS", "a JSON object of ARNs by topic")?,
            queues: variables.map("ORDERFLOW_QUEUES", "a JSON object of URLs by queue")?,
            state_machines: variables.map("ORDERFLOW_STATE_MACHINES", "a JSON object of ARNs by workflow")?,
            alarms: variables.map("ORDERFLOW_ALARMS", "a JSON object of CloudWatch's names by alarm")?,
            stock_shards: variables.number(
                "ORDERFLOW_STOCK_SHARDS",
                "a whole number from 1 to 32",
                1..=MOST_SHARDS,
                1,
            )?,
            link_expires_hours: variables.number(
                "ORDERFLOW_LINK_EXPIRES_HOURS",
                "a whole number of hours from 1 to 8760",
                1..=8_760,
                LINK_EXPIRES_HOURS,
            )?,
            failure_rates: rates,
            log: variables.text("ORDERFLOW_LOG").unwrap_or_else(|| "info".to_owned()),
        })
    }

    /// Which function this is: a step's name, or one of the home's own.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The workflow that the function belongs to.
    ///
    /// # Errors
    ///
    /// When the function was not told, here as in all that follow.
    pub fn workflow(&self) -> Result<&str, SettingError> {
        WORKFLOW.of(self.workflow.as_deref())
    }

    /// The table of orders, stock, customers and payments.
    ///
    /// # Errors
    ///
    /// When the function was not told.
    pub fn data_table(&self) -> Result<&str, SettingError> {
        DATA_TABLE.of(self.data_table.as_deref())
    }

    /// The table of what is to leave.
    ///
    /// # Errors
    ///
    /// When the function was not told.
    pub fn outbox_table(&self) -> Result<&str, SettingError> {
        OUTBOX_TABLE.of(self.outbox_table.as_deref())
    }

    /// The bucket of receipts.
    ///
    /// # Errors
    ///
    /// When the function was not told.
    pub fn receipts_bucket(&self) -> Result<&str, SettingError> {
        RECEIPTS_BUCKET.of(self.receipts_bucket.as_deref())
    }

    /// The event bus.
    ///
    /// # Errors
    ///
    /// When the function was not told.
    pub fn event_bus(&self) -> Result<&str, SettingError> {
        EVENT_BUS.of(self.event_bus.as_deref())
    }

    /// The secret that holds the keys.
    ///
    /// # Errors
    ///
    /// When the function was not told.
    pub fn secret(&self) -> Result<&str, SettingError> {
        SECRET.of(self.secret.as_deref())
    }

    /// Where mails come from.
    ///
    /// # Errors
    ///
    /// When the function was not told.
    pub fn mail_from(&self) -> Result<&Email, SettingError> {
        MAIL_FROM.of(self.mail_from.as_ref())
    }
}

/// A variable's name, and what is expected of it.
#[derive(Clone, Copy)]
struct Variable(&'static str, &'static str);

const WORKFLOW: Variable = Variable("ORDERFLOW_WORKFLOW", "the name of a workflow");
const DATA_TABLE: Variable = Variable("ORDERFLOW_DATA_TABLE", "the name of the data table");
const OUTBOX_TABLE: Variable = Variable("ORDERFLOW_OUTBOX_TABLE", "the name of the workflow's outbox table");
const RECEIPTS_BUCKET: Variable = Variable("ORDERFLOW_RECEIPTS_BUCKET", "the name of the bucket of receipts");
const EVENT_BUS: Variable = Variable("ORDERFLOW_EVENT_BUS", "the name of the event bus");
const SECRET: Variable = Variable("ORDERFLOW_SECRET", "the name of the secret that holds the keys");
const MAIL_FROM: Variable = Variable("ORDERFLOW_MAIL_FROM", "the mail address that mails come from");

impl Variable {
    fn missing(self) -> SettingError {
        SettingError::Missing { variable: self.0, expected: self.1 }
    }

    fn wrong(self) -> SettingError {
        SettingError::Wrong { variable: self.0, expected: self.1 }
    }

    fn of<T>(self, value: Option<T>) -> Result<T, SettingError> {
        value.ok_or_else(|| self.missing())
    }
}

struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn text(&self, variable: &str) -> Option<String> {
        (self.0)(variable).filter(|text| !text.is_empty())
    }

    fn read<T>(&self, variable: Variable, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, SettingError> {
        let text = self.text(variable.0);
        text.map(|text| read(&text).ok_or_else(|| variable.wrong())).transpose()
    }

    fn map<T: DeserializeOwned>(
        &self,
        variable: &'static str,
        expected: &'static str,
    ) -> Result<BTreeMap<String, T>, SettingError> {
        let read = |text: &str| serde_json::from_str(text).ok();
        Ok(self.read(Variable(variable, expected), read)?.unwrap_or_default())
    }

    fn number(
        &self,
        variable: &'static str,
        expected: &'static str,
        range: std::ops::RangeInclusive<u32>,
        otherwise: u32,
    ) -> Result<u32, SettingError> {
        let read = |text: &str| text.parse().ok().filter(|number| range.contains(number));
        Ok(self.read(Variable(variable, expected), read)?.unwrap_or(otherwise))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingError> {
        let function = [("ORDERFLOW_FUNCTION", "Api")];
        let all: BTreeMap<&str, &str> = function.iter().chain(variables).copied().collect();
        Settings::from_environment(|name| all.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn what_is_not_told_has_its_default_or_is_missed_when_asked_for() {
        let settings = read(&[]).unwrap();
        assert_eq!((settings.stock_shards, settings.link_expires_hours, settings.log.as_str()), (1, 168, "info"));
        let error = settings.data_table().unwrap_err();
        assert_eq!(error.to_string(), "ORDERFLOW_DATA_TABLE is missing: expected the name of the data table");
        assert_eq!(read(&[("ORDERFLOW_DATA_TABLE", "")]).unwrap().data_table(), Err(error));
        let none = Settings::from_environment(|_| None).unwrap_err().to_string();
        assert_eq!(none, "ORDERFLOW_FUNCTION is missing: expected the name of a function");
    }

    #[test]
    fn what_is_told_is_read() {
        let settings = read(&[
            ("ORDERFLOW_DATA_TABLE", "shop-data"),
            ("ORDERFLOW_TOPICS", r#"{"T":"arn:aws:sns:eu-central-1:123456789012:shop-T"}"#),
            ("ORDERFLOW_MAIL_FROM", "shop@example.com"),
            ("ORDERFLOW_PUBLIC_URL", "https://shop.example.com/"),
            ("ORDERFLOW_FAILURE_RATES", r#"{"order-app":0.2}"#),
        ])
        .unwrap();
        assert_eq!(settings.data_table(), Ok("shop-data"));
        assert_eq!(settings.topics["T"], "arn:aws:sns:eu-central-1:123456789012:shop-T");
        assert_eq!(settings.mail_from().unwrap().as_str(), "shop@example.com");
        assert_eq!(settings.public_url.as_deref(), Some("https://shop.example.com"));
        assert!((settings.failure_rates["order-app"] - 0.2).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_malformed_is_named() {
        for (variable, value) in [
            ("ORDERFLOW_TOPICS", "T"),
            ("ORDERFLOW_QUEUES", r#"["Q"]"#),
            ("ORDERFLOW_STATE_MACHINES", r#"{"checkout":1}"#),
            ("ORDERFLOW_MAIL_FROM", "nobody"),
            ("ORDERFLOW_PUBLIC_URL", "shop.example.com"),
            ("ORDERFLOW_STOCK_SHARDS", "33"),
            ("ORDERFLOW_LINK_EXPIRES_HOURS", "week"),
            ("ORDERFLOW_FAILURE_RATES", r#"{"order-app":1.2}"#),
        ] {
            let message = read(&[(variable, value)]).unwrap_err().to_string();
            assert!(message.starts_with(&format!("{variable} is wrong: expected ")), "{message}");
        }
    }
}
