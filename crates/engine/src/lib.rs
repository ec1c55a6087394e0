//! Durable executions of state machines over the store.
