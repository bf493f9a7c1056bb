//! Who is told next of alerts that nobody takes up.

use std::time::Duration;

use crate::labels::Labels;
use crate::rule::Rule;
use crate::series::Matcher;

/// Declares who is told next, level by level, as long as nobody takes an alert up.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    /// Which alerts.
    pub matchers: Vec<Matcher>,
    /// The levels, in the order of their delays.
    pub levels: Vec<Level>,
    /// How often all levels are gone through again. Default: never.
    pub repeat: u32,
    /// How long after the last level the first one comes again. Default: 0.
    pub gap: Duration,
    /// How long it counts that somebody took an alert up. Default: until it ends.
    pub acknowledged_for: Option<Duration>,
}

/// Declares a level of a [`Ladder`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// How long after the first notice it is reached, without the time in which the alert was acknowledged or silenced.
    pub delay: Duration,
    /// Who is told then.
    pub receivers: Vec<String>,
}

impl Ladder {
    /// Returns that of a rule which has an escalation, for the alerts of its name.
    #[must_use]
    pub fn of(rule: &Rule) -> Option<Self> {
        let mut levels = rule.notify.escalation.clone();
        levels.sort_by_key(|it| it.level);
        let levels = levels.into_iter().map(|it| Level {
            delay: it.delay,
            receivers: it.receivers,
        });
        let levels: Vec<Level> = levels.collect();
        (!levels.is_empty()).then(|| Self {
            matchers: vec![Matcher::equal("alertname", &rule.name)],
            levels,
            ..Self::default()
        })
    }

    /// Says whether it is that of an alert, if none before it is.
    #[must_use]
    pub fn takes(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let sorted = self.levels.is_sorted_by_key(|it| it.delay);
        match sorted {
            true => Ok(()),
            false => {
                Err("the delays of an escalation must not fall from level to level".to_owned())
            }
        }
    }
}

/// How bad an alert is, by its label `severity`: more is worse.
pub(super) fn rank(labels: &Labels) -> u8 {
    match labels.get("severity").unwrap_or_default() {
        "critical" | "page" => 4,
        "high" | "error" => 3,
        "warning" | "medium" => 2,
        "info" | "low" => 1,
        _ => 0,
    }
}
