//! The ways in which a receiver is told, and what tells them apart over reloads and restarts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::config::Config;
use super::log::LogKey;

/// Declares one way in which a receiver is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// What it is and where it leads, so that what was told by it is told from what was told by others, whatever their
    /// order. Default: empty, so that it is known by its place among those of no name.
    pub name: String,
    /// Whether it is told of what has ended. Default: yes.
    pub send_resolved: bool,
}

/// Names an integration of a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntegrationId {
    /// Its [name](Integration::name).
    pub name: String,
    /// Its number among those of the receiver that have this name.
    pub number: usize,
}

impl Integration {
    /// Returns the alerts of a batch that it is told of.
    pub fn takes<'a>(&self, alerts: &'a [Arc<Alert>]) -> impl Iterator<Item = &'a Arc<Alert>> {
        let all = self.send_resolved;
        let alerts = alerts.iter();
        alerts.filter(move |alert| all || alert.ends_at.is_none())
    }
}

impl Default for Integration {
    fn default() -> Self {
        Self {
            name: String::new(),
            send_resolved: true,
        }
    }
}

impl IntegrationId {
    /// Names the integrations of a receiver by their names, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_alerts::notify::IntegrationId;
    ///
    /// let numbers = |names: &[&'static str]| -> Vec<usize> {
    ///     IntegrationId::of(names.iter().copied()).map(|it| it.number).collect()
    /// };
    /// assert_eq!(numbers(&["mail", "webhook", "mail"]), [0, 0, 1]);
    /// ```
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> impl Iterator<Item = Self> {
        let mut before = Vec::new();
        names.into_iter().map(move |name| {
            let number = before.iter().filter(|it| **it == name).count();
            before.push(name);
            Self {
                name: name.to_owned(),
                number,
            }
        })
    }
}

impl Config {
    /// Lists the integrations of a receiver, in order; none of one that there is not.
    pub fn integrations(
        &self,
        receiver: &str,
    ) -> impl Iterator<Item = (IntegrationId, &Integration)> {
        let all = self.receivers.get(receiver).into_iter().flatten();
        IntegrationId::of(all.clone().map(|it| it.name.as_str())).zip(all)
    }

    /// Says whether there is the integration that a key names.
    pub(super) fn has(&self, key: &LogKey) -> bool {
        let mut all = self.integrations(&key.receiver);
        all.any(|(id, _)| id == key.integration)
    }
}
