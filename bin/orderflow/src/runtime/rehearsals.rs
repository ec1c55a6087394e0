//! Trying state machines with made-up answers, and what is doubtful about them.

use std::collections::{BTreeMap, HashMap};

use asl::{Answer, Severity, Start, StateMachine, Status};
use engine::Engine;
use jiff::Timestamp;
use ports::{ErrorName, Mock, Rehearsal, Rehearsals, Result, StepError};
use serde_json::Value;

/// What executions in thought are called.
const NAME: &str = "rehearsal";

/// The state machines of an engine, tried without it.
pub struct EngineRehearsals(pub Engine);

impl EngineRehearsals {
    fn definition(&self, workflow: &str) -> Result<engine::StateMachineRecord> {
        let found = self.0.state_machine(workflow).map_err(StepError::unavailable)?;
        found.ok_or_else(|| StepError::new(ErrorName::NotFound, format!("there is no workflow {workflow}")))
    }
}

impl Rehearsals for EngineRehearsals {
    fn run(&self, workflow: &str, input: Value, mocks: &BTreeMap<String, Vec<Mock>>) -> Result<Rehearsal> {
        let record = self.definition(workflow)?;
        // What is in place was accepted when it was put there.
        let machine = StateMachine::parse(&record.definition)
            .map_err(|_| StepError::unavailable("the definition is not one that this version takes"))?;
        let start = Start {
            input,
            execution_arn: record.arn.replacen(":stateMachine:", ":execution:", 1) + ":" + NAME,
            execution_name: NAME.to_owned(),
            role_arn: record.role_arn,
            state_machine_arn: record.arn,
            state_machine_name: record.name,
            start_time: Timestamp::now(),
        };
        let mut asked: HashMap<String, usize> = HashMap::new();
        let (execution, history) = asl::rehearse(&machine, start, fresh_random(), |request| {
            let attempt = asked.entry(request.state.clone()).or_default();
            let answers = mocks.get(&request.state);
            let answer = answers.and_then(|answers| answers.get(*attempt).or(answers.last()));
            *attempt += 1;
            match answer {
                Some(Mock::Result(result)) => Answer::Succeed(result.clone()),
                Some(Mock::Error { error, cause }) => Answer::Fail { error: error.clone(), cause: cause.clone() },
                None => Answer::Succeed(request.input.clone()),
            }
        });
        let (output, error, cause) = match execution.status().clone() {
            Status::Succeeded { output } => (Some(output), None, None),
            Status::Failed { error, cause } | Status::TimedOut { error, cause } | Status::Aborted { error, cause } => {
                (None, error, cause)
            }
            Status::Running => (None, None, None),
        };
        let history = history.iter().map(|event| serde_json::to_value(event).unwrap_or(Value::Null));
        Ok(Rehearsal { status: execution.status().name(), output, error, cause, history: history.collect() })
    }

    fn problems(&self, workflow: &str) -> Result<Vec<Value>> {
        let record = self.definition(workflow)?;
        let mut findings = StateMachine::parse(&record.definition).err().unwrap_or_default();
        findings.retain(|finding| finding.severity == Severity::Error);
        findings.extend(asl::advice(&record.definition));
        Ok(findings.iter().map(|finding| serde_json::to_value(finding).unwrap_or(Value::Null)).collect())
    }
}

/// Chance for `States.UUID` and the like: fresh for every rehearsal.
fn fresh_random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(NAME)
}
