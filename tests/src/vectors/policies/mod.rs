//! The policies of `resilience.json`: one small module each.

mod backoff;
mod bulkhead;
mod calls;
mod circuit_breaker;
mod deadline;
mod failover;
mod fallback;
mod health;
mod keyed;
mod rate_limiter;
mod retry;
mod retry_budget;
mod timeout;
mod turns;
mod window;

use super::case::{Built, World};
use super::schema::{Checked, Fields};

/// How a case is put to a policy.
pub(super) struct Policy {
    pub(super) name: &'static str,
    /// What the crates call each key of the config, nested ones too.
    pub(super) keys: &'static [&'static [(&'static str, &'static str)]],
    pub(super) build: fn(&World, &Fields<'_>) -> Built,
}

impl Policy {
    /// Returns what the crates call `key` of the config.
    pub(super) fn field(&self, key: &str) -> Checked<&'static str> {
        let mut keys = self.keys.iter().copied().flatten();
        match keys.find(|(known, _)| *known == key) {
            Some((_, field)) => Ok(field),
            None => Err(format!("`refused` names the unknown key `{key}`")),
        }
    }
}

/// What can be run.
pub(super) const BUILT: &[Policy] = &[
    backoff::POLICY,
    window::POLICY,
    circuit_breaker::POLICY,
    rate_limiter::POLICY,
    bulkhead::POLICY,
    retry::POLICY,
    retry_budget::POLICY,
    timeout::POLICY,
    deadline::POLICY,
    fallback::POLICY,
    failover::POLICY,
    health::POLICY,
    keyed::POLICY,
];

/// What the crates do not have yet.
pub(super) const NOT_BUILT: &[&str] = &[];
