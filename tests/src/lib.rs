//! What no single crate can test. Published with nothing; a test target of its own each.

pub mod vectors;
