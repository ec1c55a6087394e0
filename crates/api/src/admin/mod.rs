//! Administration: alarms, the audit, health, metrics, the simulated gateway, and the pages that describe
//! this interface.

pub(crate) mod alarm_points;
pub(crate) mod alarms;
pub(crate) mod audit;
pub(crate) mod gateway;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod pages;
