//! One event applied to one execution.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Execution;
use super::flow::place;
use super::redrive::Unfinished;
use super::thread::{Activity, Thread, Timer};
use crate::context::{Context, Parts};
use crate::definition::{State, StateMachine, StateRef};
use crate::error::{self, Failure};
use crate::history::{HistoryEvent, HistoryKind};
use crate::path::Data;
use crate::protocol::{Command, Moment, Stale, Status, TaskId, TimerId, Transition};
use crate::random::Random;
use crate::retry::covers;

/// The most events that a history can have: AWS's quota.
pub(super) const MAX_HISTORY_EVENTS: u64 = 25_000;

/// The largest input or output, in bytes of JSON: AWS's quota.
pub(super) const MAX_DATA_BYTES: usize = 262_144;

/// The deepest nesting of data. A checkpoint holds data some levels further down, and readers of JSON
/// commonly stop at 128 levels; a loop around `{"a.$": "$"}` would go there.
pub(super) const MAX_DATA_NESTING: usize = 100;

pub(super) struct Step<'a> {
    pub(super) machine: &'a StateMachine,
    pub(super) execution: &'a mut Execution,
    pub(super) now: Timestamp,
    random: Random,
    transition: Transition,
    /// The threads to run, and how.
    pub(super) ready: VecDeque<(u64, Phase)>,
    /// What is unfinished if the failure that is on its way up is handled nowhere.
    failing: Option<Unfinished>,
    /// An event had no place in the history any more: the event that led to it.
    history_full: Option<u64>,
    /// The text of the last value that was written: most states pass on what they got.
    last_text: Option<(Arc<Value>, Arc<str>)>,
}

/// What is to be done with a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Enter,
    /// It has been entered before, and is tried again.
    Retry,
}

/// What a state came to, unless it failed.
pub(super) enum Outcome {
    /// It waits.
    Blocked,
    /// It is done.
    Exit { output: Arc<Value>, next: Option<StateRef> },
}

impl<'a> Step<'a> {
    pub(super) fn new(machine: &'a StateMachine, execution: &'a mut Execution, moment: Moment) -> Self {
        Self {
            machine,
            execution,
            now: moment.now,
            random: Random::new(moment.random),
            transition: Transition::default(),
            ready: VecDeque::new(),
            failing: None,
            history_full: None,
            last_text: None,
        }
    }

    /// Runs all that is ready, and gives what came of it.
    pub(super) fn finish(mut self) -> Transition {
        loop {
            if let Some(previous) = self.history_full.take() {
                let cause = "The execution reached the maximum number of history events (25000).";
                self.fail_execution(previous, Failure::runtime(cause));
            }
            let Some((id, phase)) = self.ready.pop_front() else {
                return self.transition;
            };
            // A thread may have been stopped by the failure of another since it became ready.
            if let Some(mut thread) = self.execution.threads.remove(&id) {
                let outcome = self.perform(id, &mut thread, phase);
                self.settle(id, thread, outcome);
            }
        }
    }

    /// Starts the execution.
    pub(super) fn start(&mut self, input_text: &str) {
        let start = &self.execution.start;
        let role_arn = start.role_arn.clone();
        let input = Arc::new(start.input.clone());
        let text: Arc<str> = input_text.into();
        self.last_text = Some((Arc::clone(&input), Arc::clone(&text)));
        if exceeds_nesting(&input, MAX_DATA_NESTING) {
            // What nobody could read back is not kept.
            self.execution.start.input = Value::Null;
            self.emit(0, HistoryKind::ExecutionStarted { input: text, role_arn });
            return self.fail_execution(0, data_limit_exceeded("execution input"));
        }
        self.emit(0, HistoryKind::ExecutionStarted { input: text, role_arn });
        if let Some(seconds) = self.machine.timeout_seconds() {
            self.execution.deadline = Some(self.set_timer(self.after_seconds(seconds)));
        }
        let id = self.next_id();
        let thread = Thread {
            parent: None,
            state: Arc::clone(&self.machine.state(self.machine.start()).name),
            input,
            entered_event: 0,
            entered_at: self.now,
            // Not the event of the start: AWS begins the chain of states anew.
            last_event: 0,
            retries: Vec::new(),
            prefix: String::new(),
            visits: std::collections::BTreeMap::new(),
            activity: Activity::Running,
        };
        self.begin(id, thread);
    }

