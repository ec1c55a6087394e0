use documents::MailKind;
use order::Status;
use ports::Result;
use serde::Serialize;

use crate::orders::{OrderInput, becoming, load};
use crate::{Context, Done, Step, notices, sale};

/// Makes a paid order a sale and tells the customer, in one: for documents that do both in one state.
pub struct CompleteOrder;

/// The order after it.
#[derive(Debug, PartialEq, Serialize)]
pub struct CompleteOrderOutput {
    /// Its status, in the words of its workflow.
    pub status: String,
    /// Whether there is an address to write to.
    #[serde(rename = "emailSent")]
    pub email_sent: bool,
}

impl Step for CompleteOrder {
    const NAME: &'static str = "CompleteOrder";
    type Input = OrderInput;
    type Output = CompleteOrderOutput;

    async fn run(&self, context: &Context, input: OrderInput) -> Result<Done<CompleteOrderOutput>> {
        let order = load(context, &input.order_id).await?;
        let now = context.ports.clock.now();
        let mut changes = sale::confirm(&order, now)?;
        let confirmed = becoming(&order, Status::Confirmed, None, now);
        let mail = notices::mail(context, &confirmed, MailKind::OrderConfirmed, now).await?;
        let output = CompleteOrderOutput { status: confirmed.status_word(), email_sent: mail.is_some() };
        changes.extend(mail);
        Ok(Done::new(output, changes))
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn an_order_is_sold_and_its_customer_told_once() {
        let world = World::with_paid("A-1", &[("CHAI", 2)]).await;
        let output = world.run_twice("CompleteOrder", json!({ "order_id": "A-1" })).await.expect("it is paid");
        assert_eq!(output, json!({ "status": "confirmed", "emailSent": true }));
        assert_eq!(world.stock("CHAI"), (8, 0, 2));
        let mails = world.mails("A-1");
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].kind, "order_confirmed");
        assert_eq!(mails[0].key, "A-1/outcome");
        assert_eq!(world.events().len(), 1);
    }

    #[tokio::test]
    async fn an_order_that_is_not_paid_is_not_confirmed_to_anybody() {
        let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
        let error = world.run("CompleteOrder", json!({ "order_id": "A-1" })).await.expect_err("it is not paid");
        assert_eq!(error.name, ErrorName::StatusRefused);
        assert!(world.mails("A-1").is_empty());
    }
}
