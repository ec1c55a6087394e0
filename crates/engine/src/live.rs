//! A running execution in memory, and the inbox that puts its events in order.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use asl::{Event, Execution, StateMachine, TaskId, TimerId};
use futures::future::AbortHandle;
use jiff::Timestamp;
use parking_lot::Mutex;

use crate::handler::Effect;
use crate::timers::TimerKey;

/// The most events that share one transition. A Map with thousands of iterations answers in bursts;
/// one checkpoint for a burst instead of one an answer keeps the journal from growing with the
/// square of the iterations.
const MAX_EVENTS_A_TURN: usize = 64;

/// An execution that goes on. What does not change stands outside the lock.
pub(crate) struct Live {
    /// Its row.
    pub id: i64,
    pub arn: Arc<str>,
    pub name: Arc<str>,
    pub state_machine_name: Arc<str>,
    pub machine: Arc<StateMachine>,
    state: Mutex<State>,
}

/// Where the journal of an execution stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    /// The last row's number; the first is 0.
    pub sequence: i64,
    /// The id of the last history event.
    pub last_event_id: u64,
    /// The time of the last row. Time within an execution never goes back, whatever the clock does.
    pub at: Timestamp,
}

struct State {
    /// As it is on disk. `None` while a driver has it.
    execution: Option<Box<Execution>>,
    position: Position,
    inbox: VecDeque<Incoming>,
    /// Whether somebody is driving: exactly one may.
    driven: bool,
    /// Whether it has ended: nothing goes on, whatever still comes in.
    ended: bool,
    tasks: HashMap<TaskId, AbortHandle>,
    timers: HashMap<TimerId, TimerKey>,
}

/// An event on its way into an execution, with what is to commit with it.
pub(crate) struct Incoming {
    pub event: Event,
    pub effect: Option<Box<dyn Effect>>,
}

/// What a driver takes out to work on.
pub(crate) struct Turn {
    pub execution: Box<Execution>,
    pub position: Position,
    pub incoming: Vec<Incoming>,
}

impl Live {
    pub(crate) fn new(
        id: i64,
        arn: Arc<str>,
        name: Arc<str>,
        state_machine_name: Arc<str>,
        machine: Arc<StateMachine>,
        execution: Execution,
        position: Position,
    ) -> Live {
        Live {
            id,
            arn,
            name,
            state_machine_name,
            machine,
            state: Mutex::new(State {
                execution: Some(Box::new(execution)),
                position,
                inbox: VecDeque::new(),
                driven: false,
                ended: false,
                tasks: HashMap::new(),
                timers: HashMap::new(),
            }),
        }
    }

    /// Puts an event into the inbox. When this returns `true`, the caller is the driver from now on.
    #[must_use]
    pub(crate) fn deliver(&self, incoming: Incoming) -> bool {
        let mut state = self.state.lock();
        if state.ended {
            return false;
        }
        match &incoming.event {
            Event::TaskSucceeded { task, .. } | Event::TaskFailed { task, .. } => {
                state.tasks.remove(task);
            }
            Event::TimerFired { timer } => {
                state.timers.remove(timer);
            }
            Event::TaskStarted { .. } | Event::TaskHeartbeat { .. } | Event::Abort { .. } => {}
        }
        state.inbox.push_back(incoming);
        !std::mem::replace(&mut state.driven, true)
    }

    /// The next turn; `None` ends the driver's part.
    pub(crate) fn take_turn(&self) -> Option<Turn> {
        let mut state = self.state.lock();
        if state.ended || state.inbox.is_empty() {
            state.driven = false;
            return None;
        }
        let execution = state.execution.take().expect("the execution is back before its driver takes the next turn");
        let count = state.inbox.len().min(MAX_EVENTS_A_TURN);
        Some(Turn { execution, position: state.position, incoming: state.inbox.drain(..count).collect() })
    }

    /// Puts the execution back, as it now is on disk.
    pub(crate) fn put_back(&self, execution: Box<Execution>, position: Position) {
        let mut state = self.state.lock();
        state.execution = Some(execution);
        state.position = position;
    }

    /// Remembers how to cancel a task that is about to be run.
    pub(crate) fn add_task(&self, task: TaskId, abort: AbortHandle) {
        self.state.lock().tasks.insert(task, abort);
    }

    /// Cancels a task whose answer nobody waits for.
    pub(crate) fn cancel_task(&self, task: TaskId) {
        if let Some(abort) = self.state.lock().tasks.remove(&task) {
            abort.abort();
        }
    }

    /// Sets a timer and remembers it, with no chance for it to fire in between.
    pub(crate) fn add_timer(&self, timer: TimerId, set: impl FnOnce() -> TimerKey) {
        let mut state = self.state.lock();
        let key = set();
        state.timers.insert(timer, key);
    }

    /// Forgets a timer and tells where it stood.
    pub(crate) fn remove_timer(&self, timer: TimerId) -> Option<TimerKey> {
        self.state.lock().timers.remove(&timer)
    }

    /// Stops everything that is under way for it, and gives the timers to be cancelled.
    pub(crate) fn close(&self) -> Vec<TimerKey> {
        let mut state = self.state.lock();
        state.ended = true;
        state.execution = None;
        state.inbox.clear();
        for (_, abort) in state.tasks.drain() {
            abort.abort();
        }
        state.timers.drain().map(|(_, key)| key).collect()
    }
}
