//! Where changes lead to: streams, topics, queues, mail. Made once from the workflows' `triggers.json`.

use std::collections::{BTreeMap, HashMap};

use order::{Email, Invalid};
use ports::Execution;
use rusqlite::Connection;
use triggers::{Origin, QueueSpec, StreamViewType};

use crate::ApplyError;

/// What is beyond the tables: whose table is streamed, who listens to which topic, how queues behave.
#[derive(Debug, Clone)]
pub struct Wiring {
    /// The account and region that stand in every ARN.
    pub origin: Origin,
    /// By workflow: the table whose stream shows that workflow's orders.
    pub streams: HashMap<String, StreamedTable>,
    /// What becomes of mail.
    pub mail: MailMode,
    /// Every topic, with who is told.
    pub topics: BTreeMap<String, Vec<Subscription>>,
    /// Every queue, those included that are only a dead-letter queue of another.
    pub queues: BTreeMap<String, QueueSpec>,
}

/// A workflow's table as its stream shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamedTable {
    /// The table's name.
    pub table: String,
    /// What a record carries.
    pub view: StreamViewType,
}

/// What becomes of a mail that a step wants sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailMode {
    /// It stays in the mailbox, where it can be read.
    Capture,
    /// It is handed to an SMTP server.
    Send,
}

/// Who is told of a topic's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscription {
    /// A mail to this address.
    Email(Email),
    /// A signed `POST` to this URL.
    Webhook(String),
    /// A message on the queue of this name.
    Queue(String),
}

impl Subscription {
    /// Reads protocol and endpoint as a topic declares them: `email`, `http`, `https`, or `sqs` with the
    /// name or the ARN of a queue.
    ///
    /// # Errors
    ///
    /// Names the part that is wrong, `Protocol` or `Endpoint`.
    pub fn parse(protocol: &str, endpoint: &str) -> Result<Self, Invalid> {
        match protocol {
            "email" => Email::parse(endpoint).map(Self::Email).map_err(|error| error.at("Endpoint")),
            "http" | "https" => match reqwest::Url::parse(endpoint) {
                Ok(url) if url.scheme() == protocol && url.has_host() => Ok(Self::Webhook(endpoint.to_owned())),
                _ => Err(Invalid::new(format!("an URL that starts with {protocol}://")).at("Endpoint")),
            },
            "sqs" => {
                let name = endpoint.rsplit(':').next().unwrap_or(endpoint);
                if name.is_empty() {
                    return Err(Invalid::new("the name or the ARN of a queue").at("Endpoint"));
                }
                Ok(Self::Queue(name.to_owned()))
            }
            _ => Err(Invalid::new("email, http, https or sqs").at("Protocol")),
        }
    }

    /// The protocol's name.
    pub fn protocol(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Webhook(url) if url.starts_with("https:") => "https",
            Self::Webhook(_) => "http",
            Self::Queue(_) => "sqs",
        }
    }

    /// The address, URL or queue.
    pub fn endpoint(&self) -> &str {
        match self {
            Self::Email(address) => address.as_str(),
            Self::Webhook(endpoint) | Self::Queue(endpoint) => endpoint,
        }
    }
}

/// Starts executions inside the transaction that wants them. Whoever runs the engine implements it; this
/// crate knows no engine.
pub trait StartExecution: Send + Sync {
    /// Starts the execution, or does nothing when one of that name exists.
    ///
    /// # Errors
    ///
    /// The transaction is then taken back.
    fn start(&self, transaction: &Connection, execution: &Execution) -> Result<(), ApplyError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_are_read_or_refused_with_the_part_that_is_wrong() {
        for (protocol, endpoint, expected) in [
            ("email", "ops@example.com", Ok("ops@example.com")),
            ("https", "https://example.com/hook", Ok("https://example.com/hook")),
            ("sqs", "arn:aws:sqs:eu-central-1:123456789012:Orders", Ok("Orders")),
            ("sqs", "Orders", Ok("Orders")),
            ("email", "ops", Err("Endpoint")),
            ("https", "http://example.com", Err("Endpoint")),
            ("https", "example.com", Err("Endpoint")),
            ("sqs", "", Err("Endpoint")),
            ("sms", "+40", Err("Protocol")),
        ] {
            let parsed = Subscription::parse(protocol, endpoint);
            let seen = parsed.as_ref().map(Subscription::endpoint).map_err(|error| error.field.as_str());
            assert_eq!(seen, expected, "{protocol} {endpoint}");
            if let Ok(subscription) = &parsed {
                assert_eq!(subscription.protocol(), protocol);
            }
        }
    }
}
