//! What SNS and SQS hand to those who listen.
//!
//! Sources: SNS developer guide, "HTTP/HTTPS notification JSON format"; Lambda developer guide, "Using
//! Lambda with Amazon SQS", for the record that a consumer gets.

use crate::origin::Origin;
use crate::queue::MessageState;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// The envelope in which Lambda gets a batch: `{"Records": […]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Records<T> {
    /// The batch, oldest first.
    #[serde(rename = "Records")]
    pub records: Vec<T>,
}

/// A message of a topic, as an HTTP endpoint receives it and as the body of a queue's message.
///
/// `UnsubscribeURL` is left out: subscriptions are declared in `triggers.json`, not over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SnsNotification {
    /// Always "Notification".
    #[serde(rename = "Type")]
    pub kind: String,
    /// Unique to the message, the same for every subscription and every retry.
    pub message_id: String,
    /// The topic.
    pub topic_arn: String,
    /// Subject line, when one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The message itself: text, often JSON as text.
    pub message: String,
    /// When it was published.
    #[serde(serialize_with = "milliseconds")]
    pub timestamp: Timestamp,
    /// Which signature scheme; "1" or "2".
    pub signature_version: String,
    /// The signature, where the deliverer made one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Where the certificate that made the signature is found.
    #[serde(rename = "SigningCertURL", default, skip_serializing_if = "Option::is_none")]
    pub signing_cert_url: Option<String>,
    /// Attributes given by the publisher.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub message_attributes: BTreeMap<String, SnsAttribute>,
}

/// An attribute of a topic's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SnsAttribute {
    /// `String`, `Number`, `Binary` or `String.Array`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The value as text.
    pub value: String,
}

impl SnsNotification {
    /// An unsigned message without attributes.
    pub fn new(
        origin: &Origin,
        topic: &str,
        message_id: impl Into<String>,
        subject: Option<String>,
        message: impl Into<String>,
        published_at: Timestamp,
    ) -> Self {
        Self {
            kind: "Notification".to_owned(),
            message_id: message_id.into(),
            topic_arn: origin.topic_arn(topic),
            subject,
            message: message.into(),
            timestamp: published_at,
            signature_version: "1".to_owned(),
            signature: None,
            signing_cert_url: None,
            message_attributes: BTreeMap::new(),
        }
    }

    /// The notification as JSON text: an HTTP body, or the body of a message in a subscribed queue.
    pub fn to_body(&self) -> String {
        serde_json::to_string(self).expect("text and maps of text always serialize")
    }
}

/// A message of a queue, as its consumer receives it.
///
/// `md5OfBody` is left out: it guards a wire that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqsRecord {
    /// Unique to the message, the same at every receive.
    pub message_id: String,
    /// Names this receive; deleting the message takes it.
    pub receipt_handle: String,
    /// What was sent.
    pub body: String,
    /// What the queue knows of the message.
    pub attributes: SqsAttributes,
    /// Attributes given by the sender.
    pub message_attributes: BTreeMap<String, SqsMessageAttribute>,
    /// Always "aws:sqs".
    pub event_source: String,
    /// The queue.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: String,
    /// The queue's region.
    pub aws_region: String,
}

/// What the queue knows of a message. SQS writes numbers as text, times in milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SqsAttributes {
    /// How often the message was received, this time included.
    pub approximate_receive_count: String,
    /// When it was sent.
    pub sent_timestamp: String,
    /// Who sent it.
    pub sender_id: String,
    /// When it was first received.
    pub approximate_first_receive_timestamp: String,
}

/// An attribute of a queue's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqsMessageAttribute {
    /// The value as text.
    pub string_value: String,
    /// `String` or `Number`.
    pub data_type: String,
}

