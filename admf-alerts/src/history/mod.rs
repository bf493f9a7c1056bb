//! What happened: who was told of what, what failed, who silenced it.
//!
#![doc = include_str!("../../docs/history.md")]

mod event;
mod filter;
mod kind;
mod limits;
mod log;
#[cfg(test)]
mod tests;

pub use event::Event;
pub use filter::Filter;
pub use kind::Kind;
pub use limits::Limits;
pub use log::{Changes, Entry, History};
