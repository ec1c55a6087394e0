//! Notes on a mail that it bounced, or that its recipient complained of it.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use order::Invalid;
use ports::{Clock, DeliveryState, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::mail::{MAIL_TAG, OUTBOX_TAG};
use crate::outbox_items::OutboxItem;
use crate::outbox_table::OutboxTable;

/// What Lambda hands over of a topic: here the one to which SES tells what became of mails.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SnsEvent {
    #[serde(rename = "Records")]
    records: Vec<SnsRecord>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnsRecord {
    sns: SnsMessage,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnsMessage {
    message: String,
}

/// Writes down what SES tells of mails that did not arrive.
#[derive(Clone)]
pub struct BounceRecorder {
    client: Client,
    clock: Arc<dyn Clock>,
}

/// A mail that did not arrive.
#[derive(Debug, PartialEq, Eq)]
struct Bounce {
    /// The outbox's table that it is in.
    outbox: String,
    /// Its number there.
    mail: i64,
    /// Why, without the recipient's address.
    reason: String,
}

impl BounceRecorder {
    /// A recorder in the outboxes that mails name.
    pub fn new(client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock }
    }

    /// Writes down what a batch tells; how many mails were given up with it. Telling it twice is telling it
    /// once.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` when a message is no event of SES; `ServiceUnavailable` when it cannot be written
    /// down now.
    pub async fn record(&self, event: &SnsEvent) -> Result<usize> {
        let mut given_up = 0;
        for (index, record) in event.records.iter().enumerate() {
            let bounce = read(&record.sns.message)
                .ok_or_else(|| Invalid::new("an event of SES as JSON").at(format!("Records.{index}.Sns.Message")))?;
            if let Some(bounce) = bounce
                && self.give_up(bounce).await?
            {
                given_up += 1;
            }
        }
        Ok(given_up)
    }

    async fn give_up(&self, bounce: Bounce) -> Result<bool> {
        let table = OutboxTable::new(self.client.clone(), &bounce.outbox);
        let Some(key) = table.key_of(bounce.mail).await? else {
            tracing::warn!(outbox = bounce.outbox, mail = bounce.mail, "a mail that nobody knows did not arrive");
            return Ok(false);
        };
        loop {
            // It may be being settled at this moment: what SES says stands, so it is read again.
            let Some(mail) = table.get(&key).await? else { return Ok(false) };
            if mail.state == DeliveryState::Dead {
                return Ok(false);
            }
            let dead = OutboxItem {
                state: DeliveryState::Dead,
                next_attempt_at: None,
                dead_at: Some(self.clock.now()),
                last_error: Some(bounce.reason.clone()),
                ..mail.clone()
            };
            if table.replace(&mail, &dead).await? {
                tracing::warn!(outbox = bounce.outbox, item = key, reason = bounce.reason, "a mail did not arrive");
                return Ok(true);
            }
        }
    }
}

/// What an event of SES tells of a mail of ours: nothing when it arrived, or is none of ours. Not even that
/// when it is no event of SES.
fn read(message: &str) -> Option<Option<Bounce>> {
    let event: Value = serde_json::from_str(message).ok()?;
    let reason = match event["eventType"].as_str()? {
        "Bounce" => {
            let bounce = &event["bounce"];
            let status = bounce["bouncedRecipients"][0]["status"].as_str();
            ["bounceType", "bounceSubType"]
                .iter()
                .filter_map(|part| bounce[part].as_str())
                .chain(status)
                .fold("bounced:".to_owned(), |text, part| format!("{text} {part}"))
        }
        "Complaint" => {
            let kind = event["complaint"]["complaintFeedbackType"].as_str().unwrap_or("without a reason");
            format!("complained of: {kind}")
        }
        "Reject" => "rejected by SES: it holds a virus".to_owned(),
        _ => return Some(None),
    };
    let tag = |name: &str| event["mail"]["tags"][name][0].as_str();
    let Some((outbox, mail)) = tag(OUTBOX_TAG).zip(tag(MAIL_TAG)) else { return Some(None) };
    Some(mail.parse().ok().map(|mail| Bounce { outbox: outbox.to_owned(), mail, reason }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_ses_tells_is_read() {
        let tags = json!({ "ses:source-ip": ["192.0.2.1"], "outbox": ["shop-checkout-outbox"], "mail": ["7"] });
        let recipients = json!([{ "emailAddress": "ana@example.com", "status": "5.1.1",
                                  "diagnosticCode": "smtp; 550 5.1.1 <ana@example.com>: no such user" }]);
        let bounce = json!({ "bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": recipients });
        let mail = json!({ "messageId": "m", "tags": tags });
        for (event, reason) in [
            (
                json!({ "eventType": "Bounce", "bounce": bounce, "mail": mail }),
                Some("bounced: Permanent General 5.1.1"),
            ),
            (
                json!({ "eventType": "Complaint", "complaint": { "complaintFeedbackType": "abuse" }, "mail": mail }),
                Some("complained of: abuse"),
            ),
            (json!({ "eventType": "Complaint", "mail": mail }), Some("complained of: without a reason")),
            (json!({ "eventType": "Reject", "mail": mail }), Some("rejected by SES: it holds a virus")),
            (json!({ "eventType": "Delivery", "mail": mail }), None),
            (json!({ "eventType": "Bounce", "bounce": bounce, "mail": { "tags": {} } }), None),
        ] {
            let expected =
                reason.map(|reason| Bounce { outbox: "shop-checkout-outbox".into(), mail: 7, reason: reason.into() });
            assert_eq!(read(&event.to_string()), Some(expected), "{event}");
        }
        for message in ["", "hello", "{}", "[]"] {
            assert_eq!(read(message), None, "{message}");
        }
    }
}
