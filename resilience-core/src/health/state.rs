//! How each component is, and what follows for the system.

use std::collections::BTreeMap;
use std::time::Duration;

use super::config::{ComponentConfig, HealthConfig};
use super::status::{Finding, HealthStatus};
use crate::{Name, Time};

/// A yes or no that changes only when enough answers in a row say so. The first answer decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hysteresis {
    is: Option<bool>,
    /// Answers in a row that say the opposite.
    against: u32,
}

impl Hysteresis {
    fn learn(&mut self, answer: bool, config: &ComponentConfig) {
        if self.is.is_some_and(|is| is != answer) {
            self.against = self.against.saturating_add(1);
            let enough = match answer {
                true => config.up_after,
                false => config.down_after,
            };
            if self.against < enough {
                return;
            }
        }
        self.is = Some(answer);
        self.against = 0;
    }
}

/// One component.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) config: ComponentConfig,
    /// Whether it does its job.
    works: Hysteresis,
    /// Whether it does it as well as it should.
    well: Hysteresis,
    pub(super) since: Time,
    pub(super) checks: u64,
    pub(super) failures: u64,
    /// Bad checks in a row, the last ones.
    pub(super) failures_in_a_row: u32,
    pub(super) last_check: Option<Time>,
    pub(super) last_took: Option<Duration>,
    /// The last check that was not a good one: when, and why.
    pub(super) last_error: Option<(Time, String)>,
}

/// A change of a component's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) component: Name,
    pub(super) from: HealthStatus,
    pub(super) to: HealthStatus,
    pub(super) reason: String,
}

/// There is no such component.
#[derive(Debug)]
pub(super) struct Unwatched;

impl Row {
    fn new(config: ComponentConfig, now: Time) -> Self {
        Self {
            config,
            works: Hysteresis::default(),
            well: Hysteresis::default(),
            since: now,
            checks: 0,
            failures: 0,
            failures_in_a_row: 0,
            last_check: None,
            last_took: None,
            last_error: None,
        }
    }

    pub(super) fn status(&self) -> HealthStatus {
        match (self.works.is, self.well.is) {
            (None, _) | (_, None) => HealthStatus::Unknown,
            (Some(false), _) => HealthStatus::Unhealthy,
            (Some(true), Some(false)) => HealthStatus::Degraded,
            (Some(true), Some(true)) => HealthStatus::Healthy,
        }
    }

    fn learn(&mut self, finding: Finding, took: Option<Duration>, now: Time) {
        let before = self.status();
        let works = !matches!(finding, Finding::Unhealthy(_));
        self.works.learn(works, &self.config);
        self.well.learn(finding == Finding::Healthy, &self.config);
        self.checks = self.checks.saturating_add(1);
        self.last_check = Some(now);
        self.last_took = took;
        self.failures_in_a_row = match works {
            true => 0,
            false => self.failures_in_a_row.saturating_add(1),
        };
        self.failures = self.failures.saturating_add(u64::from(!works));
        if let Finding::Degraded(why) | Finding::Unhealthy(why) = finding {
            self.last_error = Some((now, why));
        }
        if self.status() != before {
            self.since = now;
        }
    }
}

#[derive(Debug)]
pub(super) struct State {
    enabled: bool,
    rows: BTreeMap<Name, Row>,
}

impl State {
    pub(super) fn new(config: HealthConfig, now: Time) -> Self {
        let rows = config.components.into_iter();
        Self {
            enabled: config.enabled,
            rows: rows.map(|(name, it)| (name, Row::new(it, now))).collect(),
        }
    }

    pub(super) const fn enabled(&self) -> bool {
        self.enabled
    }

    pub(super) const fn rows(&self) -> &BTreeMap<Name, Row> {
        &self.rows
    }

    pub(super) fn row(&self, component: &str) -> Option<&Row> {
        self.rows.get(component)
    }

    /// Learns what a check of `component` found; returns how its status changed.
    pub(super) fn learn(
        &mut self,
        component: &str,
        finding: Finding,
        took: Option<Duration>,
        now: Time,
    ) -> Result<Option<Change>, Unwatched> {
        let row = self.rows.get_mut(component).ok_or(Unwatched)?;
        if !self.enabled {
            return Ok(None);
        }
        let from = row.status();
        let reason = finding.reason().to_owned();
        row.learn(finding, took, now);
        let to = row.status();
        let (component, _) = self.rows.get_key_value(component).expect("it was there");
        Ok((from != to).then(|| Change {
            component: component.clone(),
            from,
            to,
            reason,
        }))
    }

    /// Says how the system is.
    pub(super) fn system(&self) -> HealthStatus {
        if !self.enabled {
            return HealthStatus::Unknown;
        }
        let is = |critical: bool, status: HealthStatus| {
            let mut rows = self.rows.values();
            rows.any(|it| (!critical || it.config.critical) && it.status() == status)
        };
        if is(true, HealthStatus::Unhealthy) {
            HealthStatus::Unhealthy
        } else if is(true, HealthStatus::Unknown) {
            HealthStatus::Unknown
        } else if is(false, HealthStatus::Unhealthy) || is(false, HealthStatus::Degraded) {
            HealthStatus::Degraded
        } else {
            HealthStatus::Healthy
        }
    }

    /// Watches one more component, or an old one by other numbers.
    pub(super) fn add(&mut self, component: Name, config: ComponentConfig, now: Time) {
        match self.rows.get_mut(&component) {
            Some(row) => row.config = config,
            None => {
                self.rows.insert(component, Row::new(config, now));
            }
        }
    }

    pub(super) fn remove(&mut self, component: &str) -> Option<Row> {
        self.rows.remove(component)
    }

    pub(super) fn config(&self) -> HealthConfig {
        let rows = self.rows.iter();
        HealthConfig {
            enabled: self.enabled,
            components: rows
                .map(|(name, row)| (name.clone(), row.config.clone()))
                .collect(),
        }
    }

    /// Goes by another config. What is known of components that stay is kept, unless nobody is to be
    /// checked any more: then all is unknown.
    pub(super) fn reconfigure(&mut self, config: HealthConfig, now: Time) -> Vec<Change> {
        let names = &config.components;
        self.rows.retain(|name, _| names.contains_key(name));
        for (name, component) in config.components {
            self.add(name, component, now);
        }
        self.enabled = config.enabled;
        if self.enabled {
            return Vec::new();
        }
        let known = self.rows.iter_mut();
        let known = known.filter(|(_, row)| row.status() != HealthStatus::Unknown);
        let forget = |(name, row): (&Name, &mut Row)| {
            let from = row.status();
            (row.works, row.well) = Default::default();
            row.failures_in_a_row = 0;
            row.since = now;
            Change {
                component: name.clone(),
                from,
                to: HealthStatus::Unknown,
                reason: "checks are disabled".to_owned(),
            }
        };
        known.map(forget).collect()
    }
}
