//! Executions of a state machine: the checkpoint, and how an event moves it on.

mod branch;
mod flow;
mod redrive;
mod state;
mod step;
mod task;
mod thread;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::definition::StateMachine;
use crate::protocol::{Command, Event, Moment, Stale, Start, Status, Transition};
pub use redrive::NotRedrivable;
use redrive::Unfinished;
use step::Step;
use thread::{Activity, Thread, Timer};

/// One execution of a state machine, complete in itself: serialised it is the checkpoint from which
/// the execution goes on after a restart, without looking back at its history.
///
/// An execution belongs to the definition that it was started with. The methods that take a machine
/// panic when they are given another one that lacks the state the execution is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    start: Start,
    status: Status,
    /// The id of the last event of the history.
    last_event: u64,
    /// The next number to give to a task, a timer or a thread.
    next_id: u64,
    /// The end of the time that the machine's `TimeoutSeconds` allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deadline: Option<Timer>,
    /// What runs: the execution itself (the first number), branches and iterations. A thread stands
    /// after the one that started it.
    threads: BTreeMap<u64, Thread>,
    /// Where a redrive goes on, once the execution has ended without success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unfinished: Option<Unfinished>,
    /// How often it was redriven, and when last.
    #[serde(default, skip_serializing_if = "is_zero")]
    redrives: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redriven_at: Option<Timestamp>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it skips by reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Execution {
    /// Starts an execution. States that wait for nothing are run through at once.
    #[must_use]
    pub fn start(machine: &StateMachine, start: Start, moment: Moment) -> (Self, Transition) {
        let text = start.input.to_string();
        Self::start_from_text(machine, start, &text, moment)
    }

    /// As [`Self::start`], with the text that the input was read from: the history shows it as it was
    /// sent, up to its spaces.
    #[must_use]
    pub fn start_from_text(
        machine: &StateMachine,
        start: Start,
        input_text: &str,
        moment: Moment,
    ) -> (Self, Transition) {
        let mut execution = Self {
            start,
            status: Status::Running,
            last_event: 0,
            next_id: 0,
            deadline: None,
            threads: BTreeMap::new(),
            unfinished: None,
            redrives: 0,
            redriven_at: None,
        };
        let mut step = Step::new(machine, &mut execution, moment);
        step.start(input_text);
        let transition = step.finish();
        (execution, transition)
    }

    /// Applies an event, and runs on until the execution waits again or has ended.
    ///
    /// # Errors
    ///
    /// [`Stale`] when nothing waits for the event any more. Nothing has changed then.
    pub fn apply(&mut self, machine: &StateMachine, event: Event, moment: Moment) -> Result<Transition, Stale> {
        if !self.status.is_running() {
            return Err(Stale);
        }
        let mut step = Step::new(machine, self, moment);
        match event {
            Event::TaskStarted { task, worker_name } => step.task_started(task, worker_name)?,
            Event::TaskHeartbeat { task } => step.task_heartbeat(task)?,
            Event::TaskSucceeded { task, output } => step.task_succeeded(task, output)?,
            Event::TaskFailed { task, error, cause } => step.task_failed(task, error, cause)?,
            Event::TimerFired { timer } => step.timer_fired(timer)?,
            Event::Abort { error, cause } => step.abort(error, cause),
        }
        Ok(step.finish())
    }

    /// Goes on with an execution that ended without success: what had not ended is run again, under the
    /// keys it had before, what had succeeded is kept. `input` is given to the state that failed instead of
    /// the one it had.
    ///
    /// # Errors
    ///
    /// [`NotRedrivable`], as [`Self::check_redrive`] says it. Nothing has changed then.
    pub fn redrive(
        &mut self,
        machine: &StateMachine,
        input: Option<Value>,
        moment: Moment,
    ) -> Result<Transition, NotRedrivable> {
        self.check_redrive(input.as_ref())?;
        let unfinished = self.unfinished.take().ok_or(NotRedrivable::NothingToRedrive)?;
        let mut step = Step::new(machine, self, moment);
        step.redrive(&unfinished, input);
        Ok(step.finish())
    }

    /// What the execution waits for, as commands to be given again after a restart: the tasks to run
    /// and the timers to set. The ids are those given before, so that an answer to a command of before
    /// the restart is as good as one to these.
    #[must_use]
    pub fn pending(&self, machine: &StateMachine) -> Vec<Command> {
        let mut commands = Vec::new();
        for thread in self.threads.values() {
            if let Activity::Task(running) = &thread.activity {
                commands.push(Command::RunTask(task::request(machine, thread, running)));
            }
            commands.extend(thread.activity.timers().map(Timer::command));
        }
        commands.extend(self.deadline.iter().map(Timer::command));
        commands
    }

    /// Where the execution stands.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// What the execution was started with.
    #[must_use]
    pub fn started_with(&self) -> &Start {
        &self.start
    }

    /// How many events its history has.
    #[must_use]
    pub fn history_length(&self) -> u64 {
        self.last_event
    }

    /// How often it was redriven.
    #[must_use]
    pub fn redrive_count(&self) -> u64 {
        self.redrives
    }

    /// The names of the states that are being executed, those of branches and iterations included.
    pub fn current_states(&self) -> impl Iterator<Item = &str> {
        self.threads.values().map(|thread| &*thread.state)
    }
}
