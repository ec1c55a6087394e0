use documents::MailKind;
use order::{OrderId, Status};
use ports::{ErrorName, Result, StepError};
use serde::Deserialize;

use crate::orders::load;
use crate::send_mail::SendMailOutput;
use crate::{Context, Done, Step, notices};

/// Answers an `OrderConfirmed` event: writes the confirmation to the customer. An event for an order
/// that never was confirmed is not believed: `StatusRefused`.
pub struct OrderSuccessHandler;

/// An EventBridge event, as far as it matters here.
#[derive(Debug, Deserialize)]
pub struct OrderConfirmedEvent {
    detail: Detail,
}

#[derive(Debug, Deserialize)]
struct Detail {
    order_id: OrderId,
}

impl Step for OrderSuccessHandler {
    const NAME: &'static str = "OrderSuccessHandler";
    type Input = OrderConfirmedEvent;
    type Output = SendMailOutput;

    async fn run(&self, context: &Context, event: OrderConfirmedEvent) -> Result<Done<SendMailOutput>> {
        let order = load(context, &event.detail.order_id).await?;
        if !order.history.iter().any(|change| change.status == Status::Confirmed) {
            let message = format!("the order is {}, it was never confirmed", order.status);
            return Err(StepError::new(ErrorName::StatusRefused, message));
        }
        let mail = notices::mail(context, &order, MailKind::OrderConfirmed, context.ports.clock.now()).await?;
        Ok(Done::new(SendMailOutput { email_sent: mail.is_some() }, mail.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::World;

    fn event(order: &str) -> Value {
        json!({
            "version": "0", "id": "1", "detail-type": "OrderConfirmed", "source": "orderflow",
            "detail": { "order_id": order, "workflow": "queued-orders", "status": "CONFIRMED" }
        })
    }

    #[tokio::test]
    async fn the_customer_is_told_once() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        let output = world.run_twice("OrderSuccessHandler", event("A-1")).await.expect("it is confirmed");
        assert_eq!(output, json!({ "emailSent": true }));
        assert_eq!(world.mails("A-1").len(), 1);
    }

    #[tokio::test]
    async fn an_event_that_is_not_true_tells_nobody() {
        let world = World::with_order("A-1", &[("CHAI", 2)]);
        let error = world.run("OrderSuccessHandler", event("A-1")).await.expect_err("it is not confirmed");
        assert_eq!(error.name, ErrorName::StatusRefused);
        assert!(world.mails("A-1").is_empty());
    }
}
