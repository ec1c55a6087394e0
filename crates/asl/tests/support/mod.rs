//! Drives the pure machine through a whole execution, in simulated time.

use asl::{
    Command, Event, Execution, HistoryEvent, Moment, NotRedrivable, Start, StateMachine, TaskRequest, Transition,
};
use jiff::Timestamp;
use serde_json::Value;

/// What a worker answers.
pub enum Answer {
    Succeed(Value),
    Fail(String, String),
    /// Nothing, ever: the task's timers have to end it.
    Never,
}

/// One execution with its surroundings: time, timers that are set, tasks that are asked for.
pub struct Simulation<'a> {
    machine: &'a StateMachine,
    pub execution: Execution,
    pub now: Timestamp,
    pub history: Vec<HistoryEvent>,
    /// The tasks that were asked for, in order.
    pub requests: Vec<TaskRequest>,
    /// The tasks that are asked for and neither answered nor cancelled.
    pub open: Vec<TaskRequest>,
    /// The timers that are set and have neither fired nor been cancelled.
    pub timers: Vec<(Timestamp, asl::TimerId)>,
    random: u64,
}

pub fn start_of(input: Value) -> Start {
    Start {
        input,
        execution_arn: "arn:aws:states:eu-west-1:123456789012:execution:machine:run".to_owned(),
        execution_name: "run".to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/any".to_owned(),
        state_machine_arn: "arn:aws:states:eu-west-1:123456789012:stateMachine:machine".to_owned(),
        state_machine_name: "machine".to_owned(),
        start_time: epoch(),
    }
}

pub fn epoch() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a timestamp")
}

impl<'a> Simulation<'a> {
    pub fn start(machine: &'a StateMachine, start: Start) -> Self {
        let text = start.input.to_string();
        Self::start_from_text(machine, start, &text)
    }

    pub fn start_from_text(machine: &'a StateMachine, start: Start, text: &str) -> Self {
        let now = start.start_time;
        let moment = Moment { now, random: 1 };
        let (execution, transition) = Execution::start_from_text(machine, start, text, moment);
        let mut simulation = Self {
            machine,
            execution,
            now,
            history: Vec::new(),
            requests: Vec::new(),
            open: Vec::new(),
            timers: Vec::new(),
            random: 1,
        };
        simulation.take(transition);
        simulation
    }

    /// Applies an event. A checkpoint written and read again must make no difference, before and after.
    pub fn apply(&mut self, event: Event) {
        let text = serde_json::to_string(&self.execution).expect("an execution is JSON");
        let mut restored: Execution = serde_json::from_str(&text).expect("a checkpoint can be read");
        assert_eq!(restored, self.execution, "a checkpoint is the execution: {text}");
        self.random += 1;
        let moment = Moment { now: self.now, random: self.random };
        let transition = self.execution.apply(self.machine, event.clone(), moment).expect("the event is awaited");
        assert_eq!(restored.apply(self.machine, event, moment).as_ref(), Ok(&transition));
        assert_eq!(restored, self.execution);
        self.take(transition);
    }

    /// Redrives the execution. A checkpoint written and read again must make no difference here either.
    pub fn redrive(&mut self, input: Option<Value>) -> Result<(), NotRedrivable> {
        let text = serde_json::to_string(&self.execution).expect("an execution is JSON");
        let restored: Execution = serde_json::from_str(&text).expect("a checkpoint can be read");
        assert_eq!(restored, self.execution, "a checkpoint is the execution: {text}");
        self.random += 1;
        let moment = Moment { now: self.now, random: self.random };
        let transition = self.execution.redrive(self.machine, input, moment)?;
        self.take(transition);
        Ok(())
    }

    fn take(&mut self, transition: Transition) {
        self.history.extend(transition.history);
        for command in transition.commands {
            match command {
                Command::RunTask(request) => {
                    self.requests.push(request.clone());
                    self.open.push(request);
                }
                Command::SetTimer { timer, at } => self.timers.push((at, timer)),
                Command::CancelTask(task) => self.open.retain(|request| request.task != task),
                Command::CancelTimer(timer) => self.timers.retain(|(_, set)| *set != timer),
            }
        }
        self.timers.sort_unstable();
        let mut pending = self.execution.pending(self.machine);
        let mut awaited: Vec<Command> = self.open.iter().cloned().map(Command::RunTask).collect();
        awaited.extend(self.timers.iter().map(|(at, timer)| Command::SetTimer { timer: *timer, at: *at }));
        let order = |command: &Command| match command {
            Command::RunTask(request) => (0, request.task.0),
            Command::SetTimer { timer, .. } => (1, timer.0),
            Command::CancelTask(task) => (2, task.0),
            Command::CancelTimer(timer) => (3, timer.0),
        };
        pending.sort_unstable_by_key(order);
        awaited.sort_unstable_by_key(order);
        assert_eq!(pending, awaited, "the checkpoint knows all that is waited for, and nothing else");
    }

    /// Fires the timer that is due next, at its time. `false`: none is set.
    pub fn fire_next_timer(&mut self) -> bool {
        if self.timers.is_empty() {
            return false;
        }
        let (at, timer) = self.timers.remove(0);
        self.now = self.now.max(at);
        self.apply(Event::TimerFired { timer });
        true
    }

    /// Runs to the end: `answer` says what becomes of each task, at once.
    pub fn run(&mut self, mut answer: impl FnMut(&TaskRequest) -> Answer) {
        let mut silent = Vec::new();
        while self.execution.status().is_running() {
            let next = self.open.iter().position(|request| !silent.contains(&request.task));
            let Some(next) = next else {
                assert!(self.fire_next_timer(), "nothing is waited for, yet the execution has not ended");
                continue;
            };
            let request = self.open[next].clone();
            let task = request.task;
            let event = match answer(&request) {
                Answer::Succeed(output) => Event::TaskSucceeded { task, output },
                Answer::Fail(error, cause) => Event::TaskFailed { task, error, cause },
                Answer::Never => {
                    silent.push(task);
                    continue;
                }
            };
            self.open.remove(next);
            self.apply(event);
        }
        assert!(self.open.is_empty() && self.timers.is_empty(), "an ended execution waits for nothing");
    }
}
