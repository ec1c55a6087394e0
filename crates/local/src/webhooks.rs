//! Delivers topics' messages to webhooks: signed, with retries, given up after so many.

use std::sync::Arc;
use std::time::Duration;

use adapter::Failure;
use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use ports::{Clock, TopicMessage};
use reqwest::redirect::Policy;
use rusqlite::Connection;
use sha2::Sha256;
use store::Store;

use crate::outbox::{Deliverer, Outbox, Table};
use crate::sql::time_at;
use crate::{Backoff, Signals, Wakeups, Wiring, changes};

/// How long a receiver may take to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The header with the signature, see [`webhook_signature`].
pub const SIGNATURE_HEADER: &str = "orderflow-signature";

/// Delivers to webhooks.
pub struct Webhooks {
    outbox: Outbox<Http>,
}

impl Webhooks {
    /// A deliverer for the topics' messages in that store. What it sends is signed with the secret.
    ///
    /// # Errors
    ///
    /// When no HTTP client can be made (no certificates of the system, for one).
    pub fn new(
        store: Store,
        wiring: Arc<Wiring>,
        secret: &[u8],
        backoff: Backoff,
        signals: &Signals,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        // A redirect would carry what is signed for one receiver to another.
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build()?;
        let deliverer = Arc::new(Http { client, wiring, secret: secret.to_vec(), clock: clock.clone() });
        let listener = signals.listen(Wakeups::DELIVERIES);
        Ok(Self { outbox: Outbox { store, deliverer, listener, clock, backoff } })
    }

    /// Delivers until the future is dropped.
    pub async fn run(self) {
        self.outbox.run().await;
    }
}

/// The value of the header [`SIGNATURE_HEADER`]: `t={seconds},v1={hex}`, where the hex is HMAC-SHA256 of
/// `{seconds}.{body}` under the shared secret. A receiver that also checks the time is safe from replays.
pub fn webhook_signature(secret: &[u8], seconds: i64, body: &str) -> String {
    let mut signing: Hmac<Sha256> = Hmac::new_from_slice(secret).expect("HMAC takes keys of any length");
    signing.update(format!("{seconds}.{body}").as_bytes());
    let hex: String = signing.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

struct Http {
    client: reqwest::Client,
    wiring: Arc<Wiring>,
    secret: Vec<u8>,
    clock: Arc<dyn Clock>,
}

struct Item {
    message: TopicMessage,
    endpoint: String,
}

#[async_trait]
impl Deliverer for Http {
    type Item = Item;
    const TABLE: Table = Table::TopicDeliveries;

    fn load(connection: &Connection, id: i64) -> rusqlite::Result<Item> {
        connection
            .prepare_cached(
                "SELECT d.endpoint, m.topic, m.key, m.subject, m.message, m.at
                 FROM topic_deliveries d JOIN topic_messages m ON m.id = d.message_id WHERE d.id = ?1",
            )?
            .query_row([id], |row| {
                let message = TopicMessage {
                    topic: row.get(1)?,
                    key: row.get(2)?,
                    subject: row.get(3)?,
                    message: row.get(4)?,
                    at: time_at(row, 5)?,
                };
                Ok(Item { endpoint: row.get(0)?, message })
            })
    }

    async fn attempt(&self, item: Item) -> Result<(), Failure> {
        let notification = changes::notification(&item.message, &self.wiring);
        let body = notification.to_body();
        let answer = self
            .client
            .post(&item.endpoint)
            // As SNS sends it (SNS developer guide, "HTTP/HTTPS headers").
            .header("content-type", "text/plain; charset=UTF-8")
            .header("x-amz-sns-message-type", "Notification")
            .header("x-amz-sns-message-id", &notification.message_id)
            .header("x-amz-sns-topic-arn", &notification.topic_arn)
            .header(SIGNATURE_HEADER, webhook_signature(&self.secret, self.clock.now().as_second(), &body))
            .body(body)
            .send()
            .await;
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(Failure::passing(format!("it answered {}", answer.status().as_u16()))),
            // The URL may hold a secret of the receiver.
            Err(error) => Err(Failure::passing(reason(&error.without_url()))),
        }
    }
}

/// The error with what caused it: the outermost text alone says little.
fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_time_and_body() {
        let signature = webhook_signature(b"key", 1_795_254_060, "The quick brown fox");
        assert!(signature.starts_with("t=1795254060,v1="));
        assert_eq!(signature.len(), "t=1795254060,v1=".len() + 64);
        assert_ne!(signature, webhook_signature(b"key", 1_795_254_060, "The quick brown dog"));
        assert_ne!(signature, webhook_signature(b"kez", 1_795_254_060, "The quick brown fox"));
        // Computed with `printf '1.a' | openssl dgst -sha256 -hmac key`.
        assert_eq!(
            webhook_signature(b"key", 1, "a"),
            "t=1,v1=32a5f52f8b585db06b5960c1b30992c0575588cf6343eeb646efa5bfd9ca5a17"
        );
    }
}
