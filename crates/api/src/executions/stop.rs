//! Stopping an execution.

use axum::Json;
use axum::extract::State;
use order::Invalid;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::executions::deed::deed;
use crate::executions::view::Execution;
use crate::fields::{self, Fields, LONGEST_LINE};
use crate::problem::Problem;
use crate::request::{JsonBody, PathText};

/// What is recorded with the stop.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct StopRequest {
    /// An error name.
    #[schema(example = "Operator")]
    error: Option<String>,
    /// Why.
    #[schema(example = "stuck since the provider's outage")]
    cause: Option<String>,
}

/// Stops an execution where it is. One that has ended stays as it ended. The order stays as it is, too:
/// what was held or charged for it is not given back by this.
#[utoipa::path(
    post, path = "/executions/{arn}/stop", tag = "executions", operation_id = "stop_execution",
    params(("arn" = String, Path, description = "The execution")),
    request_body = StopRequest,
    responses((status = 200, description = "It has stopped, or had before", body = Execution)),
    security(("operator" = [])),
)]
pub(crate) async fn post(
    State(app): Shared,
    operator: Operator,
    PathText(arn): PathText,
    JsonBody(body): JsonBody,
) -> Result<Json<Execution>, Problem> {
    let (error, cause) = read(body)?;
    let record = app.state.executions.describe(&arn).await?;
    let deed = deed(&app, "stop_execution", &record, cause.clone()).await?;
    let stopping = async { Ok(app.state.executions.stop(&arn, error, cause).await?) };
    app.on_behalf(&operator, deed, stopping).await?;
    Ok(Json(app.state.executions.describe(&arn).await?.into()))
}

fn read(body: Value) -> Result<(Option<String>, Option<String>), Vec<Invalid>> {
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let error = fields.optional("error", fields::text(LONGEST_LINE));
    let cause = fields.optional("cause", fields::text(LONGEST_LINE));
    fields.finish()?;
    Ok((error, cause))
}
