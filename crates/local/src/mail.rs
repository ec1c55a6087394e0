//! Hands the outbox's mails to an SMTP server.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Attachment, Body, Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use order::Email;
use ports::{Clock, Mail, Receipts};
use rusqlite::Connection;
use store::Store;

use crate::outbox::{Deliverer, Failure, Outbox, Table};
use crate::sql::json_at;
use crate::{Backoff, Signals, Wakeups, identity};

/// How long one conversation with the server may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How mail leaves.
#[derive(Clone)]
pub struct SmtpSettings {
    /// The server, as `smtp://user:password@host:port?tls=required`, `smtps://host` and so on.
    pub url: String,
    /// The sender's address.
    pub from: Email,
    /// The sender's name.
    pub from_name: String,
    /// When a mail that was not taken is tried again.
    pub backoff: Backoff,
}

/// Why mail cannot leave.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// The URL of the server is wrong. The text does not repeat it: it may hold a password.
    #[error("the SMTP server's URL is wrong: {0}")]
    Url(lettre::transport::smtp::Error),
    /// The sender's address is none that mail can come from.
    #[error("the sender's address cannot be used: {0}")]
    From(lettre::address::AddressError),
}

/// Sends mails. It finds those that were put in the outbox while [`MailMode::Send`](crate::MailMode::Send).
pub struct Mailer {
    outbox: Outbox<Smtp>,
}

impl Mailer {
    /// A mailer for the outbox of that store.
    ///
    /// # Errors
    ///
    /// When the settings cannot be used. The server is not asked yet.
    pub fn new(
        store: Store,
        receipts: Arc<dyn Receipts>,
        settings: &SmtpSettings,
        signals: &Signals,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SmtpError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.url)
            .map_err(SmtpError::Url)?
            .timeout(Some(TIMEOUT))
            .pool_config(PoolConfig::new().max_size(4))
            .build();
        let address: Address = settings.from.as_str().parse().map_err(SmtpError::From)?;
        let from = Mailbox::new(Some(settings.from_name.clone()), address);
        let deliverer = Arc::new(Smtp { transport, from, receipts });
        let listener = signals.listen(Wakeups::MAIL);
        Ok(Self { outbox: Outbox { store, deliverer, listener, clock, backoff: settings.backoff } })
    }

    /// Sends mails until the future is dropped.
    pub async fn run(self) {
        self.outbox.run().await;
    }
}

struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    receipts: Arc<dyn Receipts>,
}

#[async_trait]
impl Deliverer for Smtp {
    type Item = Mail;
    const TABLE: Table = Table::Mails;

    fn load(connection: &Connection, id: i64) -> rusqlite::Result<Mail> {
        connection.prepare_cached("SELECT mail FROM mails WHERE id = ?1")?.query_row([id], |row| json_at(row, 0))
    }

    async fn attempt(&self, mail: Mail) -> Result<(), Failure> {
        let message = self.message(&mail).await?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // The server's words may repeat the recipient's address: only its code is kept.
            Err(error) => {
                let code = error.status().map_or_else(|| "no answer".to_owned(), |code| format!("code {code}"));
                let message = format!("the mail server did not take it: {code}");
                Err(Failure { message, permanent: error.is_permanent() && !is_about_us(&error) })
            }
        }
    }
}

/// Whether the server refuses us rather than this mail: our name and password, or a line without TLS (RFC
/// 4954 section 6). Once that is put right every mail can go.
fn is_about_us(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}

impl Smtp {
    async fn message(&self, mail: &Mail) -> Result<Message, Failure> {
        let unusable = |_| Failure::permanent("the recipient's address cannot be used");
        let to: Address = mail.to.as_str().parse().map_err(unusable)?;
        // The same identity at every attempt: a receiver that got it twice can tell.
        let id = format!("<{}@{}>", identity::of(&["mail", &mail.key]), self.from.email.domain());
        let builder = Message::builder()
            .from(self.from.clone())
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
                let document = self.receipts.get(&attachment.object_key).await;
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
