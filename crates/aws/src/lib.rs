//! Adapters of the home on AWS: the ports over DynamoDB, S3, SES, SNS, SQS, EventBridge and Step Functions.
//!
//! Entry point: [`Applier`], the one place that applies what steps want changed: all of a step's changes are
//! one DynamoDB transaction, with what is to leave the shop in an outbox ([`outbox_items`]). What is there leaves
//! through the [`Deliverer`]. Beside them, one file a port: the readers ([`OrderReader`], [`CatalogReader`],
//! [`CustomerReader`], [`MessageReader`]), [`ObjectReceipts`], [`StateMachines`]; and [`StockShards`], which
//! spreads the stock of hot products. What the tables have to be is in [`tables`], what a function is told by
//! its environment in [`Settings`].
//!
//! This crate must never know: HTTP serving, which step wants what, or how it is deployed.

mod alarms;
mod audit;
mod bounces;
mod catalog;
mod changes;
mod clients;
mod customers;
mod data_table;
mod environment;
mod events;
mod executions;
mod fault;
mod gateway;
mod item;
mod mail;
mod messages;
mod orders;
mod outbox;
pub mod outbox_items;
mod outbox_table;
mod pause;
mod queues;
mod receipts;
mod records;
mod reservations;
mod secrets;
mod sequence;
mod settings;
mod shards;
pub mod tables;
mod topics;
mod write;

pub use alarms::Alarms;
pub use audit::{BookAuditor, ExecutionStates};
pub use bounces::{BounceRecorder, SnsEvent};
pub use catalog::CatalogReader;
pub use changes::{Applier, Destinations, MAX_LINES, TableNames};
pub use clients::{Clients, sdk_config};
pub use customers::CustomerReader;
pub use environment::{SystemClock, SystemIds};
pub use events::EventBus;
pub use executions::{Starter, StateMachines};
pub use gateway::SimulatedGateway;
pub use item::SHARDS;
pub use mail::Mailer;
pub use messages::MessageReader;
pub use orders::OrderReader;
pub use outbox::{Carriers, Delivered, Deliverer, StreamEvent};
pub use queues::Queues;
pub use receipts::ObjectReceipts;
pub use secrets::{Keys, KeysError};
pub use settings::{SettingError, Settings};
pub use shards::{MOST_SHARDS, StockShards};
pub use topics::TopicPublisher;
