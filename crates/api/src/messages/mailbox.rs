//! Mails: what customers were sent.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use ports::MailView;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::params::Params;
use crate::problem::Problem;
use crate::request::PathText;
use crate::views::PageView;

/// A mail and how it fared.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mail)]
pub(crate) struct MailItem {
    /// Its number, ascending.
    #[schema(example = 1)]
    id: i64,
    /// What makes it unique.
    #[schema(example = "A-1/outcome")]
    key: String,
    /// The order it is about.
    #[schema(example = "A-1")]
    order_id: String,
    /// Which template it was made from.
    #[schema(example = "order_confirmed")]
    kind: String,
    /// The recipient's address.
    #[schema(example = "ana@example.com")]
    to: String,
    /// The recipient's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ana Pop")]
    to_name: Option<String>,
    /// The subject line.
    #[schema(example = "Your order A-1 is confirmed")]
    subject: String,
    /// The body as plain text.
    text: String,
    /// The body as HTML.
    html: String,
    /// What is attached.
    attachments: Vec<AttachmentView>,
    /// When it was put in the outbox.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `captured`, `pending`, `delivered` or `dead`.
    #[schema(example = "captured")]
    state: &'static str,
    /// How often its delivery was tried.
    #[schema(example = 0)]
    attempts: u32,
    /// What the last failed attempt ended in.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
}

/// A file attached to a mail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attachment)]
pub(crate) struct AttachmentView {
    /// What the recipient sees.
    #[schema(example = "receipt-A-1.pdf")]
    file_name: String,
    /// Its media type.
    #[schema(example = "application/pdf")]
    media_type: String,
    /// Where it is in the object store.
    #[schema(example = "receipts/A-1.pdf")]
    object_key: String,
}

impl From<MailView> for MailItem {
    fn from(view: MailView) -> Self {
        let MailView { id, mail, delivery } = view;
        let attachments = mail.attachments.into_iter().map(|attachment| AttachmentView {
            file_name: attachment.file_name,
            media_type: attachment.media_type,
            object_key: attachment.object_key,
        });
        Self {
            id,
            key: mail.key,
            order_id: mail.order_id.into(),
            kind: mail.kind,
            to: mail.to.into(),
            to_name: mail.to_name,
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            attachments: attachments.collect(),
            at: mail.at,
            state: delivery.state.name(),
            attempts: delivery.attempts,
            last_error: delivery.last_error,
            next_attempt_at: delivery.next_attempt_at,
        }
    }
}

/// Mails, newest first.
#[utoipa::path(
    get, path = "/mailbox", tag = "messages", operation_id = "list_mails",
    params(("q" = Option<String>, Query, description = "An order's id, a recipient's address or a piece of the subject"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "A page of mails", body = PageView<MailItem>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(
    State(app): Shared,
    _: Operator,
    mut params: Params,
) -> Result<Json<PageView<MailItem>>, Problem> {
    let about = params.text("q");
    let paging = params.paging();
    params.finish()?;
    let page = app.state.messages.mails(about.as_deref(), paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, MailItem::from)))
}

/// How a mail is asked for.
enum Form {
    Json,
    Html,
    Text,
}

/// One mail: as JSON, or with `.html` or `.text` after its number as its recipient sees it.
#[utoipa::path(
    get, path = "/mailbox/{id}", tag = "messages", operation_id = "get_mail",
    params(("id" = String, Path, description = "The mail's number; `7.html` and `7.text` give its body", example = "7")),
    responses((status = 200, description = "The mail", content(
        (MailItem = "application/json"), (String = "text/html"), (String = "text/plain")))),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, _: Operator, PathText(name): PathText) -> Result<Response, Problem> {
    let (number, form) = match name.rsplit_once('.') {
        Some((number, "html")) => (number, Form::Html),
        Some((number, "text")) => (number, Form::Text),
        _ => (name.as_str(), Form::Json),
    };
    let missing = || Problem::not_found(format_args!("mail {name}"));
    let id = number.parse().map_err(|_| missing())?;
    let view = app.state.messages.mail(id).await?.ok_or_else(missing)?;
    Ok(match form {
        Form::Json => Json(MailItem::from(view)).into_response(),
        Form::Text => view.mail.text.into_response(),
        Form::Html => {
            let mut response = axum::response::Html(view.mail.html).into_response();
            // Shown as it looks, within the console, and able to do nothing.
            let policy = HeaderValue::from_static(
                "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
            );
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
            response
        }
    })
}
