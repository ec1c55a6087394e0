//! One execution.

use axum::Json;
use axum::extract::State;

use crate::access::Operator;
use crate::app::Shared;
use crate::executions::view::Execution;
use crate::problem::Problem;
use crate::request::PathText;

/// All about an execution but its history.
#[utoipa::path(
    get, path = "/executions/{arn}", tag = "executions", operation_id = "get_execution",
    params(("arn" = String, Path, description = "The execution")),
    responses((status = 200, description = "The execution", body = Execution)),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, _: Operator, PathText(arn): PathText) -> Result<Json<Execution>, Problem> {
    Ok(Json(app.state.executions.describe(&arn).await?.into()))
}
