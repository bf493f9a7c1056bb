//! What happened: who was told of what, what failed, who silenced it.
//!
#![doc = include_str!("../../docs/history.md")]

mod event;
mod filter;
mod limits;
mod log;
#[cfg(test)]
mod tests;

pub use event::{Event, Kind};
pub use filter::Filter;
pub use limits::Limits;
pub use log::{Changes, Entry, History};
