//! The context object, `$$`.

use std::cell::OnceCell;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::protocol::Start;
use crate::timestamp;

/// The context object of one state. It is built when a path asks for it, which most states never do.
pub(crate) struct Context<'a> {
    parts: Option<Parts<'a>>,
    value: OnceCell<Value>,
    /// The same without what is large: the input and the item.
    small: OnceCell<Value>,
}

/// What the context object tells.
pub(crate) struct Parts<'a> {
    pub(crate) start: &'a Start,
    /// How often the execution was redriven, and when last.
    pub(crate) redrives: (u64, Option<Timestamp>),
    pub(crate) state: &'a str,
    pub(crate) entered: Timestamp,
    /// For states that can be retried.
    pub(crate) retry_count: Option<u32>,
    /// The item of the innermost Map iteration around the state, and its index.
    pub(crate) item: Option<(usize, &'a Value)>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(parts: Parts<'a>) -> Self {
        Self { parts: Some(parts), value: OnceCell::new(), small: OnceCell::new() }
    }

    /// The context object with this value.
    #[cfg(test)]
    pub(crate) fn fixed(value: Value) -> Self {
        Self { parts: None, value: OnceCell::from(value), small: OnceCell::new() }
    }

    pub(crate) fn value(&self) -> &Value {
        self.value.get_or_init(|| self.parts.as_ref().map_or(Value::Null, |parts| parts.build(true)))
    }

    /// A value within the context object that can be had without building it, and how many of `names`
    /// lead to it.
    pub(crate) fn shortcut(&self, names: [Option<&str>; 3]) -> Option<(&Value, usize)> {
        let parts = self.parts.as_ref()?;
        match names {
            [Some("Execution"), Some("Input"), _] => Some((&parts.start.input, 2)),
            [Some("Map"), Some("Item"), Some("Value")] => parts.item.map(|(_, item)| (item, 3)),
            [Some("Execution" | "State" | "StateMachine"), Some(_), _] | [Some("Map"), Some("Item"), Some(_)] => {
                Some((self.small.get_or_init(|| parts.build(false)), 0))
            }
            _ => None,
        }
    }
}

impl Parts<'_> {
    fn build(&self, with_large: bool) -> Value {
        let start = self.start;
        let mut execution = json!({
            "Id": start.execution_arn,
            "Input": null,
            "StartTime": timestamp::format(start.start_time),
            "Name": start.execution_name,
            "RoleArn": start.role_arn,
        });
        if with_large {
            execution["Input"] = start.input.clone();
        }
        // Express executions cannot be redriven, so AWS does not count it for them.
        if start.execution_arn.split(':').nth(5) != Some("express") {
            let (count, last) = self.redrives;
            execution["RedriveCount"] = count.into();
            if let Some(last) = last {
                execution["RedriveTime"] = timestamp::format(last).into();
            }
        }
        let mut state = json!({
            "EnteredTime": timestamp::format(self.entered),
            "Name": self.state,
        });
        if let Some(count) = self.retry_count {
            state["RetryCount"] = count.into();
        }
        let mut context = Map::new();
        context.insert("Execution".to_owned(), execution);
        if let Some((index, value)) = self.item {
            let map = json!({"Item": {"Index": index, "Value": with_large.then_some(value)}});
            context.insert("Map".to_owned(), map);
        }
        context.insert("State".to_owned(), state);
        let machine = json!({"Id": start.state_machine_arn, "Name": start.state_machine_name});
        context.insert("StateMachine".to_owned(), machine);
        Value::Object(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_told() {
        let start_time: Timestamp = "2026-01-02T03:04:05.678Z".parse().expect("a timestamp");
        let start = Start {
            input: json!({"a": 1}),
            execution_arn: "arn:aws:states:us-east-1:123456789012:execution:m:run".to_owned(),
            execution_name: "run".to_owned(),
            role_arn: "arn:role".to_owned(),
            state_machine_arn: "arn:machine".to_owned(),
            state_machine_name: "m".to_owned(),
            start_time,
        };
        let item = json!("x");
        let context = Context::new(Parts {
            start: &start,
            redrives: (0, None),
            state: "S",
            entered: start_time,
            retry_count: Some(2),
            item: Some((1, &item)),
        });
        assert_eq!(
            *context.value(),
            json!({
                "Execution": {
                    "Id": "arn:aws:states:us-east-1:123456789012:execution:m:run", "Input": {"a": 1}, "Name": "run",
                    "RoleArn": "arn:role", "StartTime": "2026-01-02T03:04:05.678Z", "RedriveCount": 0
                },
                "Map": {"Item": {"Index": 1, "Value": "x"}},
                "State": {"EnteredTime": "2026-01-02T03:04:05.678Z", "Name": "S", "RetryCount": 2},
                "StateMachine": {"Id": "arn:machine", "Name": "m"}
            })
        );
    }
}
