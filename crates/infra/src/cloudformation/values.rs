//! CloudFormation's intrinsic functions, as JSON.

use serde_json::{Value, json};

/// `Ref`
pub(super) fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

/// `Fn::GetAtt`
pub(super) fn attribute(id: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [id, name] })
}

/// Text with `${…}` in it, which is `Fn::Sub`; any other text as it is.
pub(super) fn text(text: impl Into<String>) -> Value {
    let text = text.into();
    if text.contains("${") { json!({ "Fn::Sub": text }) } else { Value::String(text) }
}

/// `Fn::If`
pub(super) fn choose(condition: &str, then: Value, otherwise: Value) -> Value {
    json!({ "Fn::If": [condition, then, otherwise] })
}

/// A value that is only there under a condition.
pub(super) fn when(condition: &str, value: Value) -> Value {
    choose(condition, value, nothing())
}

/// A property that is not there.
pub(super) fn nothing() -> Value {
    reference("AWS::NoValue")
}

/// `Fn::Equals` with a parameter.
pub(super) fn parameter_is(parameter: &str, value: &str) -> Value {
    json!({ "Fn::Equals": [reference(parameter), value] })
}

/// Whether a parameter has a value.
pub(super) fn is_given(parameter: &str) -> Value {
    json!({ "Fn::Not": [parameter_is(parameter, "")] })
}

/// What the shared stack exports under this name.
pub(super) fn import(name: &str) -> Value {
    json!({ "Fn::ImportValue": text(format!("${{Name}}-{name}")) })
}

/// The ARN of something in this account and region: `resource` may hold `${…}`.
pub(super) fn arn(service: &str, resource: &str) -> Value {
    text(arn_text(service, resource))
}

/// The same, for use within other text.
pub(super) fn arn_text(service: &str, resource: &str) -> String {
    format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")
}

/// A value of `triggers.json`: its placeholders `${Name}` become the template's parameters.
pub(super) fn triggers_value(value: &Value) -> Value {
    match value {
        Value::String(string) => {
            let whole = string.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            match whole {
                Some(name) if !name.contains("${") => reference(name),
                _ => text(string.as_str()),
            }
        }
        other => other.clone(),
    }
}

/// The parameter that a value of `triggers.json` is, when it is one and nothing else.
pub(super) fn parameter_of(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix("${")?.strip_suffix('}').filter(|name| !name.contains("${"))
}

/// A JSON text, as some properties want it.
pub(super) fn json_text(value: &Value) -> Value {
    Value::String(value.to_string())
}
