//! What a visitor of the shop needs to know before ordering.

pub(crate) mod about;
pub(crate) mod quote;
