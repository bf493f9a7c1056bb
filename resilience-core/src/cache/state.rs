//! What an answer of a given age is good for.

use std::time::Duration;

use super::config::CacheConfig;

/// How long one answer lives, as far as it says so itself; what it leaves open the config says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetime {
    /// In place of [`CacheConfig::ttl`].
    pub ttl: Option<Duration>,
    /// In place of [`CacheConfig::stale_while_revalidate`].
    pub stale_while_revalidate: Option<Duration>,
    /// In place of [`CacheConfig::stale_if_error`].
    pub stale_if_error: Option<Duration>,
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
    /// Says what an answer of this age is good for, for which `luck`, of `[0, 1)`, was drawn.
    pub(super) fn look(&self, config: &CacheConfig, age: Duration, luck: f64) -> Freshness {
        let ttl = self.ttl.unwrap_or(config.ttl);
        // The product may round up to more than the ttl, or than there is.
        let less = ttl.as_secs_f64() * config.jitter * luck;
        let less = Duration::try_from_secs_f64(less).unwrap_or(ttl);
        let ttl = ttl.saturating_sub(less);
        let until = |own: Option<Duration>, window| ttl.saturating_add(own.unwrap_or(window));
        if age < ttl {
            Freshness::Fresh
        } else if age < until(self.stale_while_revalidate, config.stale_while_revalidate) {
            Freshness::WhileRevalidate
        } else if age < until(self.stale_if_error, config.stale_if_error) {
            Freshness::IfError
        } else {
            Freshness::Gone
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jitter_of_all_of_the_longest_ttl_leaves_nothing_and_panics_nowhere() {
        let config = CacheConfig {
            ttl: Duration::MAX,
            jitter: 1.0,
            ..Default::default()
        };
        let look = |luck| Lifetime::default().look(&config, Duration::ZERO, luck);
        assert_eq!(look(0.0), Freshness::Fresh);
        assert_eq!(look(1.0 - f64::EPSILON / 2.0), Freshness::Fresh);
        assert_eq!(look(1.0), Freshness::Gone);
    }
}
