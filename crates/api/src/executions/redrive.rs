//! Going on with an execution that ended without success, and what that would do.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use order::{Invalid, Status};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::executions::deed::{deed, order_of};
use crate::executions::states::{self, StateStatus, StateView};
use crate::executions::view::Execution;
use crate::fields::{self, Fields, LONGEST_LINE};
use crate::problem::{Kind, Problem};
use crate::request::{JsonBody, PathText};
use crate::state::available;

/// How an execution is to go on.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct RedriveRequest {
    /// What the state that failed is given instead of what it had.
    #[schema(example = json!({"order_id": "A-1"}))]
    input: Option<Value>,
    /// Why: kept with what operators did.
    #[schema(example = "the provider is back")]
    reason: Option<String>,
}

/// What a redrive would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RedrivePreview {
    /// The state that would be run again first.
    #[schema(example = "ChargePayment")]
    state: String,
    /// What it would be given.
    input: Value,
    /// What would be run after it, if all goes well, in order.
    #[schema(example = json!(["ConfirmOrder", "Announce"]))]
    next: Vec<String>,
    /// What would happen, in plain words.
    #[schema(example = json!(["runs ChargePayment again: what it has done already is not done twice"]))]
    effects: Vec<String>,
    /// What speaks against it, in plain words.
    #[schema(example = json!(["the order has ended as payment_failed"]))]
    warnings: Vec<String>,
}

/// Goes on with an execution that failed, timed out or was stopped: what did not succeed is run again, with
/// another input for the state that failed if one is given. Steps are idempotent: what one had done before is
/// not done twice.
#[utoipa::path(
    post, path = "/executions/{arn}/redrive", tag = "executions", operation_id = "redrive_execution",
    params(("arn" = String, Path, description = "The execution")),
    request_body = RedriveRequest,
    responses((status = 200, description = "It goes on", body = Execution)),
    security(("operator" = [])),
)]
pub(crate) async fn post(
    State(app): Shared,
    operator: Operator,
    PathText(arn): PathText,
    JsonBody(body): JsonBody,
) -> Result<Json<Execution>, Problem> {
    let (input, reason) = read(body)?;
    let redrives = available(&app.state.console.redrives)?;
    let record = app.state.executions.describe(&arn).await?;
    let deed = deed(&app, "redrive", &record, reason).await?;
    let redriving = async { redrives.redrive(&arn, input).await.map_err(Problem::from) };
    app.on_behalf(&operator, deed, redriving).await?;
    Ok(Json(app.state.executions.describe(&arn).await?.into()))
}

/// What a redrive would do. Nothing is changed.
#[utoipa::path(
    post, path = "/executions/{arn}/redrive/preview", tag = "executions", operation_id = "preview_redrive",
    params(("arn" = String, Path, description = "The execution")),
    request_body = RedriveRequest,
    responses((status = 200, description = "What would happen", body = RedrivePreview)),
    security(("operator" = [])),
)]
pub(crate) async fn preview(
    State(app): Shared,
    _: Operator,
    PathText(arn): PathText,
    JsonBody(body): JsonBody,
) -> Result<Json<RedrivePreview>, Problem> {
    let (input, _) = read(body)?;
    available(&app.state.console.redrives)?;
    let record = app.state.executions.describe(&arn).await?;
    let summary = &record.summary;
    if record.output.is_some() || summary.stopped_at.is_none() {
        let detail = format!("the execution is {}", summary.status.as_str().to_lowercase());
        return Err(Problem::new(Kind::NotRedrivable, detail));
    }
    let views = states::of(&app, &summary.workflow, &arn).await?;
    let definition = app.definition(&summary.workflow);
    let again = to_run_again(&views);
    let Some(first) = again.first() else {
        return Err(Problem::new(Kind::NotRedrivable, "the execution ended before it entered a state"));
    };
    let next = after(definition, &first.name);
    let mut warnings = Vec::new();
    if first.kind == "Fail" {
        warnings.push(format!("{} is a Fail state: the execution fails there again at once", first.name));
    }
    if again.len() > 1 {
        let names: Vec<&str> = again.iter().map(|view| view.name.as_str()).collect();
        warnings.push(format!("several states are run again: {}", names.join(", ")));
    }
    if input.is_some() {
        warnings.push(format!("{} is given another input than the one it failed with", first.name));
    }
    if let Some(id) = order_of(&app, &record).await? {
        let order = app.order(&id).await?;
        if order.status.is_refusal() || matches!(order.status, Status::Cancelled | Status::Returned) {
            let word = order.status_word();
            warnings.push(format!("order {id} has ended as {word}: a step that would change that is refused"));
        }
    }
    let mut effects = vec![format!("runs {} again: what it has done already is not done twice", first.name)];
    effects.extend(again[1..].iter().map(|view| format!("runs {} again", view.name)));
    effects.extend(next.iter().filter_map(|name| effect(definition, name)));
    Ok(Json(RedrivePreview {
        state: first.name.clone(),
        input: input.or_else(|| first.input.clone()).unwrap_or(Value::Null),
        next,
        effects,
        warnings,
    }))
}

fn read(body: Value) -> Result<(Option<Value>, Option<String>), Vec<Invalid>> {
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let input = fields.optional("input", Ok);
    let reason = fields.optional("reason", fields::text(LONGEST_LINE));
    fields.finish()?;
    Ok((input, reason))
}

/// The states a redrive runs again, the one whose failure ended the execution first.
pub(crate) fn to_run_again(views: &[StateView]) -> Vec<&StateView> {
    let unfinished = |view: &&StateView| matches!(view.status, StateStatus::Failed | StateStatus::Aborted);
    let waits = |view: &&StateView| matches!(view.kind.as_str(), "Parallel" | "Map");
    let last = views.iter().filter_map(|view| view.exited_at).max();
    let mut again: Vec<&StateView> = views
        .iter()
        .filter(unfinished)
        // One that was stopped earlier belongs to a failure that was caught, or to a former life.
        .filter(|view| view.exited_at == last)
        .collect();
    if again.iter().any(|view| !waits(view)) {
        again.retain(|view| !waits(view));
    }
    again.sort_by_key(|view| view.status != StateStatus::Failed);
    again
}

/// The states after that one, along the way that is taken when all goes well.
fn after(definition: &Value, name: &str) -> Vec<String> {
    let mut way = Vec::new();
    let mut seen: HashSet<&str> = HashSet::from([name]);
    let mut at = find(definition, name);
    while let Some(state) = at {
        let next = state["Next"].as_str().or_else(|| state["Default"].as_str());
        let Some(next) = next.filter(|next| seen.insert(next)) else { break };
        way.push(next.to_owned());
        at = find(definition, next);
    }
    way
}

/// A state of a definition, wherever it is in it.
fn find<'a>(definition: &'a Value, name: &str) -> Option<&'a Value> {
    let states = definition["States"].as_object()?;
    states.get(name).or_else(|| {
        states.values().find_map(|state| {
            let branches = state["Branches"].as_array().into_iter().flatten();
            branches.chain([&state["ItemProcessor"], &state["Iterator"]]).find_map(|inner| find(inner, name))
        })
    })
}

/// What a state does, in the words of its definition.
fn effect(definition: &Value, name: &str) -> Option<String> {
    let state = find(definition, name)?;
    match (state["Type"].as_str()?, state["Comment"].as_str()) {
        ("Choice" | "Succeed" | "Pass", _) => None,
        (_, Some(comment)) => Some(format!("then {name}: {comment}")),
        _ => Some(format!("then {name}")),
    }
}
