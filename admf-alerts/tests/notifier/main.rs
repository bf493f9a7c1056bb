//! The notifier by its public face: stories that once went wrong, and a storm against what must always hold.

mod harness;
mod many;
#[cfg(feature = "service")]
mod service;
mod stories;
mod storm;
