//! The engine's public face: opening, watching, shutting down.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use asl::{Event, HistoryEvent, Moment};
use jiff::Timestamp;
use parking_lot::Mutex;
use store::Store;
use tokio::sync::{Semaphore, broadcast, watch};
use uuid::Uuid;

use crate::clock::Clock;
use crate::handler::TaskHandler;
use crate::in_flight::InFlight;
use crate::journal;
use crate::live::{Incoming, Live};
use crate::machines::Machines;
use crate::names::Arns;
use crate::query::ExecutionStatus;
use crate::timers::{Next, Timers};
use crate::waiters::Waiters;

/// What can be set about an engine.
#[derive(Clone, Debug)]
pub struct Config {
    /// The region that ARNs name.
    pub region: String,
    /// The account that ARNs name: twelve digits.
    pub account_id: String,
    /// The role that executions show as theirs. Nothing is checked against it here; the same
    /// definition on AWS needs one.
    pub role_arn: String,
    /// The most tasks that are with the handler at once; more wait their turn.
    pub max_concurrent_tasks: usize,
    /// How many pieces of progress a subscriber may be behind before it misses some.
    pub progress_capacity: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            region: "us-east-1".to_owned(),
            account_id: "123456789012".to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/states".to_owned(),
            max_concurrent_tasks: 256,
            progress_capacity: 1024,
        }
    }
}

/// Why an engine could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("the executions cannot be read: {0}")]
pub struct OpenError(String);

/// What an execution has just done; sent after its commit.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The execution.
    pub execution_arn: Arc<str>,
    /// Its name.
    pub execution_name: Arc<str>,
    /// Its state machine's name.
    pub state_machine_name: Arc<str>,
    /// Its status now.
    pub status: ExecutionStatus,
    /// The new history events.
    pub events: Arc<[HistoryEvent]>,
}

/// What an engine has in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Executions in memory: all that run, once [`Engine::recover`] is done.
    pub executions_running: usize,
    /// Tasks waiting or running, and transitions being committed. Nothing moves while this is 0
    /// and no timer is due.
    pub in_flight: usize,
    /// When the next timer is due.
    pub next_timer_at: Option<Timestamp>,
}

/// Runs executions durably; cheap to clone, all clones are one engine.
///
/// There must be only one engine on a store. A handler that holds its own engine keeps it, and with
/// it the store, alive: it should be given a [`std::sync::Weak`] way to it, or live as long as the
/// program.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub store: Store,
    pub arns: Arns,
    pub role_arn: String,
    pub handler: Arc<dyn TaskHandler>,
    pub clock: Arc<dyn Clock>,
    pub machines: Machines,
    /// Every running execution by its ARN.
    pub live: Mutex<HashMap<Arc<str>, Arc<Live>>>,
    pub timers: Arc<Timers>,
    pub waiters: Arc<Waiters>,
    pub in_flight: Arc<InFlight>,
    pub permits: Semaphore,
    progress: broadcast::Sender<Progress>,
    next_id: AtomicI64,
    /// Executions up to this id were there before this engine: they are for recovery, later ones
    /// for their launch. So nobody is brought to life twice.
    pub last_id_before: i64,
    /// Whether all of those have been brought back that can be.
    pub recovered: AtomicBool,
    closing: watch::Sender<bool>,
    /// Whether commits are failing, so that an outage is one line in the log.
    pub outage: AtomicBool,
}

impl Engine {
    /// An engine over `store`, which must have had [`crate::MIGRATIONS`]. It runs what is started
    /// from now on; [`Engine::recover`] brings back what ran before.
    ///
    /// Must be called inside a tokio runtime, on which everything then runs.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when the store cannot be read.
    pub fn open(
        store: Store,
        config: Config,
        handler: Arc<dyn TaskHandler>,
        clock: Arc<dyn Clock>,
    ) -> Result<Engine, OpenError> {
        let last_id_before =
            store.read_blocking(journal::last_execution_id).map_err(|error| OpenError(error.to_string()))?;
        let inner = Arc::new(Inner {
            store,
            arns: Arns { region: config.region, account_id: config.account_id },
            role_arn: config.role_arn,
            handler,
            clock,
            machines: Machines::default(),
            live: Mutex::default(),
            timers: Arc::default(),
            waiters: Arc::default(),
            in_flight: Arc::default(),
            permits: Semaphore::new(config.max_concurrent_tasks),
            progress: broadcast::Sender::new(config.progress_capacity.max(1)),
            next_id: AtomicI64::new(last_id_before + 1),
            last_id_before,
            recovered: AtomicBool::new(last_id_before == 0),
            closing: watch::Sender::new(false),
            outage: AtomicBool::new(false),
        });
        tokio::spawn(fire_timers(Arc::downgrade(&inner), inner.timers.clone(), inner.clock.clone()));
        Ok(Engine { inner })
    }

