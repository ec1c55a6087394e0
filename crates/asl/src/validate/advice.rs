//! What is allowed in a definition and seldom meant.

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Severity, code};

/// What is doubtful about a definition that is right: findings of [`Severity::Warning`], in the order of the
/// definition. None for a text that is no JSON.
#[must_use]
pub fn advice(definition: &str) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if let Ok(definition) = serde_json::from_str::<Value>(definition) {
        level(&definition, "", &mut findings);
    }
    findings
}

fn level(machine: &Value, at: &str, findings: &mut Vec<Diagnostic>) {
    for (name, state) in machine["States"].as_object().into_iter().flatten() {
        let at = format!("{at}/States/{}", name.replace('~', "~0").replace('/', "~1"));
        if state["Type"] == "Task" {
            task(name, state, &at, findings);
        }
        for (index, branch) in state["Branches"].as_array().into_iter().flatten().enumerate() {
            level(branch, &format!("{at}/Branches/{index}"), findings);
        }
        for field in ["ItemProcessor", "Iterator"] {
            level(&state[field], &format!("{at}/{field}"), findings);
        }
    }
}

fn task(name: &str, state: &Value, at: &str, findings: &mut Vec<Diagnostic>) {
    let mut warn = |code, message: String| {
        let location = Some(at.to_owned());
        findings.push(Diagnostic { severity: Severity::Warning, code, message, location });
    };
    if state["TimeoutSeconds"].is_null() && state["TimeoutSecondsPath"].is_null() {
        warn(
            code::TASK_WITHOUT_TIMEOUT,
            format!("\"{name}\" has no TimeoutSeconds: a task that never answers holds the execution up for good."),
        );
    }
    if state["Retry"].as_array().is_none_or(Vec::is_empty) {
        warn(code::TASK_WITHOUT_RETRY, format!("\"{name}\" has no Retry: an outage of a moment fails it."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_without_limits_or_retries_are_named_wherever_they_are() {
        let definition = r#"{"StartAt": "P", "States": {
            "P": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "A/B", "States": {
                "A/B": {"Type": "Task", "Resource": "x", "TimeoutSeconds": 5, "End": true}}}]},
            "M": {"Type": "Map", "ItemProcessor": {"States": {
                "T": {"Type": "Task", "Retry": [{"ErrorEquals": ["States.ALL"]}]}}}}}}"#;
        let found: Vec<_> = advice(definition).into_iter().map(|found| (found.code, found.location)).collect();
        assert_eq!(
            found,
            [
                (code::TASK_WITHOUT_RETRY, Some("/States/P/Branches/0/States/A~1B".to_owned())),
                (code::TASK_WITHOUT_TIMEOUT, Some("/States/M/ItemProcessor/States/T".to_owned())),
            ]
        );
        assert_eq!(advice("{"), []);
    }
}
