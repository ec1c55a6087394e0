//! The steps of every workflow, one file each.
//!
//! Entry point: [`registry::find`], which gives a step by the name that state machines use. A step
//! reads through ports, decides, and returns its output with the changes it wants made; it writes
//! nothing itself. Run twice, it has the effect of one: every change carries an identity that derives
//! from the order, and a step that finds its work done asks for nothing.
//!
//! This crate must never know: which state machine calls a step, storage, HTTP, or how changes are
//! applied.

mod after_sale;
mod amounts;
mod check;
mod intake;
mod notices;
mod orders;
mod payments;
mod pricing;
pub mod registry;
mod sale;
mod step;
mod stock;

mod attempt_payment;
mod attempt_reservation;
mod cancel_order;
mod charge_payment;
mod check_order;
mod complete_order;
mod confirm_order;
mod deliver_order;
mod enrich_order;
mod fail_order;
mod generate_receipt;
mod order_success_handler;
mod place_confirmed_order;
mod place_emag_order;
mod place_order;
mod place_order_app_order;
mod place_queued_order;
mod place_receipt_order;
mod price_and_reserve;
mod price_order;
mod receive_order;
mod refund_payment;
mod reserve_stock;
mod return_order;
mod seed_inventory;
mod send_mail;
mod ship_order;
mod start_order_processing;
mod validate_order;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod workflows;

pub use intake::{Placed, Placement};
pub use step::{AnyStep, Context, Done, Step, failure_cause};
