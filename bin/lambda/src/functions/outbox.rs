//! `DeliverOutbox`: hands over what waits in the outbox.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws::{Delivered, Deliverer};
use lambda_runtime::Context;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Function, read};
use crate::failure::Failure;
use crate::home::{Home, StartError};

/// How many are taken from the table at a time.
const TURN: usize = 100;

/// A sweep begins no further turn when less time than this is left.
const LEAST_TIME: Duration = Duration::from_secs(12);

/// Delivers what the outbox's stream tells of, and, when a schedule says so, what is due again.
pub struct DeliverOutbox {
    deliverer: Deliverer,
}

impl DeliverOutbox {
    pub fn open(home: &Home) -> Result<Self, StartError> {
        Ok(Self { deliverer: home.deliverer()? })
    }

    async fn sweep(&self, deadline: SystemTime) -> Result<Delivered, Failure> {
        let mut all = Delivered::default();
        loop {
            let turn = self.deliverer.sweep(TURN).await?;
            all.delivered += turn.delivered;
            all.retried += turn.retried;
            all.dead += turn.dead;
            let tried = turn.delivered + turn.retried + turn.dead;
            let left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
            if (tried as usize) < TURN || left < LEAST_TIME {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl Function for DeliverOutbox {
    async fn call(&self, event: &RawValue, context: Context) -> Result<Value, Failure> {
        let event: Value = read(event)?;
        if event.get("Records").is_some() {
            let batch = serde_json::from_value(event).map_err(Failure::malformed)?;
            let (delivered, again) = self.deliverer.deliver(batch).await;
            tell(delivered);
            let failures: Vec<Value> = again.into_iter().map(|number| json!({ "itemIdentifier": number })).collect();
            return Ok(json!({ "batchItemFailures": failures }));
        }
        if event["detail-type"] != "Scheduled Event" {
            return Err(Failure::malformed("expected records of the outbox's stream, or a scheduled event"));
        }
        let delivered = self.sweep(context.deadline()).await?;
        tell(delivered);
        let Delivered { delivered, retried, dead } = delivered;
        Ok(json!({ "delivered": delivered, "retried": retried, "dead": dead }))
    }
}

fn tell(delivered: Delivered) {
    for (outcome, count) in
        [("delivered", delivered.delivered), ("retried", delivered.retried), ("dead", delivered.dead)]
    {
        if count > 0 {
            metrics::counter!("deliveries_total", "outcome" => outcome).increment(count.into());
        }
    }
}
