use std::fmt;

use order::Invalid;
use serde::{Deserialize, Serialize};

/// What a port or step answers.
pub type Result<T, E = StepError> = std::result::Result<T, E>;

/// The stable names of what can go wrong in a step. State machines match on them in `Catch` and
/// `Retry`, the HTTP interface maps them to status codes: they are a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorName {
    /// The request itself is wrong; [`StepError::invalid`] says where. Do not retry.
    InvalidRequest,
    /// The order cannot be taken as it is (unknown customer, no address, mixed currencies). Do not retry.
    InvalidOrder,
    /// The order names a product that does not exist. Do not retry.
    UnknownProduct,
    /// Fewer units are free than were ordered. Do not retry.
    OutOfStock,
    /// The hold on the units ran out and they are gone. Do not retry.
    ReservationExpired,
    /// The payment provider refused. Do not retry with the same card.
    PaymentDeclined,
    /// There is no such order. Do not retry.
    OrderNotFound,
    /// An order of this id exists with other contents. Do not retry.
    OrderIdTaken,
    /// This Idempotency-Key was used with another request. Do not retry.
    IdempotencyKeyReused,
    /// The order's status does not allow this. Do not retry.
    StatusRefused,
    /// The order's workflow has not come to its end yet. Retry later.
    OrderInProgress,
    /// Something that is needed does not answer. Retry.
    ServiceUnavailable,
    /// There is no such thing (product, customer, mail, topic, queue). Do not retry.
    NotFound,
}

impl ErrorName {
    /// The name as state machines match it.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorName::InvalidRequest => "InvalidRequest",
            ErrorName::InvalidOrder => "InvalidOrder",
            ErrorName::UnknownProduct => "UnknownProduct",
            ErrorName::OutOfStock => "OutOfStock",
            ErrorName::ReservationExpired => "ReservationExpired",
            ErrorName::PaymentDeclined => "PaymentDeclined",
            ErrorName::OrderNotFound => "OrderNotFound",
            ErrorName::OrderIdTaken => "OrderIdTaken",
            ErrorName::IdempotencyKeyReused => "IdempotencyKeyReused",
            ErrorName::StatusRefused => "StatusRefused",
            ErrorName::OrderInProgress => "OrderInProgress",
            ErrorName::ServiceUnavailable => "ServiceUnavailable",
            ErrorName::NotFound => "NotFound",
        }
    }
}

/// Why a step, or the application of its changes, did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// The stable name.
    pub name: ErrorName,
    /// In plain words, fit for the order's page.
    pub message: String,
    /// The fields that are wrong, when the request is.
    pub invalid: Vec<Invalid>,
}

impl StepError {
    /// An error of that name.
    pub fn new(name: ErrorName, message: impl Into<String>) -> Self {
        Self { name, message: message.into(), invalid: Vec::new() }
    }

    /// Something that is needed does not answer; trying again may help.
    pub fn unavailable(message: impl fmt::Display) -> Self {
        Self::new(ErrorName::ServiceUnavailable, message.to_string())
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name.as_str(), self.message)
    }
}

impl std::error::Error for StepError {}

impl From<Invalid> for StepError {
    fn from(invalid: Invalid) -> Self {
        Self { name: ErrorName::InvalidRequest, message: invalid.to_string(), invalid: vec![invalid] }
    }
}
