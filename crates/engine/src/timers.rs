//! All timers of all executions, in the order they are due.

use std::collections::BTreeMap;
use std::sync::Arc;

use asl::TimerId;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::live::Live;

/// When a timer is due, and a number that tells it from others due at that time.
pub(crate) type TimerKey = (Timestamp, u64);

/// The set of timers. It only knows when which is due; a loop of the engine fires them.
#[derive(Default)]
pub(crate) struct Timers {
    state: Mutex<State>,
    /// Woken when the earliest timer has become an earlier one, or at the end.
    changed: Notify,
}

#[derive(Default)]
struct State {
    due: BTreeMap<TimerKey, (Arc<Live>, TimerId)>,
    next_number: u64,
    closed: bool,
}

/// What the loop has to do next.
pub(crate) enum Next {
    /// The earliest timer is due then.
    At(Timestamp),
    /// There is none.
    Idle,
    /// The engine ends.
    Closed,
}

impl Timers {
    pub(crate) fn set(&self, at: Timestamp, live: Arc<Live>, timer: TimerId) -> TimerKey {
        let mut state = self.state.lock();
        let key = (at, state.next_number);
        state.next_number += 1;
        state.due.insert(key, (live, timer));
        if state.due.first_key_value().is_some_and(|(first, _)| *first == key) {
            self.changed.notify_one();
        }
        key
    }

    pub(crate) fn cancel(&self, key: TimerKey) {
        let cancelled = self.state.lock().due.remove(&key);
        // What it held may be large: it goes after the lock.
        drop(cancelled);
    }

    pub(crate) fn next(&self) -> Next {
        let state = self.state.lock();
        match state.due.first_key_value() {
            _ if state.closed => Next::Closed,
            Some(((at, _), _)) => Next::At(*at),
            None => Next::Idle,
        }
    }

    /// Takes out the timers that are due at `now`, the earliest first.
    pub(crate) fn take_due(&self, now: Timestamp) -> Vec<(Arc<Live>, TimerId)> {
        let mut state = self.state.lock();
        let later = state.due.split_off(&(now, u64::MAX));
        std::mem::replace(&mut state.due, later).into_values().collect()
    }

    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let due = std::mem::take(&mut state.due);
        drop(state);
        drop(due);
        self.changed.notify_one();
    }

    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }
}