    /// Has a new thread enter its state when its turn comes.
    pub(super) fn begin(&mut self, id: u64, thread: Thread) {
        self.execution.threads.insert(id, thread);
        self.ready.push_back((id, Phase::Enter));
    }

    /// Stops the execution from outside.
    pub(super) fn abort(&mut self, error: Option<String>, cause: Option<String>) {
        self.close(Status::Aborted { error: error.clone(), cause: cause.clone() });
        self.emit(0, HistoryKind::ExecutionAborted { error, cause });
    }

    pub(super) fn timer_fired(&mut self, timer: TimerId) -> Result<(), Stale> {
        if self.execution.deadline.is_some_and(|deadline| deadline.timer == timer) {
            self.execution.deadline = None;
            self.close(Status::TimedOut { error: None, cause: None });
            let error = Some(error::TIMEOUT.to_owned());
            self.emit(0, HistoryKind::ExecutionTimedOut { error, cause: None });
            return Ok(());
        }
        let (id, mut thread) =
            self.take_thread(|activity| activity.timers().any(|set| set.timer == timer)).ok_or(Stale)?;
        match std::mem::replace(&mut thread.activity, Activity::Running) {
            Activity::Retrying(_) => {
                let outcome = self.perform(id, &mut thread, Phase::Retry);
                self.settle(id, thread, outcome);
            }
            Activity::Task(running) => {
                self.task_timed_out(id, thread, &running, timer);
            }
            Activity::Waiting(_) => {
                let outcome = self.waited(&thread);
                self.settle(id, thread, outcome);
            }
            other => thread.activity = other,
        }
        Ok(())
    }

    /// Takes the thread whose activity fits out of the execution.
    pub(super) fn take_thread(&mut self, fits: impl Fn(&Activity) -> bool) -> Option<(u64, Thread)> {
        let id = self.execution.threads.iter().find(|(_, thread)| fits(&thread.activity)).map(|(id, _)| *id)?;
        self.execution.threads.remove(&id).map(|thread| (id, thread))
    }

