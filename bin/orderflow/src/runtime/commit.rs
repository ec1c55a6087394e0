//! Changes on their way into the database: applied in one transaction, with the executions they start.

use std::sync::{Arc, OnceLock, Weak};

use engine::{EffectError, Engine, PreparedStart, StartError, StartRequest, TaskError};
use local::{ApplyError, Applying, Signals, StartExecution, Wakeups, Wiring};
use parking_lot::Mutex;
use ports::{Change, Execution, Result, StepError, Writer};
use rusqlite::Connection;
use store::{Store, WriteError};

/// What every transaction of changes needs. One for the whole program.
pub struct Home {
    pub store: Store,
    pub wiring: Arc<Wiring>,
    pub signals: Arc<Signals>,
    /// Set once, right after the engine is opened: the engine's handler needs this first.
    engine: OnceLock<Engine>,
}

impl Home {
    pub fn new(store: Store, wiring: Arc<Wiring>) -> Arc<Home> {
        Arc::new(Home { store, wiring, signals: Arc::default(), engine: OnceLock::new() })
    }

    pub fn set_engine(&self, engine: Engine) {
        assert!(self.engine.set(engine).is_ok(), "the engine is set once");
    }

    pub fn engine(&self) -> &Engine {
        self.engine.get().expect("nothing runs before the engine is set")
    }

    /// Applies changes in one transaction of their own, together with `more`: a cursor that moves on, a
    /// message that is taken off its queue.
    ///
    /// The work goes on when the caller gives up half-way: what was committed is always launched.
    pub async fn commit(
        self: &Arc<Self>,
        changes: Vec<Change>,
        more: impl FnOnce(&Connection) -> Result<(), ApplyError> + Send + 'static,
    ) -> Result<()> {
        let mut batch = Batch::new(self, changes)?;
        let home = self.clone();
        let work = async move {
            let committed = home
                .store
                .write(move |transaction| {
                    batch.apply(transaction)?;
                    more(transaction)?;
                    Ok::<_, ApplyError>(batch)
                })
                .await;
            match committed {
                Ok(batch) => {
                    batch.launch();
                    Ok(())
                }
                Err(WriteError::Refused(error)) => Err(error.into()),
                Err(error) => Err(StepError::unavailable(error)),
            }
        };
        match tokio::spawn(work).await {
            Ok(outcome) => outcome,
            Err(error) => Err(StepError::unavailable(error)),
        }
    }
}

#[async_trait::async_trait]
impl Writer for Committer {
    async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        self.0.commit(changes, |_| Ok(())).await
    }
}

/// Commits on behalf of operators and imports.
pub struct Committer(pub Arc<Home>);

/// The changes of one step, with the executions they start.
pub struct Batch {
    home: Weak<Home>,
    changes: Vec<Change>,
    starts: Starts,
    wakeups: Wakeups,
}

impl Batch {
    /// Readies everything that needs no transaction: executions take their first transition here, not on
    /// the writer thread.
    pub fn new(home: &Arc<Home>, changes: Vec<Change>) -> Result<Batch> {
        let mut prepared = Vec::new();
        for change in &changes {
            if let Change::StartExecution(execution) = change {
                prepared.push((execution.name.clone(), prepare(home.engine(), execution)?));
            }
        }
        let starts = Starts { prepared: Mutex::new(prepared) };
        Ok(Batch { home: Arc::downgrade(home), changes, starts, wakeups: Wakeups::NONE })
    }

    /// Applies all of it; may be called again when the transaction was rolled back.
    pub fn apply(&mut self, transaction: &Connection) -> Result<(), ApplyError> {
        let home = self.home.upgrade().ok_or_else(|| StepError::unavailable("the server is stopping"))?;
        let applying = Applying { wiring: &home.wiring, starter: &self.starts };
        self.wakeups = local::changes::apply_all(transaction, &self.changes, applying)?;
        Ok(())
    }

    /// After the commit: executions begin, whoever has work is woken.
    pub fn launch(self) {
        let Some(home) = self.home.upgrade() else { return };
        for (_, prepared) in self.starts.prepared.into_inner() {
            home.engine().launch(prepared);
        }
        home.signals.wake(self.wakeups);
    }
}

impl engine::Effect for Batch {
    fn apply(&mut self, transaction: &Connection) -> Result<(), EffectError> {
        Batch::apply(self, transaction).map_err(|error| match error {
            ApplyError::Refused(refusal) => EffectError::Refused(task_error(&refusal)),
            ApplyError::Storage(error) => EffectError::Storage(error),
        })
    }

    fn committed(self: Box<Self>) {
        self.launch();
    }
}

/// How a state machine sees a failed step.
pub fn task_error(error: &StepError) -> TaskError {
    TaskError::new(error.name.as_str(), steps::failure_cause(error))
}

/// Executions that are inserted when their change is applied.
struct Starts {
    prepared: Mutex<Vec<(String, PreparedStart)>>,
}

impl StartExecution for Starts {
    fn start(&self, transaction: &Connection, execution: &Execution) -> Result<(), ApplyError> {
        let mut prepared = self.prepared.lock();
        let Some((_, start)) = prepared.iter_mut().find(|(name, _)| *name == execution.name) else {
            return Err(StepError::unavailable("an execution was not made ready").into());
        };
        match start.insert(transaction) {
            // The name is the execution's identity: one that is there, running or ended, is this one.
            Ok(_) | Err(StartError::ExecutionAlreadyExists { .. }) => Ok(()),
            Err(error) => Err(StepError::unavailable(error).into()),
        }
    }
}

fn prepare(engine: &Engine, execution: &Execution) -> Result<PreparedStart> {
    let request = StartRequest {
        state_machine_name: execution.state_machine.clone(),
        name: Some(execution.name.clone()),
        input: execution.input.clone(),
    };
    engine.prepare_start(request).map_err(StepError::unavailable)
}
