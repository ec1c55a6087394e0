//! What tasks take and how often they fail, gathered until it is written down.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use ports::Durations;

/// What the tasks of a state did since it was last asked.
#[derive(Default)]
pub struct TaskCounts {
    pub durations: Durations,
    pub errors: u64,
}

/// The tasks of all states, by workflow and state. What is gathered here is lost with the process, seconds of
/// it at most: it is a measure, not a book.
#[derive(Default)]
pub struct Measurements(Mutex<HashMap<(String, String), TaskCounts>>);

impl Measurements {
    /// Notes an attempt.
    pub fn note(&self, workflow: &str, state: &str, took: Duration, failed: bool) {
        let mut all = self.0.lock();
        let counts = all.entry((workflow.to_owned(), state.to_owned())).or_default();
        counts.durations.add(Durations::class_of(took.as_secs_f64() * 1_000.0), 1);
        counts.errors += u64::from(failed);
    }

    /// Takes out all that was gathered.
    pub fn take(&self) -> HashMap<(String, String), TaskCounts> {
        std::mem::take(&mut *self.0.lock())
    }
}
