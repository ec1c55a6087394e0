//! A workflow's pipe, whose work is done here: the stand-in hands on records without filtering or enriching them, and to
//! state machines only. What is deployed of the pipe is its source, its enrichment and its target; between them stands
//! the same matcher that the embedded home has, which is tested against AWS's documented examples.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use triggers::document::{self, PipeSource};
use triggers::{Target, Triggers};

use crate::account::{ACCOUNT, Account, REGION};
use crate::stand_in::root;

/// The pipe of a workflow.
pub struct Pipe {
    account: Account,
    workflow: String,
    name: String,
    pipe: document::Pipe,
    stream: String,
    /// Where to go on reading, by shard.
    iterators: BTreeMap<String, Value>,
}

impl Pipe {
    /// The pipe of a workflow that has one.
    pub async fn of(workflow: &str, account: &Account, name: &str) -> Option<Self> {
        let path = root().join("workflows").join(workflow).join("triggers.json");
        let text = std::fs::read_to_string(path).expect("a workflow has triggers");
        let triggers = Triggers::parse(&text).expect("the triggers are good");
        // Only parameters of what is no pipe have no value here.
        let missing = triggers.parameters().keys().map(|name| (name.clone(), String::new()));
        let values: BTreeMap<String, String> = missing.filter(|(name, _)| name.starts_with("Notification")).collect();
        let pipe = triggers.resolve(&values).expect("the triggers are good").pipe?;
        let PipeSource::Stream(table) = &pipe.source else { panic!("{workflow}: the pipe's source is no table") };
        let input = json!({ "TableName": format!("{name}-{table}") });
        let described = account.call("dynamodb", "DynamoDB_20120810.DescribeTable", input).await;
        let stream = described["Table"]["LatestStreamArn"].as_str().expect("the table has a stream").to_owned();
        let (workflow, name) = (workflow.to_owned(), name.to_owned());
        Some(Self { account: account.clone(), workflow, name, pipe, stream, iterators: BTreeMap::new() })
    }

    /// Hands on what comes, until nobody waits for it any more.
    pub async fn keep_moving(mut self) {
        loop {
            let records = self.fresh().await;
            let passing: Vec<Value> = records.into_iter().filter(|record| self.pipe.passes(record)).collect();
            for batch in passing.chunks(self.pipe.batch_size as usize) {
                self.hand_on(batch).await;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// Records that were not there before.
    async fn fresh(&mut self) -> Vec<Value> {
        let described = self.stream("DescribeStream", json!({ "StreamArn": self.stream })).await;
        let mut records = Vec::new();
        for shard in described["StreamDescription"]["Shards"].as_array().into_iter().flatten() {
            let id = shard["ShardId"].as_str().expect("a shard has an id").to_owned();
            let iterator = match self.iterators.remove(&id) {
                Some(iterator) => iterator,
                None => {
                    let input = json!({ "StreamArn": self.stream, "ShardId": id, "ShardIteratorType": "TRIM_HORIZON" });
                    self.stream("GetShardIterator", input).await["ShardIterator"].clone()
                }
            };
            let read = self.stream("GetRecords", json!({ "ShardIterator": iterator })).await;
            records.extend(read["Records"].as_array().cloned().unwrap_or_default());
            self.iterators.insert(id, read["NextShardIterator"].clone());
        }
        records
    }

    async fn hand_on(&self, batch: &[Value]) {
        let payload = match &self.pipe.enrichment {
            Some(step) => self.account.invoke(&format!("{}-{}-{step}", self.name, self.workflow), &json!(batch)).await,
            None => json!(batch),
        };
        match &self.pipe.target {
            Target::Workflow => {
                let machine = format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{}-{}", self.name, self.workflow);
                let input = json!({ "stateMachineArn": machine, "input": payload.to_string() });
                self.account.call("states", "AWSStepFunctions.StartExecution", input).await;
            }
            Target::EventBus => {
                let event = |record: &Value| {
                    json!({
                        "EventBusName": self.name,
                        "Source": format!("Pipe {}", self.workflow),
                        "DetailType": "Event from aws:dynamodb",
                        "Detail": record.to_string(),
                    })
                };
                let entries: Vec<Value> = payload.as_array().expect("a batch is a list").iter().map(event).collect();
                let answer = self.account.call("events", "AWSEvents.PutEvents", json!({ "Entries": entries })).await;
                assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
            }
            other => panic!("{}: the pipe leads to {}, which is not done here", self.workflow, other.name()),
        }
    }

    async fn stream(&self, operation: &str, input: Value) -> Value {
        self.account.call("dynamodb", &format!("DynamoDBStreams_20120810.{operation}"), input).await
    }
}