/// One receive of a message, to be put into a consumer's record.
#[derive(Debug, Clone, Copy)]
pub struct Receive<'a> {
    /// The queue's name.
    pub queue: &'a str,
    /// The message's id.
    pub message_id: &'a str,
    /// Names this receive.
    pub receipt_handle: &'a str,
    /// What was sent.
    pub body: &'a str,
    /// The message after this receive, its count included.
    pub state: MessageState,
    /// When it was first received.
    pub first_received_at: Timestamp,
}

impl SqsRecord {
    /// The record of one receive, without attributes of the sender.
    pub fn new(origin: &Origin, receive: Receive<'_>) -> Self {
        Self {
            message_id: receive.message_id.to_owned(),
            receipt_handle: receive.receipt_handle.to_owned(),
            body: receive.body.to_owned(),
            attributes: SqsAttributes {
                approximate_receive_count: receive.state.receive_count.to_string(),
                sent_timestamp: receive.state.sent_at.as_millisecond().to_string(),
                sender_id: origin.account.clone(),
                approximate_first_receive_timestamp: receive.first_received_at.as_millisecond().to_string(),
            },
            message_attributes: BTreeMap::new(),
            event_source: "aws:sqs".to_owned(),
            event_source_arn: origin.queue_arn(receive.queue),
            aws_region: origin.region.clone(),
        }
    }
}

fn milliseconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::sample;
    use serde_json::{Value, json};

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_notification_has_the_shape_of_sns() {
        let mut notification = SnsNotification::new(
            &sample(),
            "order-completed",
            "m-1",
            Some("Order completed".to_owned()),
            "{\"order_id\":\"12345\"}",
            time("2026-11-21T09:41:00Z"),
        );
        notification.message_attributes.insert(
            "workflow".to_owned(),
            SnsAttribute { kind: "String".to_owned(), value: "confirmed-orders".to_owned() },
        );
        let body: Value = serde_json::from_str(&notification.to_body()).expect("JSON");
        assert_eq!(
            body,
            json!({
                "Type": "Notification", "MessageId": "m-1",
                "TopicArn": "arn:aws:sns:eu-central-1:123456789012:order-completed",
                "Subject": "Order completed", "Message": "{\"order_id\":\"12345\"}",
                "Timestamp": "2026-11-21T09:41:00.000Z", "SignatureVersion": "1",
                "MessageAttributes": {"workflow": {"Type": "String", "Value": "confirmed-orders"}}
            })
        );
    }

    #[test]
    fn absent_parts_of_a_notification_are_not_written() {
        let notification = SnsNotification::new(&sample(), "t", "m", None, "x", time("2026-11-21T09:41:00Z"));
        let body = notification.to_body();
        for absent in ["Subject", "\"Signature\"", "SigningCertURL", "MessageAttributes"] {
            assert!(!body.contains(absent), "{absent} in {body}");
        }
        let back: SnsNotification = serde_json::from_str(&body).expect("its own shape");
        assert_eq!(back, notification);
    }

    #[test]
    fn a_queue_record_has_the_shape_that_lambda_gets() {
        let record = SqsRecord::new(
            &sample(),
            Receive {
                queue: "OrdersQueue",
                message_id: "m-1",
                receipt_handle: "h-2",
                body: "{}",
                state: MessageState {
                    sent_at: time("2026-11-21T09:41:00.500Z"),
                    visible_at: time("2026-11-21T09:42:00Z"),
                    receive_count: 2,
                },
                first_received_at: time("2026-11-21T09:41:01Z"),
            },
        );
        let value = serde_json::to_value(Records { records: vec![record] }).expect("JSON");
        assert_eq!(
            value,
            json!({"Records": [{
                "messageId": "m-1", "receiptHandle": "h-2", "body": "{}",
                "attributes": {
                    "ApproximateReceiveCount": "2", "SentTimestamp": "1795254060500",
                    "SenderId": "123456789012", "ApproximateFirstReceiveTimestamp": "1795254061000"
                },
                "messageAttributes": {}, "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:OrdersQueue",
                "awsRegion": "eu-central-1"
            }]})
        );
    }
}