    /// What executions do from now on, each piece after its commit. Costs nothing while nobody has
    /// subscribed. A subscriber that falls too far behind is told how much it missed; the history
    /// still has it.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Progress> {
        self.inner.progress.subscribe()
    }

    /// What is in hand right now.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics {
            executions_running: self.inner.live.lock().len(),
            in_flight: self.inner.in_flight.count(),
            next_timer_at: match self.inner.timers.next() {
                Next::At(at) => Some(at),
                Next::Idle | Next::Closed => None,
            },
        }
    }

    /// Ends the engine: no new starts, tasks or timers. Returns when the tasks that were with the
    /// handler have answered and their answers are committed. What is not done goes on at the next
    /// start of the program; so a caller in a hurry may also stop waiting.
    pub async fn shutdown(&self) {
        let inner = &self.inner;
        inner.closing.send_replace(true);
        inner.permits.close();
        inner.timers.close();
        inner.in_flight.idle().await;
        let live = std::mem::take(&mut *inner.live.lock());
        drop(live);
        inner.waiters.close();
    }

    /// Deletes up to `limit` executions of a state machine that ended before `ended_before`, with their history, and
    /// gives their number; call again until it is less than `limit`. Keep `limit` to some hundreds:
    /// other writes wait meanwhile.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub async fn prune(
        &self,
        state_machine_name: &str,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<usize, store::WriteError<rusqlite::Error>> {
        let name = state_machine_name.to_owned();
        self.inner.store.write(move |transaction| journal::prune(transaction, &name, ended_before, limit.into())).await
    }
}

impl Inner {
    pub(crate) fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    /// Returns when a shutdown has begun.
    pub(crate) async fn closing(&self) {
        // The sender is in `self`: the wait cannot end for its being gone.
        drop(self.closing.subscribe().wait_for(|closing| *closing).await);
    }

    pub(crate) fn next_execution_id(&self) -> i64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// The moment of a transition that comes after `previous`.
    pub(crate) fn moment_after(&self, previous: Timestamp) -> Moment {
        Moment { now: self.clock.now().max(previous), random: self.clock.random() }
    }

    /// A time-ordered unique id (RFC 9562, version 7) made of the clock's time and chance.
    pub(crate) fn unique_id(&self) -> Uuid {
        let milliseconds = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.clock.random().to_be_bytes());
        random[8..].copy_from_slice(&self.clock.random().to_be_bytes()[..2]);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
    }

    /// Tells the subscribers, if there are any.
    pub(crate) fn publish(&self, live: &Live, status: ExecutionStatus, events: Vec<HistoryEvent>) {
        if self.progress.receiver_count() == 0 {
            return;
        }
        // Nobody listening any more is no error.
        drop(self.progress.send(Progress {
            execution_arn: live.arn.clone(),
            execution_name: live.name.clone(),
            state_machine_name: live.state_machine_name.clone(),
            status,
            events: events.into(),
        }));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Ends the loop below, which holds the timers.
        self.timers.close();
    }
}

/// Fires timers as they come due, until the engine ends. It does not keep the engine alive.
async fn fire_timers(engine: std::sync::Weak<Inner>, timers: Arc<Timers>, clock: Arc<dyn Clock>) {
    loop {
        match timers.next() {
            Next::Closed => return,
            Next::Idle => timers.changed().await,
            Next::At(at) if at <= clock.now() => {
                let Some(engine) = engine.upgrade() else {
                    return;
                };
                // Counted before they are taken out: at no time is there neither timer nor work.
                let _guard = engine.in_flight.enter();
                for (live, timer) in timers.take_due(clock.now()) {
                    engine.deliver(&live, Incoming { event: Event::TimerFired { timer }, effect: None });
                }
            }
            Next::At(at) => {
                tokio::select! {
                    () = timers.changed() => {}
                    () = clock.sleep_until(at) => {}
                }
            }
        }
    }
}
