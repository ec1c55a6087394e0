//! One transition after the other: apply events, commit effect and record, then command.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use asl::{Command, Event, Execution, HistoryEvent, TaskId};
use parking_lot::Mutex;
use rusqlite::Connection;
use store::{ReadError, WriteError};

use crate::content;
use crate::engine::Inner;
use crate::handler::{Effect, EffectError, STORAGE_ERROR, TaskError, UNKNOWN_ERROR};
use crate::journal::{self, Record};
use crate::live::{Incoming, Live, Position, Turn};
use crate::query::ExecutionStatus;

/// The first pause after a commit that failed, and the longest; it doubles in between.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The engine cannot go on with this execution now. It stays as it is on disk, for the next start.
struct Abandoned;

/// An effect on its way into a commit, and the task it belongs to.
struct PendingEffect {
    task: TaskId,
    effect: Box<dyn Effect>,
}

/// What one write does: the effects of a transition, then its record.
struct Work {
    effects: Vec<PendingEffect>,
    record: Record,
    /// The effect being applied, to be found after a panic.
    applying: Option<usize>,
}

/// Why a write did not happen.
enum Refusal {
    /// This effect refused: its task fails with that error.
    Effect { position: usize, error: TaskError },
    /// The database refused; nobody's fault.
    Storage(rusqlite::Error),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::Effect { error, .. } => error.fmt(formatter),
            Refusal::Storage(error) => error.fmt(formatter),
        }
    }
}

impl Work {
    fn apply(&mut self, transaction: &Connection) -> Result<(), Refusal> {
        for (position, pending) in self.effects.iter_mut().enumerate() {
            self.applying = Some(position);
            match pending.effect.apply(transaction) {
                Ok(()) => {}
                Err(EffectError::Refused(error)) => return Err(Refusal::Effect { position, error }),
                Err(EffectError::Storage(error)) if store::is_outage(&error) => {
                    return Err(Refusal::Storage(error));
                }
                Err(EffectError::Storage(error)) => {
                    let error = TaskError::new(STORAGE_ERROR, error.to_string());
                    return Err(Refusal::Effect { position, error });
                }
            }
        }
        self.applying = None;
        self.record.append(transaction).map_err(Refusal::Storage)
    }
}

/// How a commit went, once it is clear.
enum Committed {
    Yes,
    Refused { position: usize, error: TaskError },
}

/// Events applied to an execution in memory, not yet on disk.
struct Applied {
    commands: Vec<Command>,
    history: Vec<HistoryEvent>,
    position: Position,
}

impl Inner {
    /// Gives an event to an execution, and sees to it that somebody drives it.
    pub(crate) fn deliver(self: &Arc<Self>, live: &Arc<Live>, incoming: Incoming) {
        if live.deliver(incoming) {
            let guard = self.in_flight.enter();
            let engine = self.clone();
            let live = live.clone();
            tokio::spawn(async move {
                engine.drive(&live).await;
                drop(guard);
            });
        }
    }

    /// Moves an execution on until its inbox is empty. Only its one driver may call this.
    pub(crate) async fn drive(self: &Arc<Self>, live: &Arc<Live>) {
        while let Some(turn) = live.take_turn() {
            if self.take_turn(live, turn).await.is_err() {
                self.forget(live);
                self.cancel_timers(live.close());
                return;
            }
        }
    }

