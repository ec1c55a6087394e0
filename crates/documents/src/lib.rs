//! What a customer gets to read: receipts as PDF, mails as text and HTML.
//!
//! Two entry points: [`receipt_pdf`] and [`render_mail`]. Both are functions of their arguments: the
//! same order gives the same bytes, so that a document can always be made again instead of being kept.
//! They run once or twice for every order, so they take microseconds: fonts are read and templates
//! compiled once for the process.
//!
//! This crate must never know: clocks, files, mail servers, object stores, or what a link leads to.

mod mail;
mod pdf;
mod receipt;
mod shop;
mod text;

pub use mail::{MailKind, RenderedMail, render_mail};
pub use receipt::{ReceiptData, receipt_pdf};
pub use shop::Shop;
