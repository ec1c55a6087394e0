//! What the HTTP interface asks of the program that serves it.

use std::sync::Arc;
use std::time::Duration;

use ::api::LinkVerdict;
use adapter::ReceiptLinks;
use async_trait::async_trait;
use bytes::Bytes;
use documents::{ReceiptData, Shop, receipt_pdf};
use jiff::Timestamp;
use order::{Order, OrderId};
use ports::{Audit, Auditor, Orders, StepError};

/// Makes receipts again and checks links to them.
pub struct Documents {
    pub shop: Shop,
    pub links: ReceiptLinks,
}

impl ::api::ReceiptDocuments for Documents {
    fn render(&self, order: &Order) -> Option<Bytes> {
        let issued_at = order.receipt.as_ref()?.issued_at;
        ReceiptData::of(order, &self.shop, issued_at).map(|receipt| receipt_pdf(&receipt).into())
    }

    fn verify_link(&self, order_id: &OrderId, expires: &str, signature: &str, now: Timestamp) -> LinkVerdict {
        let Ok(seconds) = expires.parse() else { return LinkVerdict::Forged };
        if self.links.verify(order_id, seconds, signature, now) {
            LinkVerdict::Valid
        } else if self.links.verify(order_id, seconds, signature, Timestamp::UNIX_EPOCH) {
            LinkVerdict::Expired
        } else {
            LinkVerdict::Forged
        }
    }
}

/// Ready when the orders can be read.
pub struct Readable(pub Arc<dyn Orders>);

#[async_trait]
impl ::api::Readiness for Readable {
    async fn check(&self) -> Result<(), String> {
        let id = OrderId::parse("readiness").expect("it is made of letters");
        self.0.get(&id).await.map(drop).map_err(|error| error.message)
    }
}

/// Looks through the books for as long as a request may take. It reads all of the tables, so a large shop's books
/// are audited from outside.
pub struct WithinRequest<A> {
    pub auditor: A,
    pub patience: Duration,
}

#[async_trait]
impl<A: Auditor> Auditor for WithinRequest<A> {
    async fn audit(&self) -> ports::Result<Audit> {
        let audit = tokio::time::timeout(self.patience, self.auditor.audit()).await;
        audit.unwrap_or_else(|_| {
            let message = format!("the books are more than can be looked through in {:?}", self.patience);
            Err(StepError::unavailable(message))
        })
    }
}
