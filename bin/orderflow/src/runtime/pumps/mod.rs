//! What moves things on after a commit: table streams into pipes, events to rules' targets, queues to
//! their consumers, alarms, expired holds, refunds without an answer, old records.
//!
//! Each pump is one loop over [`Pump::turn`]. A turn does a bounded piece of work and commits it together
//! with the cursor or message it came from, so it can be cut off anywhere.

mod alarms;
mod bus;
mod consumer;
mod refunds;
mod reservations;
mod retention;
mod rollups;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use local::Listener;
use ports::{Clock, Result};
use tokio::sync::watch;
use tokio::task::JoinSet;
use workflows::Workflow;

use super::commit::Home;
use super::handlers::StepHandlers;
use super::measurements::Measurements;

pub use alarms::Alarms;

/// Something that moves things on.
#[async_trait]
trait Pump: Send {
    /// What the log calls it.
    fn name(&self) -> String;

    /// Does a bounded piece of work; says whether there may be more at once.
    async fn turn(&mut self) -> Result<bool>;
}

/// What all pumps need.
#[derive(Clone)]
pub struct Surroundings {
    pub home: Arc<Home>,
    pub handlers: Arc<StepHandlers>,
    pub clock: Arc<dyn Clock>,
}

/// The running pumps.
pub struct Pumps {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

/// The longest a pump sleeps without a wake-up, so that what became due by time alone is found.
const IDLE: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_secs(60);
/// How far behind the counts of executions and tasks may be.
const COUNTING: Duration = Duration::from_secs(5);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

impl Pumps {
    /// Starts a pump for everything that the workflows declare.
    pub fn start(
        workflows: &[Workflow],
        around: &Surroundings,
        alarms: Alarms,
        alarm_tick: Duration,
        measurements: Arc<Measurements>,
    ) -> Pumps {
        let mut pumps = Pumps { tasks: JoinSet::new(), stop: watch::Sender::new(false) };
        let signals = &around.home.signals;
        for pump in streams::of(workflows, around) {
            pumps.spawn(pump, Some(signals.listen(local::Wakeups::STREAMS)), IDLE);
        }
        pumps.spawn(bus::Bus::new(workflows, around), Some(signals.listen(local::Wakeups::EVENTS)), IDLE);
        for pump in consumer::of(workflows, around) {
            pumps.spawn(pump, Some(signals.listen(local::Wakeups::QUEUES)), IDLE);
        }
        pumps.spawn(alarms, None, alarm_tick);
        pumps.spawn(reservations::Reservations::new(around), None, IDLE);
        pumps.spawn(refunds::Refunds::new(around), None, SLOW);
        pumps.spawn(retention::Retention::new(workflows, around), None, SLOW);
        pumps.spawn(rollups::Rollups::new(around, measurements), None, COUNTING);
        pumps
    }

    /// Adds a worker that runs until it is dropped.
    pub fn add_worker(&mut self, worker: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(worker);
    }

    fn spawn(&mut self, pump: impl Pump + 'static, listener: Option<Listener>, idle: Duration) {
        self.tasks.spawn(run(pump, listener, idle, self.stop.subscribe()));
    }

    /// Ends them between two turns; workers are cut off, which they bear.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn run(mut pump: impl Pump, mut listener: Option<Listener>, idle: Duration, mut stop: watch::Receiver<bool>) {
    let mut failures: u32 = 0;
    loop {
        let pause = match pump.turn().await {
            Ok(more) => {
                if failures > 0 {
                    tracing::info!(pump = pump.name(), "a pump works again");
                    failures = 0;
                }
                if more {
                    continue;
                }
                idle
            }
            Err(error) => {
                // One line for an outage, however long it is.
                if failures == 0 {
                    tracing::error!(pump = pump.name(), %error, "a pump is stuck; it goes on trying");
                }
                failures += 1;
                LONGEST_BACKOFF.min(Duration::from_millis(100 << failures.min(10)))
            }
        };
        let wait = async {
            match &mut listener {
                Some(listener) if failures == 0 => listener.wait(pause).await,
                _ => tokio::time::sleep(pause).await,
            }
        };
        tokio::select! {
            () = wait => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}
