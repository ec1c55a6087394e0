//! What was sent and what waits to be.

pub(crate) mod dead_letters;
pub(crate) mod mailbox;
pub(crate) mod queues;
pub(crate) mod topics;
