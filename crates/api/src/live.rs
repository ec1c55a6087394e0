//! Tells who watches an execution that it has moved.
//!
//! One task reads what has moved and wakes the watchers of the execution that it is about, so
//! that thousands of watchers cost one subscription; without watchers there is neither.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use parking_lot::Mutex;
use ports::{Executions, Moved};
use tokio::sync::Notify;

/// The watchers, by the execution they watch.
pub(crate) struct Live {
    executions: Arc<dyn Executions>,
    shared: Arc<Mutex<Watched>>,
}

#[derive(Default)]
struct Watched {
    by_arn: HashMap<String, Vec<Arc<Notify>>>,
    /// Whether the task runs.
    pumping: bool,
}

/// Watches one execution until it is dropped.
pub(crate) struct Watcher {
    arn: String,
    /// Its own, so that a wake-up while nobody waits is kept for the next wait.
    moved: Arc<Notify>,
    shared: Arc<Mutex<Watched>>,
}

impl Live {
    pub(crate) fn new(executions: Arc<dyn Executions>) -> Self {
        Self { executions, shared: Arc::default() }
    }

    /// Watches an execution from now on; it need not exist yet.
    pub(crate) fn watch(&self, execution_arn: &str) -> Watcher {
        let moved = Arc::new(Notify::new());
        let mut watched = self.shared.lock();
        watched.by_arn.entry(execution_arn.to_owned()).or_default().push(moved.clone());
        if !watched.pumping {
            watched.pumping = true;
            // Subscribed before the watcher is handed out, so that it misses nothing.
            tokio::spawn(pump(self.executions.moves(), self.shared.clone()));
        }
        drop(watched);
        Watcher { arn: execution_arn.to_owned(), moved, shared: self.shared.clone() }
    }
}

impl Watcher {
    /// Returns when the execution may have moved since the last time this returned.
    pub(crate) async fn changed(&self) {
        self.moved.notified().await;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut watched = self.shared.lock();
        if let Some(watchers) = watched.by_arn.get_mut(&self.arn) {
            watchers.retain(|other| !Arc::ptr_eq(other, &self.moved));
            if watchers.is_empty() {
                watched.by_arn.remove(&self.arn);
            }
        }
    }
}

/// Wakes watchers until there are none.
async fn pump(mut moves: BoxStream<'static, Moved>, shared: Arc<Mutex<Watched>>) {
    loop {
        let moved = moves.next().await;
        let mut watched = shared.lock();
        match &moved {
            Some(Moved::One(execution_arn)) => {
                for watcher in watched.by_arn.get(&**execution_arn).into_iter().flatten() {
                    watcher.notify_one();
                }
            }
            Some(Moved::Any) | None => {
                for watcher in watched.by_arn.values().flatten() {
                    watcher.notify_one();
                }
            }
        }
        if watched.by_arn.is_empty() || moved.is_none() {
            watched.pumping = false;
            return;
        }
    }
}
