//! What the console and the shop need beyond the ports of orders.

use std::sync::Arc;

use api::{Console, Shop};
use engine::Engine;
use local::{OperatorBook, PersonalDataBook, RedactExecution, StatisticsReader, TrailReader, Wiring};
use rusqlite::Connection;
use store::Store;
use workflows::Workflow;

use super::redrives::EngineRedrives;
use super::rehearsals::EngineRehearsals;
use super::web::EmbeddedWeb;
use crate::config::Config;

/// Everything that the console needs, from the embedded home.
pub fn assemble(
    config: &Config,
    workflows: &[Workflow],
    store: &Store,
    wiring: &Arc<Wiring>,
    engine: &Engine,
) -> Console {
    Console {
        redrives: Some(Arc::new(EngineRedrives(engine.clone()))),
        operator_log: Some(Arc::new(OperatorBook::new(store.clone()))),
        trails: Some(Arc::new(TrailReader::new(store.clone(), wiring.clone()))),
        statistics: Some(Arc::new(StatisticsReader::new(store.clone()))),
        personal_data: Some(Arc::new(PersonalDataBook::new(store.clone(), Arc::new(Redactions)))),
        rehearsals: Some(Arc::new(EngineRehearsals(engine.clone()))),
        shop: shop(config, workflows),
        web: Some(Arc::new(EmbeddedWeb)),
    }
}

/// Forgets what the engine's journal knows of an execution.
struct Redactions;

impl RedactExecution for Redactions {
    fn redact(&self, transaction: &Connection, execution_arn: &str) -> rusqlite::Result<bool> {
        engine::redact(transaction, execution_arn)
    }
}

/// The shop, if checkout is among the workflows and says how it prices.
fn shop(config: &Config, workflows: &[Workflow]) -> Option<Shop> {
    let checkout = workflows.iter().find(|workflow| workflow.name == Shop::WORKFLOW)?;
    Shop::of_definition(&serde_json::from_str(&checkout.definition).ok()?, &config.shop.name, config.demo)
}
