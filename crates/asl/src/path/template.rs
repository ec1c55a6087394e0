//! Payload templates: JSON in which members named `….$` are paths or function calls.

use serde_json::{Map, Value};

use super::{Data, Invalid, Path};
use crate::intrinsic::Call;

/// A compiled payload template (`Parameters`, `ResultSelector`, `ItemSelector`).
#[derive(Debug, Clone)]
pub(crate) enum Template {
    /// Nothing in it is computed.
    Literal(Value),
    Object(Vec<(String, Template)>),
    Array(Vec<Template>),
    Computed {
        /// The member's name as written, with its `.$`: errors name it.
        field: String,
        expression: Expression,
    },
}

/// A path or a function call.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Path(Path),
    Call(Call),
}

/// Why a template has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplateError {
    /// The data does not have what the template asks for: `States.Runtime`.
    Runtime(String),
    /// A function cannot work with its arguments: `States.IntrinsicFailure`.
    Intrinsic(String),
}

impl Expression {
    /// Compiles a text.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        if text.starts_with('$') { Path::parse(text).map(Self::Path) } else { Call::parse(text).map(Self::Call) }
    }

    /// The value, for the field that asks for it.
    pub(crate) fn evaluate(&self, field: &str, data: &Data<'_>) -> Result<Value, TemplateError> {
        let path = match self {
            Self::Call(call) => return call.evaluate(data),
            Self::Path(path) => path,
        };
        if data.input.is_null() && !path.is_of_context() {
            return Err(TemplateError::Runtime(
                "Unable to apply Path transformation to null or empty input.".to_owned(),
            ));
        }
        match path.resolve(data) {
            Ok(value) => Ok(value.into_owned()),
            Err(_) => Err(TemplateError::Runtime(format!(
                "The JSONPath '{}' specified for the field '{field}' could not be found in the input '{}'",
                path.text(),
                data.input
            ))),
        }
    }
}

impl Template {
    /// Compiles a template. Each member that cannot be compiled is reported with its name, and with what
    /// is wrong with its text if it has one.
    pub(crate) fn parse(value: &Value, report: &mut impl FnMut(&str, Option<Invalid>)) -> Self {
        match value {
            Value::Object(members) => {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, value)| match name.strip_suffix(".$") {
                        None => (name.clone(), Self::parse(value, report)),
                        Some(plain) => match value.as_str().map(Expression::parse) {
                            Some(Ok(expression)) => {
                                let field = name.clone();
                                (plain.to_owned(), Self::Computed { field, expression })
                            }
                            bad => {
                                report(name, bad.and_then(Result::err));
                                (plain.to_owned(), Self::Literal(Value::Null))
                            }
                        },
                    })
                    .collect();
                if members.iter().all(|(_, member)| matches!(member, Self::Literal(_))) {
                    return Self::Literal(value.clone());
                }
                Self::Object(members)
            }
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| Self::parse(item, report)).collect();
                if items.iter().all(|item| matches!(item, Self::Literal(_))) {
                    return Self::Literal(value.clone());
                }
                Self::Array(items)
            }
            plain => Self::Literal(plain.clone()),
        }
    }

    /// The JSON that the template stands for.
    pub(crate) fn evaluate(&self, data: &Data<'_>) -> Result<Value, TemplateError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Object(members) => {
                let mut object = Map::with_capacity(members.len());
                for (name, member) in members {
                    object.insert(name.clone(), member.evaluate(data)?);
                }
                Ok(Value::Object(object))
            }
            Self::Array(items) => {
                items.iter().map(|item| item.evaluate(data)).collect::<Result<_, _>>().map(Value::Array)
            }
            Self::Computed { field, expression } => expression.evaluate(field, data),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::context::Context;
    use crate::random::Random;

    fn evaluate(template: &Value, input: &Value) -> Result<Value, TemplateError> {
        let mut bad = Vec::new();
        let template = Template::parse(template, &mut |name, _| bad.push(name.to_owned()));
        assert_eq!(bad, Vec::<String>::new());
        template.evaluate(&Data {
            input,
            context: &Context::fixed(json!({"Execution": {"Name": "run"}})),
            random: &Random::new(1),
        })
    }

    #[test]
    fn computed_members_lose_their_suffix_and_keep_their_place() {
        let template = json!({
            "first.$": "$.a",
            "plain": {"list": [1, {"deep.$": "$$.Execution.Name"}]},
            "call.$": "States.Format('{}!', $.a)",
            "not computed": "$.a"
        });
        let output = evaluate(&template, &json!({"a": "x"})).expect("a value");
        assert_eq!(
            output.to_string(),
            r#"{"first":"x","plain":{"list":[1,{"deep":"run"}]},"call":"x!","not computed":"$.a"}"#
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            evaluate(&json!({"v.$": "$.none"}), &json!({"a": 1})),
            Err(TemplateError::Runtime(
                "The JSONPath '$.none' specified for the field 'v.$' could not be found in the input '{\"a\":1}'"
                    .to_owned()
            ))
        );
        assert_eq!(
            evaluate(&json!({"v.$": "$"}), &Value::Null),
            Err(TemplateError::Runtime("Unable to apply Path transformation to null or empty input.".to_owned()))
        );
    }

    #[test]
    fn bad_expressions_are_reported_by_name() {
        let mut bad = Vec::new();
        let template = json!({"a.$": "text", "b": [{"c.$": 1}], "d.$": "States.None()", "e.$": "$.ok"});
        Template::parse(&template, &mut |name, _| bad.push(name.to_owned()));
        assert_eq!(bad, ["a.$", "c.$", "d.$"]);
    }
}
