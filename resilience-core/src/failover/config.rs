//! What the operator says.

use crate::{Config, ConfigError, Name};

/// The most targets that a failover keeps apart.
pub(super) const MAX_TARGETS: usize = 1 << 15;

/// The settings of a [`Failover`](super::Failover).
///
/// ```
/// use resilience_core::FailoverConfig;
///
/// let config = FailoverConfig {
///     targets: vec!["primary".into(), "backup".into()],
///     ..Default::default()
/// };
/// assert_eq!((config.switch_after, config.fail_back_after), (5, 3));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct FailoverConfig {
    /// The targets, the most wanted first: the primary, then its backups. 1 to 32 768 different
    /// names, and no default.
    pub targets: Vec<Name>,
    /// Number of failures in a row after which the active target has failed; at least 1. Default: 5.
    pub switch_after: u32,
    /// Number of healthy checks in a row after which a failed target is well again; at least 1.
    /// Default: 3.
    pub fail_back_after: u32,
}

impl Default for FailoverConfig {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            switch_after: 5,
            fail_back_after: 3,
        }
    }
}

impl Config for FailoverConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let Self {
            targets,
            switch_after,
            fail_back_after,
        } = self;
        let many = targets.len();
        ConfigError::unless(many > 0, "targets", "must not be empty", targets)?;
        ConfigError::unless(
            many <= MAX_TARGETS,
            "targets",
            "must be at most 32768",
            many,
        )?;
        let mut names: Vec<_> = targets.iter().map(Name::as_str).collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        if let Some(pair) = twice {
            let rule = "must not name a target twice";
            return Err(ConfigError::new("targets", rule, pair[0]));
        }
        let rule = "must be at least 1";
        ConfigError::unless(*switch_after > 0, "switch_after", rule, switch_after)?;
        ConfigError::unless(
            *fail_back_after > 0,
            "fail_back_after",
            rule,
            fail_back_after,
        )
    }

    fn check_after(&self, old: &Self) -> Result<(), ConfigError> {
        self.check()?;
        let same = self.targets == old.targets;
        ConfigError::unless(same, "targets", "must stay as they are", &self.targets)
    }
}
