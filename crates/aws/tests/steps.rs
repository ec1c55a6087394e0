//! Every step done twice has the effect of one, with the adapters over DynamoDB.

mod stand_in;
mod support;

use stand_in::ministack;
use support::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_done_twice_has_the_effect_of_one() {
    contract::run_steps(|| Shop::new(ministack(), 1)).await;
}
