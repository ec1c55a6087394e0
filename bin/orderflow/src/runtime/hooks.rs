//! What the HTTP interface asks of the program itself.

use async_trait::async_trait;
use bytes::Bytes;
use documents::{ReceiptData, Shop, receipt_pdf};
use jiff::Timestamp;
use local::{ExecutionStates, ReceiptLinks, SimulatedGateway};
use metrics_exporter_prometheus::PrometheusHandle;
use order::{Order, OrderId};
use rusqlite::Connection;
use store::{Store, WriteError};

/// Makes receipts again and checks links to them.
pub struct Documents {
    pub shop: Shop,
    pub links: ReceiptLinks,
}

impl api::ReceiptDocuments for Documents {
    fn render(&self, order: &Order) -> Option<Bytes> {
        let issued_at = order.receipt.as_ref()?.issued_at;
        ReceiptData::of(order, &self.shop, issued_at).map(|receipt| receipt_pdf(&receipt).into())
    }

    fn verify_link(&self, order_id: &OrderId, expires: &str, signature: &str, now: Timestamp) -> api::LinkVerdict {
        let Ok(seconds) = expires.parse() else { return api::LinkVerdict::Forged };
        if self.links.verify(order_id, seconds, signature, now) {
            api::LinkVerdict::Valid
        } else if self.links.verify(order_id, seconds, signature, Timestamp::UNIX_EPOCH) {
            api::LinkVerdict::Expired
        } else {
            api::LinkVerdict::Forged
        }
    }
}

/// The simulated gateway's switch.
pub struct Gateway(pub SimulatedGateway);

impl api::GatewaySwitch for Gateway {
    fn unavailable_served(&self) -> bool {
        self.0.unavailable_served()
    }

    fn serve_unavailable(&self, served: bool) {
        self.0.set_unavailable_served(served);
    }
}

/// The metrics, as Prometheus reads them.
pub struct Prometheus(pub PrometheusHandle);

impl api::Metrics for Prometheus {
    fn render(&self) -> String {
        self.0.render()
    }
}

/// Ready when a write goes through. Recovery is done before the router is there.
pub struct Writable(pub Store);

#[async_trait]
impl api::Readiness for Writable {
    async fn check(&self) -> Result<(), String> {
        let write = self.0.write(|_| Ok::<_, rusqlite::Error>(())).await;
        write.map_err(|error: WriteError<rusqlite::Error>| error.to_string())
    }
}

/// Reads the states of executions from the engine's journal, in the audit's own snapshot.
pub struct JournalStates;

impl ExecutionStates for JournalStates {
    fn running(&self, connection: &Connection, arn: &str) -> rusqlite::Result<Option<bool>> {
        engine::is_running(connection, arn)
    }
}
