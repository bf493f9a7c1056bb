//! Which answers are kept.

use std::sync::Arc;
use std::time::Duration;

use super::config::FallbackConfig;
use super::lru::Lru;
use crate::Time;

/// The last good answers.
///
/// They are shared, so that no code of the caller's, which copies and drops them, runs in here: what
/// goes is handed out.
#[derive(Debug)]
pub(super) struct State<V> {
    config: FallbackConfig,
    kept: Lru<Kept<V>>,
}

#[derive(Debug)]
struct Kept<V> {
    value: Arc<V>,
    at: Time,
}

impl<V> State<V> {
    pub(super) fn new(config: FallbackConfig) -> Self {
        Self {
            config,
            kept: Lru::new(),
        }
    }

    /// Keeps a good answer, and returns the one that goes for it.
    pub(super) fn keep(&mut self, key: &str, value: Arc<V>, now: Time) -> Option<Arc<V>> {
        if !self.config.last_good {
            return Some(value);
        }
        let old = self.kept.insert(key, Kept { value, at: now });
        let crowded = self.kept.len() > self.config.max_keys;
        let gone = match crowded {
            true => self.kept.pop_oldest(),
            false => old,
        };
        gone.map(|kept| kept.value)
    }

    /// Returns the last good answer of `key` and its age, unless it is too old.
    pub(super) fn find(&mut self, key: &str, now: Time) -> Option<(Arc<V>, Duration)> {
        let kept = self.kept.get(key)?;
        let age = now.since(kept.at);
        let fresh = self.config.max_age.is_none_or(|max| age < max);
        fresh.then(|| (kept.value.clone(), age))
    }

    /// Goes by another config, and returns the answers that it has no room for.
    pub(super) fn reconfigure(&mut self, config: FallbackConfig) -> Vec<Arc<V>> {
        self.config = config;
        // What is not kept up to date is no last good answer any more.
        let room = match self.config.last_good {
            true => self.config.max_keys,
            false => 0,
        };
        let many = self.kept.len().saturating_sub(room);
        let gone = (0..many).filter_map(|_| self.kept.pop_oldest());
        gone.map(|kept| kept.value).collect()
    }

    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn config(&self) -> &FallbackConfig {
        &self.config
    }
}
