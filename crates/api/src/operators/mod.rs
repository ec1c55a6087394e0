//! What operators do, and the record of it.

pub(crate) mod list;

use order::OrderId;
use ports::NewOperatorAction;

use crate::access::Operator;
use crate::app::App;
use crate::problem::{Kind, Problem};

/// The outcome of what was done.
pub(crate) const DONE: &str = "done";

/// Something that is done on an operator's behalf.
pub(crate) struct Deed {
    action: &'static str,
    order_id: Option<OrderId>,
    subject: Option<String>,
    reason: Option<String>,
}

impl Deed {
    pub(crate) fn new(action: &'static str) -> Self {
        Self { action, order_id: None, subject: None, reason: None }
    }

    pub(crate) fn with_order(self, id: &OrderId) -> Self {
        Self { order_id: Some(id.clone()), ..self }
    }

    pub(crate) fn on(self, subject: impl Into<String>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    pub(crate) fn because(self, reason: Option<String>) -> Self {
        Self { reason, ..self }
    }
}

impl App {
    /// Does something on an operator's behalf. Where the home keeps a record of that, it is written down
    /// before, and what came of it after: a record that cannot be written is a reason not to do it.
    pub(crate) async fn on_behalf<T>(
        &self,
        operator: &Operator,
        deed: Deed,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let Some(log) = &self.state.console.operator_log else {
            return work.await;
        };
        let action = NewOperatorAction {
            at: self.state.ports.clock.now(),
            actor: operator.actor.clone(),
            action: deed.action,
            order_id: deed.order_id,
            subject: deed.subject,
            reason: deed.reason,
        };
        let entry = log.begin(&action).await?;
        let done = work.await;
        let outcome = match &done {
            Ok(_) => DONE,
            // An outage does not tell whether it was done.
            Err(problem) if problem.kind == Kind::ServiceUnavailable => return done,
            Err(problem) => problem.detail.as_str(),
        };
        if let Err(error) = log.end(entry, outcome).await {
            // The deed stands; its entry says that its end is not known.
            tracing::error!(%error, "the end of an operator's action was not written down");
        }
        done
    }
}
