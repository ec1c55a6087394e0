//! Hands the outbox's mails to an SMTP server.

use std::sync::Arc;
use std::time::Duration;

use adapter::{Backoff, Failure, Sender, SenderError};
use async_trait::async_trait;
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use order::Email;
use ports::{Clock, Mail, Receipts};
use rusqlite::Connection;
use store::Store;

use crate::outbox::{Deliverer, Outbox, Table};
use crate::sql::json_at;
use crate::{Signals, Wakeups};

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
    #[error(transparent)]
    From(#[from] SenderError),
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
        let sender = Sender::new(&settings.from, &settings.from_name)?;
        let deliverer = Arc::new(Smtp { transport, sender, receipts });
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
    sender: Sender,
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
        let message = self.sender.message(&mail, &*self.receipts).await?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // The server's words may repeat the recipient's address: only its code is kept.
            Err(error) => {
                let code = error.status().map_or_else(|| "no answer".to_owned(), |code| format!("code {code}"));
                let message = format!("the mail server did not take it: {code}");
                let is_permanent = error.is_permanent() && !is_about_us(&error);
                Err(if is_permanent { Failure::permanent(message) } else { Failure::passing(message) })
            }
        }
    }
}

/// Whether the server refuses us rather than this mail: our name and password, or a line without TLS (RFC
/// 4954 section 6). Once that is put right every mail can go.
fn is_about_us(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}
