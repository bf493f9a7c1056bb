//! Who is told of alerts, and when.
//!
#![doc = include_str!("../../docs/notifier.md")]

mod alert;
mod backoff;
mod batch;
mod climb;
mod config;
mod cooldown;
mod escalation;
mod flush;
mod follow;
mod forget;
mod group;
mod happened;
mod inhibit;
mod integration;
mod interval;
pub(crate) mod kept;
mod ladder;
mod late;
mod log;
mod notifier;
mod once;
mod reload;
mod restore;
mod route;
mod silence;
pub(crate) mod state;
#[cfg(test)]
mod tests;
mod timed;

pub use alert::{Alert, Fingerprint, Posted};
pub use batch::{Batch, Delivery, Outcome};
#[cfg(feature = "api")]
pub(crate) use batch::{order, order_of_sets};
pub use climb::{Acknowledgement, Climb};
pub use config::{Config, Cooldown};
pub use cooldown::Cooled;
pub use escalation::Escalation;
pub use group::GroupStatus;
pub use happened::Happened;
pub use inhibit::InhibitRule;
pub use integration::{Integration, IntegrationId};
pub use interval::TimeInterval;
pub use ladder::{Ladder, Level};
pub use log::{Entry, Log, LogKey, Reason, decide};
pub use notifier::Notifier;
pub use route::{GroupBy, Node, Route, Routes};
pub use silence::{Silence, SilenceState, Silences};
pub use state::{Changes, GroupKey, GroupState, Owed, State, Totals};
