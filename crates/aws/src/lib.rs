//! Adapters of the home on AWS.
