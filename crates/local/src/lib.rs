//! Adapters of the embedded home: SQLite, SMTP, files, webhooks.
