use documents::MailKind;
use order::OrderId;
use ports::Result;
use serde::{Deserialize, Serialize};

use crate::orders::load;
use crate::{Context, Done, Step, notices};

/// Tells the customer where the order stands, once for each occasion, with the receipt attached if one
/// was issued. `OrderInProgress` while there is nothing to tell yet.
pub struct SendMail;

/// What to tell.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendMailInput {
    /// About which order.
    pub order_id: OrderId,
    /// Which mail; the one that belongs to the order's status without it.
    #[serde(default)]
    pub kind: Option<MailKind>,
}

/// Whether there was somebody to tell.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendMailOutput {
    /// False when no address is known.
    pub email_sent: bool,
}

impl Step for SendMail {
    const NAME: &'static str = "SendMail";
    type Input = SendMailInput;
    type Output = SendMailOutput;

    async fn run(&self, context: &Context, input: SendMailInput) -> Result<Done<SendMailOutput>> {
        let order = load(context, &input.order_id).await?;
        let kind = match input.kind {
            Some(kind) => kind,
            None => notices::kind_of(order.status)?,
        };
        let mail = notices::mail(context, &order, kind, context.ports.clock.now()).await?;
        Ok(Done::new(SendMailOutput { email_sent: mail.is_some() }, mail.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn a_confirmation_goes_out_once_with_its_receipt() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        world.run("GenerateReceipt", json!({ "order_id": "A-1" })).await.expect("it is paid");
        let output = world.run_twice("SendMail", json!({ "order_id": "A-1" })).await.expect("it is confirmed");
        assert_eq!(output, json!({ "emailSent": true }));
        let [mail] = <[_; 1]>::try_from(world.mails("A-1")).expect("one mail");
        assert_eq!(mail.to.as_str(), "ana@example.com");
        assert_eq!(mail.attachments[0].file_name, "receipt-A-1.pdf");
        assert_eq!(mail.attachments[0].object_key, "receipts/A-1.pdf");
        assert!(mail.text.contains("https://shop.example/receipts/A-1.pdf"), "{}", mail.text);
    }

    #[tokio::test]
    async fn the_status_chooses_the_mail() {
        let world = World::with_order("A-1", &[("CHAI", 2)]);
        let error = world.run("SendMail", json!({ "order_id": "A-1" })).await.expect_err("nothing to tell yet");
        assert_eq!(error.name, ErrorName::OrderInProgress);
        let failure = json!({ "order_id": "A-1", "error": "PaymentDeclined", "reason": "no", "send_mail": false });
        world.run("FailOrder", failure).await.expect("it fails");
        world.run_twice("SendMail", json!({ "order_id": "A-1" })).await.expect("it has failed");
        assert_eq!(world.mails("A-1")[0].kind, "payment_failed");
        world.run("SendMail", json!({ "order_id": "A-1", "kind": "order_failed" })).await.expect("it is asked for");
        assert_eq!(world.mails("A-1").len(), 1, "the outcome is told once, whatever it is called");
    }

    #[tokio::test]
    async fn without_an_address_the_known_customer_is_asked_for() {
        let world = World::new();
        for (order, customer, sent) in [("A-1", Some("ALFKI"), true), ("A-2", Some("WHO"), false), ("A-3", None, false)]
        {
            world.place_with(order, &[("CHAI", 1)], |placed| {
                let id = customer.map(|id| order::CustomerId::parse(id).expect("an id"));
                placed.customer = order::Contact { id, name: None, email: None };
            });
            let failure = json!({ "order_id": order, "error": "InvalidOrder", "reason": "no", "send_mail": false });
            world.run("FailOrder", failure).await.expect("it fails");
            let output = world.run_twice("SendMail", json!({ "order_id": order })).await.expect("it has failed");
            assert_eq!(output, json!({ "emailSent": sent }));
            assert_eq!(world.mails(order).len(), usize::from(sent));
        }
    }
}
