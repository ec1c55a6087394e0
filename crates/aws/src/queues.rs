//! SQS queues: messages put on them, and how full they are.

use std::collections::BTreeMap;

use adapter::Failure;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName};
use futures::future::try_join_all;
use ports::{QueueMessage, QueueView, Result};
use serde_json::Value;

use crate::fault;
use crate::topics::KEY_ATTRIBUTE;

/// The queues of a workflow.
#[derive(Debug, Clone)]
pub struct Queues {
    client: Client,
    queues: BTreeMap<String, String>,
}

/// What SQS says of a queue.
struct Attributes {
    visible: i64,
    in_flight: i64,
    visibility_timeout_seconds: u32,
    /// The name of its dead-letter queue on AWS.
    dead_letter_queue: Option<String>,
}

impl Queues {
    /// The queues of those URLs, by name.
    pub fn new(client: Client, queues: BTreeMap<String, String>) -> Self {
        Self { client, queues }
    }

    /// Puts a message on its queue.
    pub(crate) async fn send(&self, message: &QueueMessage) -> Result<(), Failure> {
        let queue = &message.queue;
        let url = self.queues.get(queue);
        let url = url.ok_or_else(|| Failure::permanent(format!("there is no queue {queue} in ORDERFLOW_QUEUES")))?;
        let key = MessageAttributeValue::builder().data_type("String").string_value(&message.key).build();
        let send = self.client.send_message().queue_url(url).message_body(&message.body);
        let sent = send.message_attributes(KEY_ATTRIBUTE, key.expect("it has a type")).send().await;
        sent.map(drop).map_err(|error| fault::failure("SQS", &error, &["InvalidMessageContents"]))
    }

    /// Every queue with how full it is, and then every dead-letter queue that is none of them itself.
    pub(crate) async fn views(&self) -> Result<Vec<QueueView>> {
        let known = self.queues.iter().map(|(name, url)| self.view(name, url.clone()));
        let mut views = try_join_all(known).await?;
        let mut dead_letter_queues = Vec::new();
        for view in &mut views {
            let url = &self.queues[&view.name];
            let Some(dead_letter_queue) = &mut view.dead_letter_queue else { continue };
            let dead_letter_url = beside(url, dead_letter_queue);
            match self.queues.iter().find(|(_, known)| **known == dead_letter_url) {
                Some((name, _)) => dead_letter_queue.clone_from(name),
                None => dead_letter_queues.push((dead_letter_queue.clone(), dead_letter_url)),
            }
        }
        dead_letter_queues.sort();
        dead_letter_queues.dedup();
        let others = dead_letter_queues.iter().map(|(name, url)| self.view(name, url.clone()));
        views.extend(try_join_all(others).await?);
        Ok(views)
    }

    async fn view(&self, name: &str, url: String) -> Result<QueueView> {
        let attributes = self.attributes(url).await?;
        Ok(QueueView {
            name: name.to_owned(),
            visible: attributes.visible,
            in_flight: attributes.in_flight,
            visibility_timeout_seconds: attributes.visibility_timeout_seconds,
            dead_letter_queue: attributes.dead_letter_queue,
        })
    }

    async fn attributes(&self, url: String) -> Result<Attributes> {
        use QueueAttributeName::{
            ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, RedrivePolicy, VisibilityTimeout,
        };
        let wanted =
            [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, RedrivePolicy, VisibilityTimeout];
        let get = self.client.get_queue_attributes().queue_url(url).set_attribute_names(Some(wanted.to_vec()));
        let answer = get.send().await.map_err(|error| fault::unavailable("SQS", &error))?;
        let attributes = answer.attributes.unwrap_or_default();
        let number = |name: QueueAttributeName| attributes.get(&name).and_then(|text| text.parse::<i64>().ok());
        let redrive = attributes.get(&RedrivePolicy).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let target = redrive.as_ref().and_then(|policy| policy["deadLetterTargetArn"].as_str());
        Ok(Attributes {
            visible: number(ApproximateNumberOfMessages).unwrap_or(0),
            in_flight: number(ApproximateNumberOfMessagesNotVisible).unwrap_or(0),
            visibility_timeout_seconds: number(VisibilityTimeout).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            dead_letter_queue: target.and_then(|arn| arn.rsplit(':').next()).map(str::to_owned),
        })
    }
}

/// The URL of the queue of that name in the account and region of another.
fn beside(url: &str, name: &str) -> String {
    let account = url.rsplit_once('/').map_or(url, |(account, _)| account);
    format!("{account}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_queue_is_in_the_same_account_and_region() {
        let url = "https://sqs.eu-central-1.amazonaws.com/123456789012/shop-OrdersQueue";
        let expected = "https://sqs.eu-central-1.amazonaws.com/123456789012/shop-OrdersQueue-dead";
        assert_eq!(beside(url, "shop-OrdersQueue-dead"), expected);
    }
}
