//! Whether the server is alive, and whether it can serve.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::problem::{Kind, Problem};

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

const OK: Health = Health { status: "ok" };

/// Whether the process is alive. Needs no key.
#[utoipa::path(
    get, path = "/healthz", tag = "administration", operation_id = "healthz",
    responses((status = 200, description = "It is", body = Health)),
    security(()),
)]
pub(crate) async fn healthz() -> Json<Health> {
    Json(OK)
}

/// Whether requests can be served: all executions are recovered and a write goes through. Needs no key.
#[utoipa::path(
    get, path = "/readyz", tag = "administration", operation_id = "readyz",
    responses((status = 200, description = "They can", body = Health)),
    security(()),
)]
pub(crate) async fn readyz(State(app): Shared) -> Result<Json<Health>, Problem> {
    match app.state.readiness.check().await {
        Ok(()) => Ok(Json(OK)),
        Err(missing) => Err(Problem::new(Kind::ServiceUnavailable, missing)),
    }
}
