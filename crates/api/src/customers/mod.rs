//! The customers we know.

pub(crate) mod erase;
pub(crate) mod get;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod view;
