//! Time and identifiers, from the outermost layer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use order::OrderId;
use ports::{Clock, Ids};
use uuid::Uuid;

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// UUIDv7 for orders, ARNs by the state machines' own.
#[derive(Debug, Clone)]
pub struct SystemIds {
    state_machines: BTreeMap<String, String>,
}

impl SystemIds {
    /// Identifiers where these are the state machines' ARNs, by workflow.
    pub fn new(state_machines: BTreeMap<String, String>) -> Self {
        Self { state_machines }
    }
}

impl Ids for SystemIds {
    fn order_id(&self) -> OrderId {
        OrderId::from(Uuid::now_v7())
    }

    /// Of a workflow that has no state machine here the ARN names no account: nothing answers to it.
    fn execution_arn(&self, workflow: &str, name: &str) -> String {
        match self.state_machines.get(workflow) {
            Some(state_machine) => execution_arn(state_machine, name),
            None => format!("arn:aws:states:::execution:{workflow}:{name}"),
        }
    }
}

/// The ARN of the execution of that name of a state machine.
pub(crate) fn execution_arn(state_machine_arn: &str, name: &str) -> String {
    format!("{}:{name}", state_machine_arn.replacen(":stateMachine:", ":execution:", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_s_arn_follows_from_its_state_machine_s() {
        let arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:shop-checkout".to_owned();
        let ids = SystemIds::new(BTreeMap::from([("checkout".to_owned(), arn)]));
        let expected = "arn:aws:states:eu-central-1:123456789012:execution:shop-checkout:O-1";
        assert_eq!(ids.execution_arn("checkout", "O-1"), expected);
        assert_eq!(ids.execution_arn("none", "O-1"), "arn:aws:states:::execution:none:O-1");
        assert!(ids.order_id() < ids.order_id());
    }
}
