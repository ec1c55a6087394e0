//! Topics and what was published to them.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use ports::{SubscriptionView, TopicDelivery, TopicMessageView, TopicView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::params::Params;
use crate::problem::Problem;
use crate::request::PathText;
use crate::views::{ListView, PageView};

/// A topic.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Topic {
    /// Its name.
    #[schema(example = "OrderAlertsTopic")]
    name: String,
    /// Messages ever published.
    #[schema(example = 12)]
    published: i64,
    /// Who is told.
    subscriptions: Vec<Subscription>,
}

/// A subscription to a topic.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subscription {
    /// `email`, `https`, `http` or `sqs`.
    #[schema(example = "https")]
    protocol: String,
    /// Where to.
    #[schema(example = "https://example.com/hooks/orders")]
    endpoint: String,
}

/// A message of a topic.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TopicMessage {
    /// Its number, ascending.
    #[schema(example = 1)]
    id: i64,
    /// The topic.
    #[schema(example = "OrderAlertsTopic")]
    topic: String,
    /// What makes it unique within the topic.
    #[schema(example = "A-1/placed")]
    key: String,
    /// The subject, which mail subscribers see.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Order placed")]
    subject: Option<String>,
    /// The message; JSON as its text.
    #[schema(example = "{\"order_id\":\"A-1\"}")]
    message: String,
    /// When it was published.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The calls to its subscribers' webhooks. On AWS, where SNS makes them, none are listed.
    deliveries: Vec<WebhookDelivery>,
}

/// A message on its way to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookDelivery {
    /// Its identifier as a dead letter, to redeliver it by once it was given up.
    #[schema(example = "delivery-1")]
    id: String,
    /// Where to.
    #[schema(example = "https://example.com/hooks/orders")]
    endpoint: String,
    /// `pending`, `delivered` or `dead`.
    #[schema(example = "delivered")]
    state: &'static str,
    /// How often it was tried.
    #[schema(example = 1)]
    attempts: u32,
    /// What the last failed attempt ended in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "status 503")]
    last_error: Option<String>,
}

impl From<TopicView> for Topic {
    fn from(view: TopicView) -> Self {
        let subscription = |view: SubscriptionView| Subscription { protocol: view.protocol, endpoint: view.endpoint };
        Self {
            name: view.name,
            published: view.published,
            subscriptions: view.subscriptions.into_iter().map(subscription).collect(),
        }
    }
}

impl From<TopicMessageView> for TopicMessage {
    fn from(view: TopicMessageView) -> Self {
        let TopicMessageView { id, message, deliveries } = view;
        let delivery = |delivery: TopicDelivery| WebhookDelivery {
            id: delivery.id,
            endpoint: delivery.endpoint,
            state: delivery.state.name(),
            attempts: delivery.attempts,
            last_error: delivery.last_error,
        };
        Self {
            id,
            topic: message.topic,
            key: message.key,
            subject: message.subject,
            message: message.message,
            at: message.at,
            deliveries: deliveries.into_iter().map(delivery).collect(),
        }
    }
}

/// The topics, each with its subscriptions.
#[utoipa::path(
    get, path = "/topics", tag = "messages", operation_id = "list_topics",
    responses((status = 200, description = "All topics", body = ListView<Topic>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(State(app): Shared, _: Operator) -> Result<Json<ListView<Topic>>, Problem> {
    let topics = app.state.messages.topics().await?;
    Ok(Json(ListView { items: topics.into_iter().map(Topic::from).collect() }))
}

/// What was published to a topic, newest first.
#[utoipa::path(
    get, path = "/topics/{name}/messages", tag = "messages", operation_id = "list_topic_messages",
    params(("name" = String, Path, description = "The topic"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "A page of messages", body = PageView<TopicMessage>)),
    security(("operator" = [])),
)]
pub(crate) async fn messages(
    State(app): Shared,
    _: Operator,
    PathText(name): PathText,
    mut params: Params,
) -> Result<Json<PageView<TopicMessage>>, Problem> {
    let paging = params.paging();
    params.finish()?;
    let page = app.state.messages.topic_messages(&name, paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, TopicMessage::from)))
}
