//! The adapters over DynamoDB keep the contract of the ports, on both stand-ins.

mod stand_in;
mod support;

use stand_in::{ministack, moto};
use support::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn dynamodb_keeps_the_contract() {
    contract::run(|| Shop::new(moto(), 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn dynamodb_keeps_the_contract_also_on_ministack() {
    contract::run(|| Shop::new(ministack(), 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stock_spread_over_shards_keeps_the_contract() {
    contract::run(|| Shop::new(ministack(), 4)).await;
}
