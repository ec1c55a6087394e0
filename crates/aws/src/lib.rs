//! Adapters of the home on AWS: the ports over DynamoDB, S3, SES, SNS, SQS, EventBridge and Step Functions.
//!
//! This crate must never know: HTTP serving, which step wants what, or how it is deployed.

mod item;
pub mod outbox_items;
pub mod tables;

pub use item::SHARDS;
