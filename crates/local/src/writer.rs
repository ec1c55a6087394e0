//! Applies changes for somebody who is not a step.

use std::sync::Arc;

use async_trait::async_trait;
use ports::{Change, Result, Writer};
use store::Store;

use crate::changes::{Applying, apply_all};
use crate::{Signals, StartExecution, Wiring, fault};

/// The [`Writer`] of an operator or an import: one transaction, then the wake-ups.
#[derive(Clone)]
pub struct LocalWriter {
    store: Store,
    wiring: Arc<Wiring>,
    starter: Arc<dyn StartExecution>,
    signals: Arc<Signals>,
}

impl LocalWriter {
    /// A writer into that store.
    pub fn new(store: Store, wiring: Arc<Wiring>, starter: Arc<dyn StartExecution>, signals: Arc<Signals>) -> Self {
        Self { store, wiring, starter, signals }
    }
}

#[async_trait]
impl Writer for LocalWriter {
    async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        let (wiring, starter) = (self.wiring.clone(), self.starter.clone());
        let job = self.store.write(move |tx| apply_all(tx, &changes, Applying { wiring: &wiring, starter: &*starter }));
        self.signals.wake(job.await.map_err(fault::write)?);
        Ok(())
    }
}
