//! Workflows: what orders can go through.

pub(crate) mod rehearse;

use axum::Json;
use axum::extract::State;

use crate::access::Operator;
use crate::app::Shared;
use crate::problem::Problem;
use crate::request::PathText;
use crate::state::WorkflowView;
use crate::views::ListView;

/// The workflows.
#[utoipa::path(
    get, path = "/workflows", tag = "workflows", operation_id = "list_workflows",
    responses((status = 200, description = "All workflows", body = ListView<WorkflowView>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(State(app): Shared, _: Operator) -> Json<ListView<WorkflowView>> {
    Json(ListView { items: app.state.workflows.clone() })
}

/// One workflow: its definition, what starts it and what follows it.
#[utoipa::path(
    get, path = "/workflows/{name}", tag = "workflows", operation_id = "get_workflow",
    params(("name" = String, Path, description = "The workflow", example = "checkout")),
    responses((status = 200, description = "The workflow", body = WorkflowView)),
    security(("operator" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    _: Operator,
    PathText(name): PathText,
) -> Result<Json<WorkflowView>, Problem> {
    let found = app.state.workflows.iter().find(|workflow| workflow.name == name);
    found.cloned().map(Json).ok_or_else(|| Problem::not_found(format_args!("workflow {name}")))
}
