//! The steps, in every situation that the contract knows.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use contract::Home;
use documents::Shop as Letterhead;
use jiff::SignedDuration;
use order::{Email, OrderId};
use ports::{Change, Ports, Receipts, Result};
use serde_json::{Value, json};
use steps::{Context, registry};

use crate::recorder::Recorder;
use crate::stand_in::ministack;
use crate::support::Shop;

/// The steps that take orders in: they run within `Api`.
const INTAKES: [&str; 6] = [
    "PlaceConfirmedOrder",
    "PlaceEmagOrder",
    "PlaceOrder",
    "PlaceOrderAppOrder",
    "PlaceQueuedOrder",
    "PlaceReceiptOrder",
];

/// A shop whose every call is written down.
pub struct Watched {
    pub shop: Shop,
    pub recorder: Recorder,
}

impl Watched {
    pub async fn new(recorder: &Recorder) -> Self {
        Self { shop: Shop::watched(ministack(), 4, recorder.observer()).await, recorder: recorder.clone() }
    }

    /// Runs a step as its function does.
    pub async fn run(&self, step: &str, input: &Value) -> Result<Value> {
        let function = if INTAKES.contains(&step) { "Api" } else { step };
        self.recorder.record(function, self.run_unseen(step, input)).await
    }

    /// Runs a step that is not what is looked at.
    pub async fn run_unseen(&self, step: &str, input: &Value) -> Result<Value> {
        let step = registry::find(step).unwrap_or_else(|| panic!("there is no step {step}"));
        let (answer, changes) = step.run(&self.context(), input.clone()).await?;
        self.shop.applier.apply(&changes).await?;
        Ok(answer)
    }

    fn context(&self) -> Context {
        let email = Email::parse("shop@example.com").expect("an address");
        Context { ports: self.ports(), shop: Letterhead { name: "The Corner Shop".into(), email, url: None } }
    }
}

#[async_trait]
impl Home for Watched {
    async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        self.shop.applier.apply(&changes).await
    }

    fn ports(&self) -> Ports {
        let ports = self.shop.ports();
        let receipts = Arc::new(SignedLinks { receipts: ports.receipts, recorder: self.recorder.clone() });
        Ports { receipts, ..ports }
    }

    fn advance(&self, by: SignedDuration) {
        self.shop.advance(by);
    }

    /// What is written down is compared where the adapters are tested.
    async fn snapshot(&self) -> String {
        String::new()
    }
}

/// Receipts that notice when a link is signed: whoever signs has read the keys.
struct SignedLinks {
    receipts: Arc<dyn Receipts>,
    recorder: Recorder,
}

#[async_trait]
impl Receipts for SignedLinks {
    async fn put(&self, object_key: &str, document: Bytes) -> Result<()> {
        self.receipts.put(object_key, document).await
    }

    async fn get(&self, object_key: &str) -> Result<Option<Bytes>> {
        self.receipts.get(object_key).await
    }

    fn link(&self, order_id: &OrderId, object_key: &str) -> String {
        self.recorder.note("secret", "secretsmanager:GetSecretValue");
        self.receipts.link(order_id, object_key)
    }

    async fn direct_link(&self, object_key: &str) -> Result<Option<String>> {
        self.receipts.direct_link(object_key).await
    }
}

pub async fn run(recorder: &Recorder) {
    let run = async |home: &Watched, step: &str, input: &Value| {
        home.run(step, input).await.map_err(|error| error.name.as_str().to_owned())
    };
    contract::run_steps_through(|| Watched::new(recorder), run).await;
    seed_less_than_a_unit_for_each_shard(recorder).await;
}

/// Shards that get nothing are held to what was read of them.
async fn seed_less_than_a_unit_for_each_shard(recorder: &Recorder) {
    let home = Watched::new(recorder).await;
    let price = json!({ "amount": "10.00", "currency": "USD" });
    let items = json!([{ "sku": "RARE", "name": "The last one", "unit_price": price, "stock": 1 }]);
    home.run("SeedInventory", &json!({ "items": items })).await.expect("the product is new");
}
