//! Who waits for an execution to end.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::query::ExecutionStatus;

/// The waiting, by the ARN of the execution.
#[derive(Default)]
pub(crate) struct Waiters {
    waiting: Mutex<HashMap<Arc<str>, Vec<oneshot::Sender<ExecutionStatus>>>>,
}

impl Waiters {
    pub(crate) fn register(self: &Arc<Self>, arn: &str) -> Waiting {
        let (sender, receiver) = oneshot::channel();
        let arn: Arc<str> = arn.into();
        self.waiting.lock().entry(arn.clone()).or_default().push(sender);
        Waiting { waiters: self.clone(), arn, receiver }
    }

    pub(crate) fn notify(&self, arn: &str, status: ExecutionStatus) {
        let Some(senders) = self.waiting.lock().remove(arn) else {
            return;
        };
        for sender in senders {
            // One that has given up is no error.
            let _given_up = sender.send(status);
        }
    }

    /// Lets everybody go without an answer: the engine ends.
    pub(crate) fn close(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        drop(waiting);
    }
}

/// One that waits. Dropped, it leaves nothing behind.
pub(crate) struct Waiting {
    waiters: Arc<Waiters>,
    arn: Arc<str>,
    receiver: oneshot::Receiver<ExecutionStatus>,
}

impl Waiting {
    /// The status in which the execution ended; `None` when the engine ended first.
    pub(crate) async fn ended(mut self) -> Option<ExecutionStatus> {
        (&mut self.receiver).await.ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.receiver.close();
        let mut waiting = self.waiters.waiting.lock();
        if let Some(senders) = waiting.get_mut(&self.arn) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                waiting.remove(&self.arn);
            }
        }
    }
}