    async fn take_turn(self: &Arc<Self>, live: &Arc<Live>, turn: Turn) -> Result<(), Abandoned> {
        let Turn { mut execution, position, incoming } = turn;
        let mut events = Vec::with_capacity(incoming.len());
        let mut effects = Vec::new();
        for Incoming { event, effect } in incoming {
            if let (Some(effect), Event::TaskSucceeded { task, .. }) = (effect, &event) {
                effects.push(PendingEffect { task: *task, effect });
            }
            events.push(event);
        }
        loop {
            // A refusal fails the refused task and applies the others again: those are needed once
            // more. A single event needs no copy, as the failure takes its place.
            let again = if events.len() > 1 && !effects.is_empty() { events.clone() } else { Vec::new() };
            let Some(applied) = self.apply(live, &mut execution, position, events, &mut effects) else {
                live.put_back(execution, position);
                return Ok(());
            };
            let work = Arc::new(Mutex::new(Work {
                effects,
                record: Record::new(live.id, applied.position, &applied.history, &execution),
                applying: None,
            }));
            match self.commit(&work).await? {
                Committed::Yes => {
                    let effects = std::mem::take(&mut work.lock().effects);
                    self.after_commit(live, execution, applied, effects);
                    return Ok(());
                }
                Committed::Refused { position: refused, error } => {
                    effects = std::mem::take(&mut work.lock().effects);
                    let task = effects.remove(refused).task;
                    metrics::counter!("engine_effects_refused_total", "state_machine" => live.state_machine_name.to_string(), "error" => error.error.clone())
                        .increment(1);
                    events = fail_task(again, task, error);
                    execution = self.reload(live).await?;
                }
            }
        }
    }

    /// Applies events in memory; drops the effects of those that came too late. `None` when all did.
    fn apply(
        &self,
        live: &Live,
        execution: &mut Execution,
        mut position: Position,
        events: Vec<Event>,
        effects: &mut Vec<PendingEffect>,
    ) -> Option<Applied> {
        let mut commands = Vec::new();
        let mut history = Vec::new();
        let mut changed = false;
        for event in events {
            let answered = match &event {
                Event::TaskSucceeded { task, .. } => Some(*task),
                _ => None,
            };
            let moment = self.moment_after(position.at);
            match execution.apply(&live.machine, event, moment) {
                Ok(transition) => {
                    changed = true;
                    position.at = moment.now;
                    append(&mut commands, transition.commands);
                    append(&mut history, transition.history);
                }
                Err(asl::Stale) => effects.retain(|pending| Some(pending.task) != answered),
            }
        }
        if !changed {
            return None;
        }
        position.sequence += 1;
        if let Some(event) = history.last() {
            position.last_event_id = event.id;
        }
        Some(Applied { commands, history, position })
    }

    /// Commits a transition, however long the disk takes to allow it. Only a refused effect, which
    /// is no fault of the disk, comes back.
    async fn commit(&self, work: &Arc<Mutex<Work>>) -> Result<Committed, Abandoned> {
        let mut pause = FIRST_PAUSE;
        loop {
            let job = work.clone();
            let answer = self.store.write(move |transaction| job.lock().apply(transaction)).await;
            let reason = match answer {
                Ok(()) => {
                    self.outage_over();
                    return Ok(Committed::Yes);
                }
                Err(WriteError::Refused(Refusal::Effect { position, error })) => {
                    return Ok(Committed::Refused { position, error });
                }
                Err(WriteError::Panicked(message)) => match work.lock().applying {
                    Some(position) => {
                        let error = TaskError::new(UNKNOWN_ERROR, format!("the step's effect panicked: {message}"));
                        return Ok(Committed::Refused { position, error });
                    }
                    None => message,
                },
                Err(WriteError::Closed) => return Err(Abandoned),
                Err(error @ (WriteError::Refused(_) | WriteError::Commit(_))) => error.to_string(),
            };
            self.wait_out(&mut pause, &reason).await?;
        }
    }

    /// The execution as it is on disk, after a transition that was not committed.
    async fn reload(&self, live: &Live) -> Result<Box<Execution>, Abandoned> {
        let mut pause = FIRST_PAUSE;
        let id = live.id;
        let content = loop {
            match self.store.read(move |connection| journal::last_content(connection, id)).await {
                Ok(content) => break content,
                Err(ReadError::Closed) => return Err(Abandoned),
                Err(error) => self.wait_out(&mut pause, &error.to_string()).await?,
            }
        };
        content::checkpoint(&content).map(Box::new).map_err(|error| {
            tracing::error!(execution_arn = %live.arn, %error, "the checkpoint of {} cannot be read", live.arn);
            Abandoned
        })
    }

