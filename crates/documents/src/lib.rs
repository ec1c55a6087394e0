//! Receipts as PDF and mails from templates: an order in, bytes out. Pure.
