//! What an answer of a given age is good for.

use std::time::Duration;

/// How long one answer lives, where that is not left to the config.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetime {
    /// As [`CacheConfig::ttl`](super::CacheConfig::ttl).
    pub ttl: Duration,
    /// As [`CacheConfig::stale_while_revalidate`](super::CacheConfig::stale_while_revalidate).
    pub stale_while_revalidate: Duration,
    /// As [`CacheConfig::stale_if_error`](super::CacheConfig::stale_if_error).
    pub stale_if_error: Duration,
}

/// What an answer is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// It is served.
    Fresh,
    /// It is served while one fetches the next.
    WhileRevalidate,
    /// It is served where the next cannot be had.
    IfError,
    /// Nothing.
    Gone,
}

impl Lifetime {
    /// Says what an answer of this age is good for, whose ttl is shorter by the part `less`.
    pub(super) fn look(&self, age: Duration, less: f64) -> Freshness {
        // The product may round up to more than the ttl.
        let less = self.ttl.mul_f64(less.clamp(0.0, 1.0)).min(self.ttl);
        let ttl = self.ttl - less;
        let until = |window| ttl.saturating_add(window);
        if age < ttl {
            Freshness::Fresh
        } else if age < until(self.stale_while_revalidate) {
            Freshness::WhileRevalidate
        } else if age < until(self.stale_if_error) {
            Freshness::IfError
        } else {
            Freshness::Gone
        }
    }

    /// Says whether an answer is good for anything once its call is over.
    pub(super) fn is_over_at_once(&self) -> bool {
        self.look(Duration::ZERO, 0.0) == Freshness::Gone
    }
}
