//! One test suite for the ports, run against every adapter.
