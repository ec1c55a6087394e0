use async_trait::async_trait;
use order::{Decline, Money, OrderId, PaymentEvent};
use thiserror::Error;

/// A payment provider. Every call carries an idempotency key: the same key again is the same answer
/// and moves no money a second time.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Sets the money aside.
    async fn authorise(&self, request: &ChargeRequest) -> Result<PaymentEvent, GatewayError>;

    /// Takes money that was set aside under `reference`.
    async fn capture(&self, key: &str, reference: &str, amount: Money) -> Result<PaymentEvent, GatewayError>;

    /// Gives back some or all of what was taken.
    async fn refund(&self, request: &RefundRequest) -> Result<PaymentEvent, GatewayError>;

    /// Everything the provider did for an order, oldest first, refusals included. What to ask when it
    /// is not known whether a call went through.
    async fn events(&self, order_id: &OrderId) -> Result<Vec<PaymentEvent>, GatewayError>;
}

/// A wish for money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRequest {
    /// The idempotency key.
    pub key: String,
    /// For which order.
    pub order_id: OrderId,
    /// What stands for the card.
    pub token: String,
    /// How much.
    pub amount: Money,
}

/// A wish to give money back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// The idempotency key.
    pub key: String,
    /// For which order.
    pub order_id: OrderId,
    /// The provider's reference of the capture.
    pub reference: String,
    /// How much.
    pub amount: Money,
}

/// What a provider answers instead of an event.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GatewayError {
    /// It refused, for good: this is its answer, and it is among the order's events.
    #[error("{}", reason.words())]
    Declined {
        /// Why.
        reason: Decline,
        /// The refusal as an event.
        event: Box<PaymentEvent>,
    },
    /// It does not answer, or not in time. Whether the money moved is unknown until asked again with
    /// the same key.
    #[error("the payment provider does not answer: {0}")]
    Unavailable(String),
    /// The request makes no sense to it (an amount of nothing, a refund above the capture).
    #[error("the payment provider refused the request: {0}")]
    Invalid(String),
}
