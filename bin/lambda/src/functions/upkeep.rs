//! What a schedule has done for all orders: expired holds are let go, hot products' stock is evened out.

use async_trait::async_trait;
use aws::{Applier, StockShards};
use lambda_runtime::Context;
use ports::Clock;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Function;
use crate::failure::Failure;
use crate::home::{Home, StartError};

/// `ExpireReservations`: lets go of what is held longer than it was to be.
pub struct ExpireReservations {
    applier: Applier,
}

impl ExpireReservations {
    pub fn open(home: &Home) -> Result<Self, StartError> {
        Ok(Self { applier: home.applier()? })
    }
}

#[async_trait]
impl Function for ExpireReservations {
    async fn call(&self, _: &RawValue, _: Context) -> Result<Value, Failure> {
        let expired = self.applier.expire_reservations(aws::SystemClock.now()).await?;
        metrics::counter!("reservations_expired_total").increment(expired as u64);
        Ok(json!({ "expired": expired }))
    }
}

/// `RebalanceStock`: evens out the shards of products whose stock is spread.
pub struct RebalanceStock {
    shards: StockShards,
}

impl RebalanceStock {
    pub fn open(home: &Home) -> Result<Self, StartError> {
        Ok(Self { shards: home.shards()? })
    }
}

#[async_trait]
impl Function for RebalanceStock {
    async fn call(&self, _: &RawValue, _: Context) -> Result<Value, Failure> {
        let moved = self.shards.rebalance_all().await?;
        Ok(json!({ "moved": moved }))
    }
}
