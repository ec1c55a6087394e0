//! Publishes messages to SNS topics.

use std::collections::BTreeMap;

use adapter::Failure;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use ports::TopicMessage;

use crate::fault;

/// The most characters of a subject that SNS takes.
const LONGEST_SUBJECT: usize = 99;

/// The attribute that carries a message's key: a subscriber that gets it twice can tell.
pub(crate) const KEY_ATTRIBUTE: &str = "key";

/// Publishes to topics.
#[derive(Debug, Clone)]
pub struct TopicPublisher {
    client: Client,
    topics: BTreeMap<String, String>,
}

impl TopicPublisher {
    /// A publisher to the topics of those ARNs, by name.
    pub fn new(client: Client, topics: BTreeMap<String, String>) -> Self {
        Self { client, topics }
    }

    /// Publishes a message.
    pub(crate) async fn publish(&self, message: &TopicMessage) -> Result<(), Failure> {
        let topic = &message.topic;
        let arn = self.topics.get(topic);
        let arn = arn.ok_or_else(|| Failure::permanent(format!("there is no topic {topic} in ORDERFLOW_TOPICS")))?;
        let key = MessageAttributeValue::builder().data_type("String").string_value(&message.key).build();
        let published = self
            .client
            .publish()
            .topic_arn(arn)
            .set_subject(message.subject.as_deref().and_then(subject))
            .message(&message.message)
            .message_attributes(KEY_ATTRIBUTE, key.expect("it has a type"))
            .send()
            .await;
        let permanent = ["InvalidParameter", "ParameterValueInvalid"];
        published.map(drop).map_err(|error| fault::failure("SNS", &error, &permanent))
    }
}

/// A subject as SNS takes it: a line, shorter than 100 characters, or none at all.
fn subject(text: &str) -> Option<String> {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    Some(line.take(LONGEST_SUBJECT).collect()).filter(|line: &String| !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_short_line() {
        assert_eq!(subject("Order\r\nplaced").as_deref(), Some("Order  placed"));
        assert_eq!(subject(&"ș".repeat(200)).map(|line| line.chars().count()), Some(99));
        assert_eq!(subject(" \n"), None);
    }
}
