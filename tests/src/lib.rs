//! What no single crate can test: the tools of the tests in `tests/`. Never published.

pub mod vectors;
