//! Executions: the runs of workflows.

mod deed;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod redrive;
pub(crate) mod states;
pub(crate) mod stop;
pub(crate) mod view;