    /// Pauses before the next try; gives up when the engine ends.
    async fn wait_out(&self, pause: &mut Duration, reason: &str) -> Result<(), Abandoned> {
        metrics::counter!("engine_commit_retries_total").increment(1);
        if !self.outage.swap(true, Ordering::Relaxed) {
            tracing::error!(reason, "executions stand still until the database can be used again: {reason}");
        }
        tokio::select! {
            () = tokio::time::sleep(*pause) => {}
            () = self.closing() => return Err(Abandoned),
        }
        *pause = (*pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }

    fn outage_over(&self) {
        if self.outage.load(Ordering::Relaxed) && self.outage.swap(false, Ordering::Relaxed) {
            tracing::info!("executions go on: the database can be used again");
        }
    }

    /// What follows from a transition that is on disk.
    fn after_commit(
        self: &Arc<Self>,
        live: &Arc<Live>,
        execution: Box<Execution>,
        applied: Applied,
        effects: Vec<PendingEffect>,
    ) {
        for pending in effects {
            // A fault in here must not leave the execution without its driver.
            if catch_unwind(AssertUnwindSafe(|| pending.effect.committed())).is_err() {
                tracing::error!(execution_arn = %live.arn, "what follows an effect of {} panicked", live.arn);
            }
        }
        let status = ExecutionStatus::of(execution.status());
        if status == ExecutionStatus::Running {
            live.put_back(execution, applied.position);
            self.publish(live, status, applied.history);
            self.command(live, applied.commands);
        } else {
            self.forget(live);
            self.cancel_timers(live.close());
            self.publish(live, status, applied.history);
            self.ended(live, status);
        }
    }

    /// Does what a committed transition asks for.
    pub(crate) fn command(self: &Arc<Self>, live: &Arc<Live>, commands: Vec<Command>) {
        if self.is_closing() {
            // All of it is in the checkpoint and will be done after the next start.
            return;
        }
        for command in commands {
            match command {
                Command::RunTask(request) => self.run_task(live, request),
                Command::SetTimer { timer, at } => {
                    live.add_timer(timer, || self.timers.set(at, live.clone(), timer));
                }
                Command::CancelTask(task) => live.cancel_task(task),
                Command::CancelTimer(timer) => self.cancel_timers(live.remove_timer(timer)),
            }
        }
    }

    /// Counts the end of an execution and tells who waits for it.
    pub(crate) fn ended(&self, live: &Live, status: ExecutionStatus) {
        metrics::counter!("engine_executions_finished_total", "state_machine" => live.state_machine_name.to_string(), "status" => status.as_str())
            .increment(1);
        metrics::gauge!("engine_executions_running").decrement(1);
        self.waiters.notify(&live.arn, status);
    }

    /// Takes an execution out of those that run, unless it has been redriven since: then the ARN is its
    /// successor's.
    fn forget(&self, live: &Arc<Live>) {
        let mut all = self.live.lock();
        if all.get(&live.arn).is_some_and(|running| Arc::ptr_eq(running, live)) {
            all.remove(&live.arn);
        }
    }

    fn cancel_timers(&self, keys: impl IntoIterator<Item = crate::timers::TimerKey>) {
        for key in keys {
            self.timers.cancel(key);
        }
    }
}

/// Moves `more` behind `all`, without a copy when there is nothing yet.
fn append<T>(all: &mut Vec<T>, mut more: Vec<T>) {
    if all.is_empty() {
        *all = more;
    } else {
        all.append(&mut more);
    }
}

/// The same events, with the refused task failing where it had succeeded.
fn fail_task(mut events: Vec<Event>, refused: TaskId, refusal: TaskError) -> Vec<Event> {
    let failure = Event::TaskFailed { task: refused, error: refusal.error, cause: refusal.cause };
    match events.iter_mut().find(|event| matches!(event, Event::TaskSucceeded { task, .. } if *task == refused)) {
        Some(event) => *event = failure,
        None => events.push(failure),
    }
    events
}
