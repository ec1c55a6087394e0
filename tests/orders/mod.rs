//! `/orders` and below.

mod cancel;
mod events;
mod get;
mod list;
mod outage;
mod place;
mod receipt;
mod refused;
