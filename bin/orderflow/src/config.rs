//! The configuration file: TOML, every field optional, every unknown field an error.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use order::Email;
use serde::Deserialize;

/// What the embedded home can be told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen. Loopback unless told otherwise.
    pub listen: SocketAddr,
    /// Where the database, receipts and secrets are.
    pub data: PathBuf,
    /// A folder of workflows to use instead of the built-in ones.
    pub workflows: Option<PathBuf>,
    /// How customers reach this server, for links in mails; `http://` and the listener without it.
    pub public_url: Option<String>,
    /// Whether the shop is one to try things out in: it shows the payment tokens of the simulated gateway.
    pub demo: bool,
    /// Who the shop is.
    pub shop: Shop,
    /// How mail goes out.
    pub mail: Mail,
    /// Where receipts are kept.
    pub receipts: Receipts,
    /// The simulated payment gateway.
    pub gateway: Gateway,
    /// Who is told of a topic's messages, besides what the workflows say.
    pub subscriptions: Vec<Subscription>,
    /// Values of the workflows' parameters, by workflow.
    pub parameters: BTreeMap<String, BTreeMap<String, String>>,
    /// How executions are run and named.
    pub engine: Engine,
    /// How alarms are evaluated.
    pub alarms: Alarms,
    /// How the log is written.
    pub log: Log,
}

/// Who the shop is: the sender of mails and the head of receipts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shop {
    pub name: String,
    pub email: Email,
}

/// How mail goes out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// `smtp://user:password@host:port` or `smtps://…`. Without it, mail is kept in the mailbox.
    pub smtp_url: Option<String>,
}

/// Where receipts are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Receipts {
    /// `s3://bucket/prefix` or a folder; the data folder's `objects` without it.
    pub url: Option<String>,
    /// How long a link in a mail is good for.
    pub link_expires_hours: u32,
}

/// The simulated payment gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    /// The part of each workflow's orders whose payment is refused whatever their token, from 0 to 1,
    /// fixed by the order's id.
    pub failure_rates: BTreeMap<String, f64>,
}

/// Somebody who is told of a topic's messages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    pub topic: String,
    /// `email`, `http`, `https` or `sqs`.
    pub protocol: String,
    pub endpoint: String,
}

/// How executions are run and named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    /// The region in ARNs.
    pub region: String,
    /// The twelve-digit account in ARNs.
    pub account_id: String,
    /// How many tasks may be under way at once.
    pub max_concurrent_tasks: usize,
}

/// How alarms are evaluated.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alarms {
    /// Seconds between two looks.
    pub evaluate_every_seconds: u64,
}

/// How the log is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub format: LogFormat,
    /// What is written, in the words of tracing's `EnvFilter`; `RUST_LOG` goes before it.
    pub filter: String,
    /// A folder to write the log to, one file a day, instead of standard error.
    pub folder: Option<PathBuf>,
    /// How many days of files are kept in that folder.
    pub retention_days: usize,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("data"),
            workflows: None,
            public_url: None,
            demo: false,
            shop: Shop::default(),
            mail: Mail::default(),
            receipts: Receipts::default(),
            gateway: Gateway::default(),
            subscriptions: Vec::new(),
            parameters: BTreeMap::new(),
            engine: Engine::default(),
            alarms: Alarms::default(),
            log: Log::default(),
        }
    }
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            name: "OrderFlow demo shop".to_owned(),
            email: Email::parse("orders@shop.example").expect("a fixed address is well formed"),
        }
    }
}

impl Default for Receipts {
    fn default() -> Self {
        Self { url: None, link_expires_hours: 7 * 24 }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self { region: "eu-central-1".to_owned(), account_id: "123456789012".to_owned(), max_concurrent_tasks: 1024 }
    }
}

impl Default for Alarms {
    fn default() -> Self {
        Self { evaluate_every_seconds: 10 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned(), folder: None, retention_days: 30 }
    }
}

impl Config {
    /// Reads a file; the error names the file, the line and what is wrong there.
    pub fn read(path: &Path) -> Result<Config, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read the configuration {}: {error}", path.display()))?;
        let config: Config = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        config.check().map_err(|message| format!("{}: {message}", path.display()))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.engine.region.is_empty() || !self.engine.region.chars().all(plain) {
            return Err("engine.region: expected a region such as eu-central-1".to_owned());
        }
        if self.engine.account_id.len() != 12 || !self.engine.account_id.bytes().all(|b| b.is_ascii_digit()) {
            return Err("engine.account_id: expected twelve digits".to_owned());
        }
        if self.public_url.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            return Err("public_url: expected a URL that starts with http:// or https://".to_owned());
        }
        if self.engine.max_concurrent_tasks == 0 {
            return Err("engine.max_concurrent_tasks: expected at least 1".to_owned());
        }
        if let Some((workflow, _)) = self.gateway.failure_rates.iter().find(|(_, rate)| !(0.0..=1.0).contains(*rate)) {
            return Err(format!("gateway.failure_rates.{workflow}: expected a number from 0 to 1"));
        }
        if self.log.retention_days == 0 {
            return Err("log.retention_days: expected at least 1".to_owned());
        }
        if !(1..=60).contains(&self.alarms.evaluate_every_seconds) {
            return Err("alarms.evaluate_every_seconds: expected 1 to 60".to_owned());
        }
        for (index, subscription) in self.subscriptions.iter().enumerate() {
            if !matches!(subscription.protocol.as_str(), "email" | "http" | "https" | "sqs") {
                return Err(format!("subscriptions.{index}.protocol: expected email, http, https or sqs"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_binds_loopback_only() {
        assert!(Config::default().listen.ip().is_loopback());
    }

    #[test]
    fn wrong_configuration_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("orderflow.toml");
        for (text, named) in [
            ("lissten = \"127.0.0.1:1\"", "lissten"),
            ("listen = \"here\"", "listen"),
            ("[shop]\nemail = \"nobody\"", "email"),
            ("public_url = \"shop.example\"", "public_url"),
            ("[engine]\nregion = \"a b:c\"", "engine.region"),
            ("[alarms]\nevaluate_every_seconds = 100000", "alarms.evaluate_every_seconds"),
            ("[log]\nretention_days = 0", "log.retention_days"),
            ("[engine]\naccount_id = \"12\"", "engine.account_id"),
            ("[gateway.failure_rates]\norder-app = 2.0", "gateway.failure_rates.order-app"),
            ("[[subscriptions]]\ntopic=\"t\"\nprotocol=\"carrier-pigeon\"\nendpoint=\"x\"", "subscriptions.0.protocol"),
        ] {
            std::fs::write(&file, text).unwrap();
            let message = Config::read(&file).unwrap_err();
            assert!(message.contains(named), "{text}: {message}");
        }
        std::fs::write(&file, "[mail]\nsmtp_url = \"smtp://127.0.0.1:25\"").unwrap();
        assert_eq!(Config::read(&file).unwrap().mail.smtp_url.as_deref(), Some("smtp://127.0.0.1:25"));
    }
}
