//! HTTP: orders, workflows, administration, live events.
