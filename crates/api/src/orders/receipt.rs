//! An order's receipt.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use order::{Order, OrderId};

use crate::access::Credentials;
use crate::app::{App, Shared};
use crate::params::Params;
use crate::problem::{Kind, Problem};
use crate::request::PathText;
use crate::state::LinkVerdict;

/// The receipt as a PDF, for who has the order's access token, the operator's key, or a signed link
/// that has not expired.
#[utoipa::path(
    get, path = "/orders/{id}/receipt", tag = "orders", operation_id = "get_receipt",
    params(("id" = String, Path, description = "The order's id"),
           ("token" = Option<String>, Query, description = "The order's access token"),
           ("expires" = Option<String>, Query, description = "Of a signed link: until when it is good"),
           ("signature" = Option<String>, Query, description = "Of a signed link: its signature")),
    responses((status = 200, description = "The receipt", body = Vec<u8>, content_type = "application/pdf"),
              (status = 303, description = "Of a signed link: where the receipt is, for some minutes")),
    security((), ("operator" = []), ("access_token" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    PathText(id): PathText,
    credentials: Credentials,
    mut params: Params,
) -> Result<Response, Problem> {
    let token = params.text("token");
    let link = (params.text("expires"), params.text("signature"));
    params.finish()?;
    let id = match link {
        (Some(expires), Some(signature)) => {
            let id = follow(&app, &id, &expires, &signature)?;
            if let Some(direct) = direct_link(&app, &id).await? {
                return Ok(Redirect::to(&direct).into_response());
            }
            id
        }
        (Some(_), None) => return Err(Problem::field("signature", "the link's signature beside `expires`")),
        (None, Some(_)) => return Err(Problem::field("expires", "the link's expiry beside `signature`")),
        (None, None) => credentials.require_order_access(&app.state.keys, token.as_deref(), &id)?.0,
    };
    let order = app.order(&id).await?;
    let document = document(&app, &order).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"receipt-{id}.pdf\"")),
        (header::CACHE_CONTROL, "private, max-age=60".to_owned()),
    ];
    Ok((headers, document).into_response())
}

/// Follows a signed link to its order.
fn follow(app: &App, id: &str, expires: &str, signature: &str) -> Result<OrderId, Problem> {
    let id = OrderId::parse(id).map_err(|_| Problem::order_not_found())?;
    match app.state.receipts.verify_link(&id, expires, signature, app.state.ports.clock.now()) {
        LinkVerdict::Valid => Ok(id),
        LinkVerdict::Expired => {
            let detail = "this link has expired; the order's page and its confirmation have a fresh one";
            Err(Problem::new(Kind::LinkExpired, detail))
        }
        LinkVerdict::Forged => Err(Problem::order_not_found()),
    }
}

/// Where the object store itself gives the receipt to a browser that followed a signed link. Who shows a
/// token or a key instead is a program, which may not be sent to another host with it.
async fn direct_link(app: &App, id: &OrderId) -> Result<Option<String>, Problem> {
    let order = app.order(id).await?;
    match &order.receipt {
        Some(receipt) => Ok(app.state.ports.receipts.direct_link(&receipt.object_key).await?),
        None => Ok(None),
    }
}

async fn document(app: &App, order: &Order) -> Result<Bytes, Problem> {
    let Some(receipt) = &order.receipt else {
        return Err(Problem::not_found(format_args!("receipt of this order: it is {}", order.status_word())));
    };
    let receipts = &app.state.ports.receipts;
    if let Some(document) = receipts.get(&receipt.object_key).await? {
        return Ok(document);
    }
    // The document follows from the order, so one that is lost is made again.
    let document = app.state.receipts.render(order);
    let document = document.ok_or_else(|| Problem::not_found("receipt of this order: it has no prices"))?;
    tracing::warn!(order_id = %order.id(), object_key = receipt.object_key, "a lost receipt was made again");
    receipts.put(&receipt.object_key, document.clone()).await?;
    Ok(document)
}
