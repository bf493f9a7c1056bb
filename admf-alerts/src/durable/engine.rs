//! The engine's snapshot as rows, so that a step writes what has changed and no more.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::engine::{AlertSnapshot, RuleSnapshot, Snapshot};

type Map = BTreeMap<String, String>;

/// File, group, name and labels of the rule; its number among those that are alike; the labels of the alert, none for
/// the row of the rule itself.
type Key<'s> = (&'s str, &'s str, &'s str, &'s Map, usize, Option<&'s Map>);
type OwnKey = (String, String, String, Map, usize, Option<Map>);

/// Since when an alert has been active, and when it was last seen: of a rule, when the last of its alerts was; of an
/// alert, where that is not the same. So an alert that goes on is no change.
type Times = (Option<Duration>, Option<Duration>);

/// What is to be written, by key; what is `None` is gone.
#[derive(Debug, Default)]
pub(super) struct EngineChanges {
    /// Whether this is all there is.
    pub(super) whole: bool,
    pub(super) rows: BTreeMap<String, Option<String>>,
}

impl EngineChanges {
    /// Adds what makes `new` of `old`.
    pub(super) fn add(&mut self, old: &Snapshot, new: &Snapshot) {
        let (old, new) = (rows(old), rows(new));
        let gone = old.keys().filter(|key| !new.contains_key(*key));
        let gone = gone.map(|key| (json(key), None));
        let changed = new.iter().filter(|(key, row)| old.get(*key) != Some(*row));
        let changed = changed.map(|(key, row)| (json(key), Some(json(row))));
        self.rows.extend(gone.chain(changed));
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.whole && self.rows.is_empty()
    }
}

fn rows(snapshot: &Snapshot) -> BTreeMap<Key<'_>, Times> {
    let mut rows = BTreeMap::new();
    let mut alike = BTreeMap::new();
    for rule in &snapshot.rules {
        let (file, group, name) = (&*rule.file, &*rule.group, &*rule.rule);
        let number = alike.entry((file, group, name, &rule.labels)).or_insert(0);
        let key = |alert| (file, group, name, &rule.labels, *number, alert);
        let seen = rule.alerts.iter().map(|it| it.seen_at).max();
        rows.insert(key(None), (None, seen));
        for alert in &rule.alerts {
            let differs = Some(alert.seen_at).filter(|it| Some(*it) != seen);
            rows.insert(key(Some(&alert.labels)), (Some(alert.active_at), differs));
        }
        *number += 1;
    }
    rows
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain values can be written")
}

/// Reads rows, in any order.
#[derive(Debug, Default)]
pub(super) struct EngineRows(BTreeMap<OwnKey, Times>);

impl EngineRows {
    pub(super) fn read(&mut self, key: &str, times: &str) -> Result<(), String> {
        let problem = |error: serde_json::Error| format!("engine: {error}");
        let key = serde_json::from_str(key).map_err(problem)?;
        self.0
            .insert(key, serde_json::from_str(times).map_err(problem)?);
        Ok(())
    }

    pub(super) fn snapshot(self) -> Result<Snapshot, String> {
        let mut rules = Vec::<(usize, RuleSnapshot)>::new();
        let mut seen = None;
        // The row of a rule comes before those of its alerts.
        for ((file, group, rule, labels, number, alert), (active_at, seen_at)) in self.0 {
            let Some(alert) = alert else {
                seen = seen_at;
                let rule = RuleSnapshot {
                    file,
                    group,
                    rule,
                    labels,
                    alerts: Vec::new(),
                };
                rules.push((number, rule));
                continue;
            };
            let of = rules.last_mut().filter(|(of_number, of)| {
                (&of.file, &of.group, &of.rule, &of.labels) == (&file, &group, &rule, &labels)
                    && *of_number == number
            });
            let (of, times) = (of, active_at.zip(seen_at.or(seen)));
            let ((_, of), (active_at, seen_at)) = of
                .zip(times)
                .ok_or("engine: an alert without a rule or without times")?;
            of.alerts.push(AlertSnapshot {
                labels: alert,
                active_at,
                seen_at,
            });
        }
        let rules = rules.into_iter().map(|(_, rule)| rule).collect();
        Ok(Snapshot { rules })
    }
}
