//! Whose resources these are: the account and region that stand in every ARN.

/// The account and region in whose name messages are made. Embedded, both are fixed stand-ins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-central-1`.
    pub region: String,
}

impl Origin {
    /// The ARN of an SNS topic.
    pub fn topic_arn(&self, topic: &str) -> String {
        self.arn("sns", topic)
    }

    /// The ARN of an SQS queue.
    pub fn queue_arn(&self, queue: &str) -> String {
        self.arn("sqs", queue)
    }

    /// The ARN of a CloudWatch alarm.
    pub fn alarm_arn(&self, alarm: &str) -> String {
        self.arn("cloudwatch", &format!("alarm:{alarm}"))
    }

    /// The ARN of a Lambda function.
    pub fn function_arn(&self, function: &str) -> String {
        self.arn("lambda", &format!("function:{function}"))
    }

    /// The ARN of a Step Functions state machine.
    pub fn state_machine_arn(&self, name: &str) -> String {
        self.arn("states", &format!("stateMachine:{name}"))
    }

    /// The ARN of the default event bus.
    pub fn event_bus_arn(&self) -> String {
        self.arn("events", "event-bus/default")
    }

    /// The ARN of a DynamoDB table's stream; `label` is the time the stream was switched on.
    pub fn stream_arn(&self, table: &str, label: &str) -> String {
        self.arn("dynamodb", &format!("table/{table}/stream/{label}"))
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }
}

#[cfg(test)]
pub(crate) fn sample() -> Origin {
    Origin { account: "123456789012".to_owned(), region: "eu-central-1".to_owned() }
}
