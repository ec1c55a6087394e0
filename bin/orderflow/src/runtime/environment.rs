//! Time and identifiers, from the outermost layer.

use jiff::Timestamp;
use order::OrderId;
use ports::{Clock, Ids};
use triggers::Origin;
use uuid::Uuid;

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// UUIDv7 for orders, ARNs of the configured account.
pub struct SystemIds(pub Origin);

impl Ids for SystemIds {
    fn order_id(&self) -> OrderId {
        OrderId::from(Uuid::now_v7())
    }

    fn execution_arn(&self, workflow: &str, name: &str) -> String {
        format!("arn:aws:states:{}:{}:execution:{workflow}:{name}", self.0.region, self.0.account)
    }
}
