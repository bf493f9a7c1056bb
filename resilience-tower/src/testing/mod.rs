//! What tests of layers need.

pub mod contract;
mod probe;

pub use self::probe::{Probe, ProbeFuture, Step};
