//! A mail as the message that mail servers take, RFC 5322 with MIME.

use std::time::SystemTime;

use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Attachment, Body, Mailbox, MultiPart};
use lettre::{Address, Message};
use order::Email;
use ports::{Mail, Receipts};

use crate::identity;

/// Why an attempt to deliver something did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened, without anything personal or secret.
    pub message: String,
    /// What is to be done about it.
    pub kind: FailureKind,
}

/// What is to be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// It may not happen again: try again, not forever.
    Passing,
    /// We are too fast: come back later, as often as it takes.
    Throttled,
    /// It will happen every time: give up.
    Permanent,
}

impl Failure {
    /// One that may not happen again.
    pub fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), kind: FailureKind::Passing }
    }

    /// One that will happen every time.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self { message: message.into(), kind: FailureKind::Permanent }
    }
}

/// The sender's address is none that mail can come from.
#[derive(Debug, thiserror::Error)]
#[error("the sender's address cannot be used: {0}")]
pub struct SenderError(#[from] lettre::address::AddressError);

/// Who mails come from.
#[derive(Debug, Clone)]
pub struct Sender(Mailbox);

impl Sender {
    /// The sender of that address and name.
    ///
    /// # Errors
    ///
    /// When mail cannot come from that address.
    pub fn new(address: &Email, name: &str) -> Result<Self, SenderError> {
        Ok(Self(Mailbox::new(Some(name.to_owned()), address.as_str().parse()?)))
    }

    /// The mail as a message, with what is attached read from the object store. It has the same
    /// `Message-ID` whenever it is made again: a receiver that got it twice can tell.
    ///
    /// # Errors
    ///
    /// When the mail can never be a message, or an attachment cannot be read now.
    pub async fn message(&self, mail: &Mail, receipts: &dyn Receipts) -> Result<Message, Failure> {
        let unusable = |_| Failure::permanent("the recipient's address cannot be used");
        let to: Address = mail.to.as_str().parse().map_err(unusable)?;
        let id = format!("<{}@{}>", identity::of(&["mail", &mail.key]), self.0.email.domain());
        let builder = Message::builder()
            .from(self.0.clone())
            .to(Mailbox::new(mail.to_name.clone(), to))
            .subject(&mail.subject)
            .message_id(Some(id))
            .date(SystemTime::from(mail.at));
        let bodies = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
        let body = if mail.attachments.is_empty() {
            bodies
        } else {
            let mut body = MultiPart::mixed().multipart(bodies);
            for attachment in &mail.attachments {
                let document = receipts.get(&attachment.object_key).await;
                let document = document
                    .map_err(|error| Failure::passing(error.message))?
                    .ok_or_else(|| Failure::passing(format!("{} is not in the object store", attachment.object_key)))?;
                let media_type = ContentType::parse(&attachment.media_type)
                    .map_err(|_| Failure::permanent("the attachment's media type cannot be used"))?;
                // Even a document that looks like text must arrive byte for byte.
                let document = Body::new_with_encoding(document.to_vec(), ContentTransferEncoding::Base64)
                    .expect("base64 takes any bytes");
                body = body.singlepart(Attachment::new(attachment.file_name.clone()).body(document, media_type));
            }
            body
        };
        builder.multipart(body).map_err(|_| Failure::permanent("the mail cannot be written as a message"))
    }
}
