//! What `${Name}` in a definition stands for.

use triggers::{Bindings, Origin};

/// Something that a definition names by `${Name}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder<'a> {
    /// `${ReserveStockArn}`: the ARN of a step's function, by the step's name.
    Function(&'static str),
    /// `${OrderConfirmedTopicArn}`: the ARN of a topic of the workflow, by the topic's name.
    Topic(&'a str),
    /// `${OrdersQueueUrl}`: the URL of a queue of the workflow, by the queue's name.
    QueueUrl(&'a str),
    /// `${OrdersQueueArn}`: the ARN of a queue of the workflow, by the queue's name.
    QueueArn(&'a str),
    /// `${EventBusName}`: the name of the event bus.
    EventBusName,
}

impl<'a> Placeholder<'a> {
    /// What a name stands for in the workflow of these bindings; nothing when it stands for nothing.
    #[must_use]
    pub fn parse(name: &str, bindings: &'a Bindings) -> Option<Self> {
        let queue = |logical: &str| bindings.queue_names().into_iter().find(|queue| *queue == logical);
        if name == "EventBusName" {
            return Some(Self::EventBusName);
        }
        if let Some(queue) = name.strip_suffix("Url").and_then(queue) {
            return Some(Self::QueueUrl(queue));
        }
        let logical = name.strip_suffix("Arn")?;
        if let Some(step) = steps::registry::find(logical) {
            return Some(Self::Function(step.name()));
        }
        let topic = bindings.topics.keys().find(|topic| logical_topic(topic) == logical);
        topic.map(|topic| Self::Topic(topic)).or_else(|| queue(logical).map(Self::QueueArn))
    }

    /// What it stands for in the embedded home, whose functions, topics and queues bear their own names.
    pub(crate) fn embedded(self, origin: &Origin) -> String {
        match self {
            Self::Function(step) => origin.function_arn(step),
            Self::Topic(topic) => origin.topic_arn(topic),
            Self::QueueUrl(queue) => {
                format!("https://sqs.{}.amazonaws.com/{}/{queue}", origin.region, origin.account)
            }
            Self::QueueArn(queue) => origin.queue_arn(queue),
            Self::EventBusName => "default".to_owned(),
        }
    }
}

/// The logical name of a topic in placeholders: `order-completed` is `OrderCompletedTopic`.
fn logical_topic(topic: &str) -> String {
    let mut name = String::new();
    for word in topic.split(['-', '_', '.']).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(letters.as_str());
    }
    if !name.ends_with("Topic") {
        name.push_str("Topic");
    }
    name
}
