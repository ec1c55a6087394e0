//! Sending a mail of an order again.

use axum::Json;
use axum::extract::{Path, State};
use order::OrderId;
use ports::{Change, Mail, MailView};

use crate::access::Operator;
use crate::app::Shared;
use crate::messages::mailbox::MailItem;
use crate::operators::Deed;
use crate::problem::Problem;
use crate::state::available;

/// Sends a mail of an order again, as it was: to the same address, as a new mail. Asked for twice at the
/// same time, it is sent once.
#[utoipa::path(
    post, path = "/orders/{id}/mails/{mail_id}/resend", tag = "orders", operation_id = "resend_mail",
    params(("id" = String, Path, description = "The order's id"),
           ("mail_id" = i64, Path, description = "The mail's number")),
    responses((status = 200, description = "The new mail", body = MailItem)),
    security(("operator" = [])),
)]
pub(crate) async fn post(
    State(app): Shared,
    operator: Operator,
    Path((id, mail_id)): Path<(String, String)>,
) -> Result<Json<MailItem>, Problem> {
    let id = OrderId::parse(id).map_err(|_| Problem::order_not_found())?;
    let trails = available(&app.state.console.trails)?;
    let missing = || Problem::not_found(format_args!("mail {mail_id} of order {id}"));
    let mails = trails.of(&id).await?.mails;
    let mail = mails.iter().find(|mail| mail.id.to_string() == mail_id).ok_or_else(missing)?.mail.clone();
    // The number of mails made of the first one so far: who asks at the same time has seen the same.
    let original = mail.key.split("/again/").next().unwrap_or_default().to_owned();
    let is_copy = |view: &&MailView| view.mail.key.starts_with(&format!("{original}/again/"));
    let key = format!("{original}/again/{}", mails.iter().filter(is_copy).count() + 1);
    let kind = format!("{}_again", mail.kind.trim_end_matches("_again"));
    let deed = Deed::new("resend_mail").with_order(&id).on(mail.subject.clone());
    let again = Mail { key: key.clone(), kind, at: app.state.ports.clock.now(), ..mail };
    let sending = async { Ok(app.state.writer.apply(vec![Change::SendMail(again)]).await?) };
    app.on_behalf(&operator, deed, sending).await?;
    let sent = trails.of(&id).await?.mails.into_iter().find(|view| view.mail.key == key);
    Ok(Json(sent.ok_or_else(missing)?.into()))
}
