//! What a step may read, and the [`Change`]s it may want made.
//!
//! Entry point: [`Ports`], the readers that a step is given. A step writes nothing: it returns its
//! output with a list of [`Change`]s, and an adapter applies them, re-checking each condition where the
//! data is, in one transaction with the record of the step.
//!
//! This crate must never know: SQLite, DynamoDB, HTTP, state machines, or which step wants what.

mod catalog;
mod change;
mod customers;
mod environment;
mod error;
mod executions;
mod image;
mod messages;
mod operations;
mod operators;
mod orders;
mod page;
mod payments;
mod personal_data;
mod receipts;
mod redrives;
mod rehearsals;
mod statistics;
mod trails;

use std::sync::Arc;

pub use catalog::{Catalog, Movement};
pub use change::{Attachment, BusEvent, Change, Execution, Idempotency, Mail, QueueMessage, TopicMessage};
pub use customers::Customers;
pub use environment::{Clock, Ids};
pub use error::{ErrorName, Result, StepError};
pub use executions::{
    ExecutionError, ExecutionFilter, ExecutionRecord, ExecutionStatus, ExecutionSummary, Executions, HistoryPart,
    Moved, UnknownExecutionStatus,
};
pub use image::image;
pub use messages::{
    AlarmView, BacklogView, DeadLetter, Delivery, DeliveryState, MailView, Messages, QueueView, SubscriptionView,
    TopicDelivery, TopicMessageView, TopicView,
};
pub use operations::{Audit, Auditor, Handlers, Writer};
pub use operators::{NewOperatorAction, OperatorAction, OperatorActionFilter, OperatorLog};
pub use orders::{OrderFilter, Orders};
pub use page::Page;
pub use payments::{ChargeRequest, GatewayError, PaymentGateway, RefundRequest};
pub use personal_data::{CustomerTotals, Erased, Person, PersonalData};
pub use receipts::Receipts;
pub use redrives::{RedriveError, Redrives};
pub use rehearsals::{Mock, Rehearsal, Rehearsals};
pub use statistics::{Durations, OrderStatistics, Span, StateStatistics, Statistics, WorkflowStatistics};
pub use trails::{Trail, Trails};

/// The readers a step is given. Cheap to clone.
#[derive(Clone)]
pub struct Ports {
    /// Orders as they are.
    pub orders: Arc<dyn Orders>,
    /// Products, prices and stock.
    pub catalog: Arc<dyn Catalog>,
    /// The customers we know.
    pub customers: Arc<dyn Customers>,
    /// The payment provider.
    pub payments: Arc<dyn PaymentGateway>,
    /// Where receipts are kept.
    pub receipts: Arc<dyn Receipts>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Fresh identifiers.
    pub ids: Arc<dyn Ids>,
}
