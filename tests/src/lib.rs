//! Black-box tests over HTTP against the real binary, and checks of the workspace itself.
