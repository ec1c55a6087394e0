//! Hands mails to SES.

use std::sync::Arc;

use adapter::{Failure, Sender};
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, MessageTag, RawMessage};
use ports::{Mail, Receipts};

use crate::fault;
use crate::outbox_items::{self, Message};

/// The tag that names the outbox's table, for who notes bounces.
pub(crate) const OUTBOX_TAG: &str = "outbox";

/// The tag with the number of the mail.
pub(crate) const MAIL_TAG: &str = "mail";

/// Sends mails.
#[derive(Clone)]
pub struct Mailer {
    client: Client,
    sender: Sender,
    receipts: Arc<dyn Receipts>,
    configuration_set: Option<String>,
}

impl Mailer {
    /// A mailer that attaches what is in that object store. The configuration set is what reports bounces.
    pub fn new(client: Client, sender: Sender, receipts: Arc<dyn Receipts>, configuration_set: Option<String>) -> Self {
        Self { client, sender, receipts, configuration_set }
    }

    /// Sends a mail of the outbox of that table.
    pub(crate) async fn send(&self, mail: &Mail, outbox: &str) -> Result<(), Failure> {
        let message = self.sender.message(mail, &*self.receipts).await?;
        let raw = RawMessage::builder().data(Blob::new(message.formatted())).build().expect("it has data");
        let number = outbox_items::number(&Message::Mail(mail.clone()).key());
        let sent = self
            .client
            .send_email()
            .set_from_email_address(message.envelope().from().map(ToString::to_string))
            .destination(Destination::builder().to_addresses(mail.to.as_str()).build())
            .content(EmailContent::builder().raw(raw).build())
            .set_configuration_set_name(self.configuration_set.clone())
            .email_tags(tag(OUTBOX_TAG, outbox))
            .email_tags(tag(MAIL_TAG, &number.to_string()))
            .send()
            .await;
        sent.map(drop).map_err(|error| fault::failure("SES", &error, &["BadRequestException"]))
    }
}

fn tag(name: &str, value: &str) -> MessageTag {
    MessageTag::builder().name(name).value(value).build().expect("it has a name and a value")
}
