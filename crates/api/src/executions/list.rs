//! All executions.

use axum::Json;
use axum::extract::State;
use ports::ExecutionFilter;

use crate::access::Operator;
use crate::app::Shared;
use crate::executions::view::ExecutionItem;
use crate::params::Params;
use crate::problem::Problem;
use crate::views::PageView;

/// Executions, the latest started first.
#[utoipa::path(
    get, path = "/executions", tag = "executions", operation_id = "list_executions",
    params(("workflow" = Option<String>, Query, description = "The workflow they are runs of", example = "checkout"),
           ("status" = Option<String>, Query, description = "`RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "A page of executions", body = PageView<ExecutionItem>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(
    State(app): Shared,
    _: Operator,
    mut params: Params,
) -> Result<Json<PageView<ExecutionItem>>, Problem> {
    let filter = ExecutionFilter {
        workflow: crate::orders::list::workflow(&app, &mut params),
        status: params.read("status", "RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED", |text| text.parse().ok()),
    };
    let paging = params.paging();
    params.finish()?;
    let page = app.state.executions.list(&filter, paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, ExecutionItem::from)))
}