    /// The state a thread is in.
    pub(super) fn state_of(&self, thread: &Thread) -> &'a State {
        self.machine.find(&thread.state).expect("an execution is given the machine that it was started with")
    }

    /// Follows up on what a state came to, through all states that wait for nothing.
    pub(super) fn settle(&mut self, id: u64, mut thread: Thread, mut outcome: Result<Outcome, Failure>) {
        loop {
            if self.history_full.is_some() {
                self.execution.threads.insert(id, thread);
                return;
            }
            let state = self.state_of(&thread);
            outcome = match outcome {
                Ok(Outcome::Blocked) => {
                    self.execution.threads.insert(id, thread);
                    return;
                }
                Ok(Outcome::Exit { output, next }) => match self.exit(&mut thread, state, output) {
                    Ok(output) => match next {
                        None => return self.end_thread(thread, output),
                        Some(next) => {
                            thread.state = Arc::clone(&self.machine.state(next).name);
                            thread.input = output;
                            self.perform(id, &mut thread, Phase::Enter)
                        }
                    },
                    Err(failure) => Err(failure),
                },
                Err(failure) => match self.handle(&mut thread, state, failure) {
                    Ok(outcome) => {
                        self.failing = None;
                        Ok(outcome)
                    }
                    Err(failure) => return self.fail_thread(id, thread, failure),
                },
            };
        }
    }

    /// Leaves a state with an output, unless that is too large.
    fn exit(&mut self, thread: &mut Thread, state: &State, output: Arc<Value>) -> Result<Arc<Value>, Failure> {
        let text = self.text_of(&output);
        if text.len() > MAX_DATA_BYTES || exceeds_nesting(&output, MAX_DATA_NESTING) {
            return Err(data_limit_exceeded(&state.name));
        }
        let (kind, name) = (state.body.kind(), Arc::clone(&state.name));
        self.record(thread, HistoryKind::StateExited { kind, name, output: text });
        thread.activity = Activity::Running;
        Ok(output)
    }

    /// Has the state's `Retry` and `Catch` handle a failure, or gives it back.
    fn handle(&mut self, thread: &mut Thread, state: &State, failure: Failure) -> Result<Outcome, Failure> {
        let Some(handlers) = state.body.handlers() else {
            return Err(failure);
        };
        let retrier = handlers.retriers.iter().position(|retrier| covers(&retrier.errors, &failure));
        if let Some(index) = retrier {
            let retrier = &handlers.retriers[index];
            thread.retries.resize(handlers.retriers.len(), 0);
            let attempts = thread.retries[index];
            if attempts < retrier.max_attempts {
                thread.retries[index] += 1;
                let at = self.after(retrier.delay(attempts, &self.random));
                thread.activity = Activity::Retrying(self.set_timer(at));
                return Ok(Outcome::Blocked);
            }
        }
        let catcher = handlers.catchers.iter().find(|catcher| covers(&catcher.errors, &failure));
        let Some(catcher) = catcher else {
            return Err(failure);
        };
        // AWS shows what is missing as an empty text.
        let error_output = json!({
            "Error": failure.error.unwrap_or_default(),
            "Cause": failure.cause.unwrap_or_default(),
        });
        let output = place(&catcher.result, &thread.input, Arc::new(error_output))
            .map_err(|failure| located(failure, thread))?;
        Ok(Outcome::Exit { output, next: Some(catcher.next) })
    }

    /// A thread has come to its end.
    fn end_thread(&mut self, thread: Thread, output: Arc<Value>) {
        if self.history_full.is_some() {
            return;
        }
        if let Some(parent) = thread.parent {
            return self.join(parent, &thread, output);
        }
        let text = self.text_of(&output);
        self.emit(thread.last_event, HistoryKind::ExecutionSucceeded { output: text });
        self.close(Status::Succeeded { output: Arc::unwrap_or_clone(output) });
    }

    /// A failure that no state of the thread handled.
    fn fail_thread(&mut self, id: u64, thread: Thread, failure: Failure) {
        // The innermost failure is the one to go on from: what is around it has not been touched yet.
        if self.failing.is_none() {
            let mut threads = self.execution.threads.clone();
            threads.insert(id, thread.clone());
            self.failing = Some(Unfinished { threads, failed: Some(id) });
        }
        match thread.parent {
            // Nothing around can handle it either: AWS ends the execution on the spot.
            Some(parent) if !failure.is_terminal() => self.branch_failed(parent, &thread, failure),
            _ => self.fail_execution(thread.last_event, failure),
        }
    }

    /// The failure on its way up is one that is allowed to happen.
    pub(super) fn tolerated(&mut self) {
        self.failing = None;
    }

    pub(super) fn fail_execution(&mut self, previous: u64, failure: Failure) {
        let Failure { error, cause, .. } = failure;
        self.close(Status::Failed { error: error.clone(), cause: cause.clone() });
        self.emit(previous, HistoryKind::ExecutionFailed { error, cause });
    }

    /// Ends the execution: nothing is waited for any more.
    fn close(&mut self, status: Status) {
        self.execution.status = status;
        self.ready.clear();
        let threads = std::mem::take(&mut self.execution.threads);
        for thread in threads.values() {
            self.release(&thread.activity);
        }
        if !matches!(self.execution.status, Status::Succeeded { .. }) {
            self.execution.unfinished = self.failing.take().or(Some(Unfinished { threads, failed: None }));
        }
        if let Some(deadline) = self.execution.deadline.take() {
            self.cancel_timer(deadline.timer);
        }
    }

    /// Evaluates something with the data of a thread's state. A failure says where it happened.
    pub(super) fn evaluate<T>(
        &self,
        thread: &Thread,
        state: &State,
        work: impl FnOnce(&Data<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let item = self.item_of(thread);
        self.evaluate_with_item(thread, state, item, work)
    }

    /// As [`Self::evaluate`], as if in the iteration of an item.
    pub(super) fn evaluate_with_item<T>(
        &self,
        thread: &Thread,
        state: &State,
        item: Option<(usize, &Value)>,
        work: impl FnOnce(&Data<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let context = Context::new(Parts {
            start: &self.execution.start,
            redrives: (self.execution.redrives, self.execution.redriven_at),
            state: &thread.state,
            entered: thread.entered_at,
            retry_count: state.body.handlers().map(|_| thread.retry_count()),
            item,
        });
        let data = Data { input: &thread.input, context: &context, random: &self.random };
        work(&data).map_err(|failure| located(failure, thread))
    }

    /// The item of the innermost iteration that a thread is part of.
    fn item_of(&self, thread: &Thread) -> Option<(usize, &Value)> {
        let mut parent = thread.parent;
        while let Some(place) = parent {
            let around = self.execution.threads.get(&place.thread)?;
            if let Activity::Map(map) = &around.activity {
                return map.items.get(place.index).map(|item| (place.index, item));
            }
            parent = around.parent;
        }
        None
    }

    /// Appends an event that follows the thread's last one.
    pub(super) fn record(&mut self, thread: &mut Thread, kind: HistoryKind) {
        thread.last_event = self.emit(thread.last_event, kind);
    }

    /// Appends an event to the history, and gives its id.
    pub(super) fn emit(&mut self, previous_event_id: u64, kind: HistoryKind) -> u64 {
        let ends_execution = matches!(
            kind,
            HistoryKind::ExecutionSucceeded { .. }
                | HistoryKind::ExecutionFailed { .. }
                | HistoryKind::ExecutionTimedOut { .. }
                | HistoryKind::ExecutionAborted { .. }
        );
        // The last place is kept for the event that ends the execution.
        if !ends_execution && self.execution.last_event + 1 >= MAX_HISTORY_EVENTS {
            self.history_full.get_or_insert(previous_event_id);
            return self.execution.last_event;
        }
        self.execution.last_event += 1;
        let id = self.execution.last_event;
        let timestamp = self.now;
        self.transition.history.push(HistoryEvent { id, previous_event_id, timestamp, kind });
        id
    }

    /// The JSON of a value.
    pub(super) fn text_of(&mut self, value: &Arc<Value>) -> Arc<str> {
        if let Some((last, text)) = &self.last_text
            && Arc::ptr_eq(last, value)
        {
            return Arc::clone(text);
        }
        let text: Arc<str> = value.to_string().into();
        self.last_text = Some((Arc::clone(value), Arc::clone(&text)));
        text
    }

    pub(super) fn next_id(&mut self) -> u64 {
        let id = self.execution.next_id;
        self.execution.next_id += 1;
        id
    }

    pub(super) fn after(&self, duration: SignedDuration) -> Timestamp {
        self.now.checked_add(duration).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn after_seconds(&self, seconds: u64) -> Timestamp {
        self.after(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    pub(super) fn set_timer(&mut self, at: Timestamp) -> Timer {
        let timer = Timer { timer: TimerId(self.next_id()), at };
        self.command(timer.command());
        timer
    }

    pub(super) fn command(&mut self, command: Command) {
        self.transition.commands.push(command);
    }

    pub(super) fn cancel_timer(&mut self, timer: TimerId) {
        let commands = &mut self.transition.commands;
        let before = commands.len();
        commands.retain(|command| !matches!(command, Command::SetTimer { timer: set, .. } if *set == timer));
        // What was asked for in this very step need not be cancelled: it is not asked for at all.
        if commands.len() == before {
            commands.push(Command::CancelTimer(timer));
        }
    }

    fn cancel_task(&mut self, task: TaskId) {
        let commands = &mut self.transition.commands;
        let before = commands.len();
        commands.retain(|command| !matches!(command, Command::RunTask(request) if request.task == task));
        if commands.len() == before {
            commands.push(Command::CancelTask(task));
        }
    }

    /// Cancels all that an activity waits for.
    pub(super) fn release(&mut self, activity: &Activity) {
        if let Activity::Task(running) = activity {
            self.cancel_task(running.task);
        }
        for timer in activity.timers() {
            self.cancel_timer(timer.timer);
        }
    }
}

/// Says in which state a failure happened, as AWS does.
fn located(failure: Failure, thread: &Thread) -> Failure {
    Failure {
        cause: failure.cause.map(|cause| {
            format!(
                "An error occurred while executing the state '{}' (entered at the event id #{}). {cause}",
                thread.state, thread.entered_event
            )
        }),
        ..failure
    }
}

/// Data that is too large (or too deep to be kept).
pub(super) fn data_limit_exceeded(name: &str) -> Failure {
    Failure::new(
        error::DATA_LIMIT_EXCEEDED,
        format!(
            "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
        ),
    )
}

/// Whether there are more than `levels` of lists and objects.
pub(super) fn exceeds_nesting(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| exceeds_nesting(item, levels - 1)),
        Value::Object(members) => levels == 0 || members.values().any(|member| exceeds_nesting(member, levels - 1)),
        _ => false,
    }
}
