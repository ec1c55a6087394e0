//! Orders: placing, reading, following, calling off and what comes after.

pub(crate) mod events;
pub(crate) mod explanation;
pub(crate) mod export;
pub(crate) mod follow_up;
pub(crate) mod get;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod place;
pub(crate) mod receipt;
pub(crate) mod refund;
pub(crate) mod resend;
pub(crate) mod reservations;
pub(crate) mod timeline;
pub(crate) mod view;

pub use follow_up::follow_up_suffix;
pub use refund::settle_refunds;
