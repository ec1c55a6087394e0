//! Orders: placing, reading, following, calling off and what comes after.

pub(crate) mod events;
pub(crate) mod follow_up;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod place;
pub(crate) mod receipt;
pub(crate) mod view;

pub use follow_up::follow_up_suffix;
