//! What every handler shares.

use std::sync::Arc;

use bytes::Bytes;
use order::{Order, OrderId};
use serde_json::Value;
use tokio::sync::watch;

use crate::live::Live;
use crate::problem::Problem;
use crate::state::State;

/// The state with what is derived from it, made once.
pub(crate) struct App {
    pub state: State,
    pub live: Live,
    /// `/openapi.json`, rendered.
    pub openapi: Bytes,
}

/// How handlers take it.
pub(crate) type Shared = axum::extract::State<Arc<App>>;

impl App {
    pub(crate) fn new(state: State, openapi: Bytes) -> Self {
        let live = Live::new(state.executions.clone());
        Self { state, live, openapi }
    }

    /// The order of that id.
    pub(crate) async fn order(&self, id: &OrderId) -> Result<Order, Problem> {
        self.state.ports.orders.get(id).await?.ok_or_else(Problem::order_not_found)
    }

    /// The definition of a workflow's state machine; null for one that is not served any more.
    pub(crate) fn definition(&self, workflow: &str) -> &Value {
        let found = self.state.workflows.iter().find(|known| known.name == workflow);
        found.map_or(&Value::Null, |workflow| &workflow.definition)
    }

    /// A path of ours as a link.
    pub(crate) fn link(&self, path: &str) -> String {
        match &self.state.base_url {
            Some(base) if path.starts_with('/') => format!("{base}{path}"),
            _ => path.to_owned(),
        }
    }

    /// Returns when the server is asked to end.
    pub(crate) async fn stopping(&self) {
        wait_for_stop(self.state.stopping.clone()).await;
    }
}

async fn wait_for_stop(mut stopping: watch::Receiver<bool>) {
    if stopping.wait_for(|stopping| *stopping).await.is_err() {
        // Whoever could have asked is gone, so nobody will.
        std::future::pending::<()>().await;
    }
}
