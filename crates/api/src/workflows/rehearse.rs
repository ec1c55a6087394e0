//! Trying a workflow with made-up answers, and what is doubtful about its definition.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use order::Invalid;
use ports::Mock;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::executions::states::{StateView, states};
use crate::fields::{self, Fields, LONGEST_LINE};
use crate::problem::Problem;
use crate::request::{JsonBody, PathText};
use crate::state::available;
use crate::views::ListView;

/// What a workflow is tried with.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct RehearsalRequest {
    /// The input of the execution.
    #[schema(example = json!({"order_id": "A-1"}))]
    input: Value,
    /// By state: what its task answers, `{"result": …}` or `{"error": "…", "cause": "…"}`; a list answers one
    /// attempt after the other, the last entry all further ones. A task without an answer gives its input.
    #[schema(value_type = Option<BTreeMap<String, Value>>, example = json!({"ChargePayment": {"error": "PaymentDeclined", "cause": "the card was declined"}}))]
    mocks: Option<Value>,
}

/// How the trial went.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RehearsalView {
    /// `SUCCEEDED`, `FAILED` or `TIMED_OUT`.
    #[schema(example = "SUCCEEDED")]
    status: &'static str,
    /// Its output, when it has succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Value>,
    /// The name of the error it ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// The cause of that error.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// Its states, in the order in which they were entered, then those that were not.
    states: Vec<StateView>,
}

/// Something doubtful about a definition.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DefinitionProblem {
    /// `ERROR` or `WARNING`.
    #[schema(example = "WARNING")]
    severity: String,
    /// The kind of finding, in AWS's words.
    #[schema(example = "NOT_SUPPORTED_YET")]
    code: String,
    /// What is doubtful.
    #[schema(example = "the state is not reachable")]
    message: String,
    /// Where, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/States/Pay/Next")]
    location: Option<String>,
}

/// Tries a workflow's state machine with made-up answers to its tasks. Nothing is kept, no step is run, no
/// order is touched; waiting takes no time.
#[utoipa::path(
    post, path = "/workflows/{name}/test", tag = "workflows", operation_id = "test_workflow",
    params(("name" = String, Path, description = "The workflow", example = "checkout")),
    request_body = RehearsalRequest,
    responses((status = 200, description = "How it went", body = RehearsalView)),
    security(("operator" = [])),
)]
pub(crate) async fn test(
    State(app): Shared,
    _: Operator,
    PathText(name): PathText,
    JsonBody(body): JsonBody,
) -> Result<Json<RehearsalView>, Problem> {
    let (input, mocks) = read(body)?;
    let rehearsal = available(&app.state.console.rehearsals)?.run(&name, input, &mocks)?;
    Ok(Json(RehearsalView {
        status: rehearsal.status,
        output: rehearsal.output,
        error: rehearsal.error,
        cause: rehearsal.cause,
        states: states(&rehearsal.history, app.definition(&name)),
    }))
}

/// What is doubtful about a workflow's definition.
#[utoipa::path(
    get, path = "/workflows/{name}/problems", tag = "workflows", operation_id = "workflow_problems",
    params(("name" = String, Path, description = "The workflow", example = "checkout")),
    responses((status = 200, description = "What is doubtful", body = ListView<DefinitionProblem>)),
    security(("operator" = [])),
)]
pub(crate) async fn problems(
    State(app): Shared,
    _: Operator,
    PathText(name): PathText,
) -> Result<Json<ListView<DefinitionProblem>>, Problem> {
    let found = available(&app.state.console.rehearsals)?.problems(&name)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = found.iter().map(|finding| DefinitionProblem {
        severity: text(&finding["severity"]),
        code: text(&finding["code"]),
        message: text(&finding["message"]),
        location: finding["location"].as_str().map(str::to_owned),
    });
    Ok(Json(ListView { items: items.collect() }))
}

type Mocks = BTreeMap<String, Vec<Mock>>;

fn read(body: Value) -> Result<(Value, Mocks), Vec<Invalid>> {
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let input = fields.required("input", "the input of the execution", Ok);
    let mocks = fields.optional("mocks", mocks);
    fields.finish()?;
    Ok((input.expect("without an error the input was read"), mocks.unwrap_or_default()))
}

fn mocks(value: Value) -> Result<Mocks, Vec<Invalid>> {
    let Value::Object(by_state) = value else {
        return Err(vec![Invalid::new("an object of answers by state")]);
    };
    let mut mocks = Mocks::new();
    let mut invalid = Vec::new();
    for (state, value) in by_state {
        let answers = match value {
            Value::Array(answers) if answers.is_empty() => Err(vec![Invalid::new("at least one answer")]),
            Value::Array(answers) => {
                let at = |index: usize| {
                    move |wrong: Vec<Invalid>| -> Vec<Invalid> {
                        wrong.into_iter().map(|wrong| wrong.at(index)).collect()
                    }
                };
                answers.into_iter().enumerate().map(|(index, value)| mock(value).map_err(at(index))).collect()
            }
            value => mock(value).map(|mock| vec![mock]),
        };
        match answers {
            Ok(answers) => {
                mocks.insert(state, answers);
            }
            Err(wrong) => invalid.extend(wrong.into_iter().map(|wrong| wrong.at(&state))),
        }
    }
    if invalid.is_empty() { Ok(mocks) } else { Err(invalid) }
}

fn mock(value: Value) -> Result<Mock, Vec<Invalid>> {
    const EXPECTED: &str = "{\"result\": …} or {\"error\": \"…\", \"cause\": \"…\"}";
    // `null` is a result like any other.
    if let Value::Object(members) = &value
        && members.len() == 1
        && let Some(result) = members.get("result")
    {
        return Ok(Mock::Result(result.clone()));
    }
    let mut fields = Fields::of(value).map_err(|_| vec![Invalid::new(EXPECTED)])?;
    let error = fields.required("error", EXPECTED, fields::text(LONGEST_LINE));
    let cause = fields.optional("cause", fields::text(LONGEST_LINE));
    fields.finish()?;
    let error = error.expect("without an error the name was read");
    Ok(Mock::Error { error, cause: cause.unwrap_or_default() })
}
