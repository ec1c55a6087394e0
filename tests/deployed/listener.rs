//! A queue that hears what a topic or the bus says.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::account::{ACCOUNT, Account, REGION};

/// For so long nothing has come when everything has.
const QUIET: Duration = Duration::from_secs(8);

/// A queue of this test's own.
pub struct Listener {
    account: Account,
    url: String,
}

impl Listener {
    /// Hears a topic.
    pub async fn to_topic(account: &Account, name: &str, topic: &str) -> Self {
        let (listener, arn) = Self::create(account, &format!("{name}-hears-{topic}")).await;
        let input = [
            ("TopicArn", format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}-{topic}")),
            ("Protocol", "sqs".to_owned()),
            ("Endpoint", arn),
        ];
        let input = input.map(|(name, value)| (name.to_owned(), value));
        account.query("sns", "2010-03-31", "Subscribe", &input).await;
        listener
    }

    /// Hears everything on the bus of that name that steps put there.
    pub async fn to_bus(account: &Account, name: &str) -> Self {
        let (listener, arn) = Self::create(account, &format!("{name}-hears-the-bus")).await;
        let pattern = json!({ "source": [{ "prefix": "" }] }).to_string();
        let rule = json!({ "Name": "hear", "EventBusName": name, "EventPattern": pattern });
        account.call("events", "AWSEvents.PutRule", rule).await;
        let targets = json!({ "Rule": "hear", "EventBusName": name, "Targets": [{ "Id": "queue", "Arn": arn }] });
        account.call("events", "AWSEvents.PutTargets", targets).await;
        listener
    }

    async fn create(account: &Account, queue: &str) -> (Self, String) {
        let made = account.call("sqs", "AmazonSQS.CreateQueue", json!({ "QueueName": queue })).await;
        let url = made["QueueUrl"].as_str().expect("a queue has a URL").to_owned();
        (Self { account: account.clone(), url }, format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"))
    }

    /// How many messages wait.
    pub async fn count(&self) -> usize {
        let input = json!({ "QueueUrl": self.url, "AttributeNames": ["ApproximateNumberOfMessages"] });
        let answer = self.account.call("sqs", "AmazonSQS.GetQueueAttributes", input).await;
        answer["Attributes"]["ApproximateNumberOfMessages"].as_str().and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// Takes the bodies of all messages, until no more come.
    pub async fn all(&self) -> Vec<Value> {
        let (mut bodies, mut last) = (Vec::new(), Instant::now());
        while last.elapsed() < QUIET {
            let input = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 10 });
            let answer = self.account.call("sqs", "AmazonSQS.ReceiveMessage", input).await;
            let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
            for message in &messages {
                let input = json!({ "QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"] });
                self.account.call("sqs", "AmazonSQS.DeleteMessage", input).await;
                let body = message["Body"].as_str().unwrap_or_default();
                bodies.push(serde_json::from_str(body).unwrap_or_else(|_| json!(body)));
                last = Instant::now();
            }
            if messages.is_empty() {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
        bodies
    }
}
