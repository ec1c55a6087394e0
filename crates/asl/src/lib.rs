//! The Amazon States Language as a pure value: parse, validate, step.
