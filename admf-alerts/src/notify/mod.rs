//! Who is told of alerts, and when.
//!
#![doc = include_str!("../../docs/notifier.md")]

mod alert;
mod backoff;
mod batch;
mod config;
mod cooldown;
mod escalation;
mod flush;
mod group;
mod inhibit;
mod interval;
mod log;
mod notifier;
mod reload;
mod route;
mod silence;
#[cfg(test)]
mod tests;

pub use alert::{Alert, Fingerprint, Posted};
pub use batch::{Batch, Delivery, Outcome};
pub use config::{Config, Cooldown, Integration};
pub use escalation::Escalation;
pub use group::GroupStatus;
pub use inhibit::InhibitRule;
pub use interval::TimeInterval;
pub use log::{Entry, Log, LogKey, Reason, decide};
pub use notifier::Notifier;
pub use route::{GroupBy, Node, Route, Routes};
pub use silence::{Silence, SilenceState, Silences};
