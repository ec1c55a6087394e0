//! The rules that states carry: conditions of Choice states, `Retry` and `Catch`.

use serde_json::Value;

use super::Body;
use super::fields::{Fields, expected, no_reference_path};
use super::parse::{Builder, Level, MAX_SECONDS};
use crate::choice::{Comparison, Condition};
use crate::diagnostic::Diagnostic;
use crate::error;
use crate::retry::{Catcher, Handlers, Retrier};

impl Builder {
    pub(super) fn choice(&mut self, fields: Fields<'_>, level: &Level<'_>) -> Body {
        self.allow(fields, &["InputPath", "OutputPath", "Choices", "Default"]);
        fields.require(&["Choices"], &mut self.findings);
        let mut rules = Vec::new();
        for (index, rule) in fields.filled_array("Choices", &mut self.findings).iter().enumerate() {
            let location = format!("{}[{index}]", fields.at("Choices"));
            let Some(rule) = Fields::of(rule, &location, &mut self.findings) else {
                continue;
            };
            rule.require(&["Next"], &mut self.findings);
            let next = self.transition(rule, "Next", level);
            if let (Some(condition), Some(next)) = (self.condition(rule, true), next) {
                rules.push((condition, next));
            }
        }
        let default = self.transition(fields, "Default", level);
        Body::Choice { flow: self.flow(fields), rules, default }
    }

    /// A condition. Only the outermost (`is_rule`) says where it leads.
    fn condition(&mut self, fields: Fields<'_>, is_rule: bool) -> Option<Condition> {
        let mut operators = Vec::new();
        for (name, operand) in fields.object {
            match name.as_str() {
                "Variable" | "Comment" => {}
                "Next" if is_rule => {}
                "Assign" if is_rule => {
                    self.findings.push(Diagnostic::not_supported_yet(fields.at(name), "Field 'Assign'"))
                }
                "And" | "Or" | "Not" => operators.push((name.as_str(), None)),
                _ => match Comparison::parse(name, operand) {
                    Some(comparison) => operators.push((name.as_str(), Some(comparison))),
                    None => {
                        let message = format!("Field '{name}' is not supported");
                        self.findings.push(Diagnostic::schema(fields.here(), message));
                    }
                },
            }
        }
        if operators.len() != 1 {
            let message = "A Choice Rule must have exactly one comparison operator, And, Or or Not";
            self.findings.push(Diagnostic::schema(fields.here(), message));
            return None;
        }
        match operators.pop()? {
            ("Not", _) => {
                let location = fields.at("Not");
                let inner = Fields::of(fields.get("Not")?, &location, &mut self.findings)?;
                Some(Condition::Not(Box::new(self.condition(inner, false)?)))
            }
            (name, None) => {
                let items = fields.filled_array(name, &mut self.findings);
                let mut conditions = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let location = format!("{}[{index}]", fields.at(name));
                    if let Some(item) = Fields::of(item, &location, &mut self.findings) {
                        conditions.extend(self.condition(item, false));
                    }
                }
                Some(if name == "And" { Condition::And(conditions) } else { Condition::Or(conditions) })
            }
            (name, Some(comparison)) => {
                fields.require(&["Variable"], &mut self.findings);
                let comparison = comparison.map_err(|kind| {
                    let location = fields.at(name);
                    self.findings.push(match kind {
                        "Timestamp" => Diagnostic::schema(location, "String does not match RFC3339 timestamp"),
                        "Reference Path" => no_reference_path(&location, "Reference path must name exactly one place"),
                        _ => expected(kind, &location),
                    });
                });
                let variable = fields.definite_path("Variable", &mut self.findings)?;
                Some(Condition::Compare { variable, comparison: comparison.ok()? })
            }
        }
    }

    pub(super) fn handlers(&mut self, fields: Fields<'_>, level: &Level<'_>) -> Handlers {
        let mut handlers = Handlers::default();
        let retriers = fields.array("Retry", &mut self.findings).unwrap_or_default();
        for (index, retrier) in retriers.iter().enumerate() {
            let location = format!("{}[{index}]", fields.at("Retry"));
            if let Some(retrier) = Fields::of(retrier, &location, &mut self.findings) {
                let is_last = index + 1 == retriers.len();
                handlers.retriers.push(self.retrier(retrier, is_last));
            }
        }
        let catchers = fields.array("Catch", &mut self.findings).unwrap_or_default();
        for (index, catcher) in catchers.iter().enumerate() {
            let location = format!("{}[{index}]", fields.at("Catch"));
            if let Some(catcher) = Fields::of(catcher, &location, &mut self.findings) {
                let known = ["ErrorEquals", "Next", "ResultPath", "Comment"];
                catcher.allow(&known, &["Assign"], &mut self.findings);
                catcher.require(&["ErrorEquals", "Next"], &mut self.findings);
                let errors = self.error_equals(catcher, index + 1 == catchers.len());
                let result = self.result_path(catcher);
                if let Some(next) = self.transition(catcher, "Next", level) {
                    handlers.catchers.push(Catcher { errors, result, next });
                }
            }
        }
        handlers
    }

    fn retrier(&mut self, fields: Fields<'_>, is_last: bool) -> Retrier {
        let known = [
            "ErrorEquals",
            "IntervalSeconds",
            "MaxAttempts",
            "BackoffRate",
            "MaxDelaySeconds",
            "JitterStrategy",
            "Comment",
        ];
        fields.allow(&known, &[], &mut self.findings);
        fields.require(&["ErrorEquals"], &mut self.findings);
        let errors = self.error_equals(fields, is_last);
        let findings = &mut self.findings;
        let max_attempts = fields.integer("MaxAttempts", 0, MAX_SECONDS, findings).unwrap_or(3);
        let jitter = fields.string("JitterStrategy", findings);
        if !matches!(jitter, None | Some("FULL" | "NONE")) {
            let message = "Value must be one of [FULL, NONE]";
            findings.push(Diagnostic::schema(fields.at("JitterStrategy"), message));
        }
        Retrier {
            errors,
            interval_seconds: fields.integer("IntervalSeconds", 1, MAX_SECONDS, findings).unwrap_or(1),
            max_attempts: u32::try_from(max_attempts).unwrap_or(u32::MAX),
            backoff_rate: fields.float("BackoffRate", 1.0..=f64::INFINITY, findings).unwrap_or(2.0),
            max_delay_seconds: fields.integer("MaxDelaySeconds", 1, 31_622_400, findings),
            full_jitter: jitter == Some("FULL"),
        }
    }

    fn error_equals(&mut self, fields: Fields<'_>, is_last: bool) -> Vec<String> {
        let mut errors = Vec::new();
        let names = fields.filled_array("ErrorEquals", &mut self.findings);
        for (index, name) in names.iter().enumerate() {
            match name {
                Value::String(name) => errors.push(name.clone()),
                _ => {
                    let location = format!("{}[{index}]", fields.at("ErrorEquals"));
                    self.findings.push(expected("String", &location));
                }
            }
        }
        if errors.iter().any(|name| name == error::ALL) && (errors.len() > 1 || !is_last) {
            let message = "States.ALL must stand alone and in the last element";
            self.findings.push(Diagnostic::schema(fields.at("ErrorEquals"), message));
        }
        errors
    }
}
