//! `/orders` and below.

mod cancel;
mod events;
mod get;
mod list;
mod place;
mod receipt;
mod refused;
