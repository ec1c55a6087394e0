//! What the console and the shop need beyond the ports of orders.

use std::sync::Arc;

use api::{Console, Shop};
use engine::Engine;
use local::{OperatorBook, PersonalDataBook, RedactExecution, StatisticsReader, TrailReader, Wiring};
use order::{ShippingRule, TaxRule};
use rusqlite::Connection;
use serde_json::Value;
use store::Store;
use workflows::Workflow;

use super::redrives::EngineRedrives;
use super::rehearsals::EngineRehearsals;
use super::web::EmbeddedWeb;
use crate::config::Config;

/// The workflow whose prices the shop shows.
const CHECKOUT: &str = "checkout";

/// What stands for a card at the simulated gateway, and what it leads to.
const PAYMENT_TOKENS: [(&str, &str); 7] = [
    ("tok_visa", "succeeds"),
    ("tok_declined", "is declined"),
    ("tok_insufficient_funds", "is refused: insufficient funds"),
    ("tok_expired", "is refused: the card has expired"),
    ("tok_fraud", "is refused: suspected fraud"),
    ("tok_timeout", "times out once, then succeeds"),
    ("tok_unavailable", "does not answer"),
];

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
    let checkout = workflows.iter().find(|workflow| workflow.name == CHECKOUT)?;
    let definition: Value = serde_json::from_str(&checkout.definition).ok()?;
    let (shipping, tax) = definition["States"].as_object()?.values().find_map(prices)?;
    Some(Shop {
        name: config.shop.name.clone(),
        demo: config.demo,
        payment_tokens: PAYMENT_TOKENS.map(|(token, outcome)| (token.to_owned(), outcome.to_owned())).to_vec(),
        shipping,
        tax,
    })
}

/// The rules of a state that prices orders.
fn prices(state: &Value) -> Option<(ShippingRule, TaxRule)> {
    state["Resource"].as_str().filter(|resource| resource.ends_with(":PriceOrder"))?;
    let parameters = &state["Parameters"];
    let shipping = serde_json::from_value(parameters["shipping"].clone()).ok()?;
    let tax = match &parameters["tax"] {
        Value::Null => TaxRule::default(),
        rule => serde_json::from_value(rule.clone()).ok()?,
    };
    Some((shipping, tax))
}
