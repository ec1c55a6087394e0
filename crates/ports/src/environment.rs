use jiff::Timestamp;
use order::OrderId;

/// Tells the time. Only the outermost layer asks the real clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Makes identifiers.
pub trait Ids: Send + Sync {
    /// An id for an order whose caller gave none: a UUIDv7.
    fn order_id(&self) -> OrderId;

    /// The ARN of the execution of that name in that workflow.
    fn execution_arn(&self, workflow: &str, name: &str) -> String;
}
