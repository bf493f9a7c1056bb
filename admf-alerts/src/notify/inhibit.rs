//! Alerts that keep others quiet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::alert::{Alert, Fingerprint};
use crate::labels::Labels;
use crate::series::Matcher;

/// Says that as long as one alert fires, others are not told of.
#[derive(Clone, Debug, Default)]
pub struct InhibitRule {
    /// Which alerts keep others quiet.
    pub source: Vec<Matcher>,
    /// Which ones are kept quiet.
    pub target: Vec<Matcher>,
    /// Labels that are the same on both; one that is missing is empty.
    pub equal: BTreeSet<String>,
}

impl InhibitRule {
    fn key(&self, labels: &Labels) -> Vec<String> {
        let value = |name| labels.get(name).unwrap_or_default().to_owned();
        self.equal.iter().map(|name| value(name)).collect()
    }
}

fn all(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels))
}

/// Knows which alerts may keep others quiet.
#[derive(Debug, Default)]
pub(super) struct Inhibitor {
    rules: Vec<(InhibitRule, BTreeMap<Vec<String>, Sources>)>,
}

/// Sources that are alike in the labels that must be equal.
#[derive(Debug, Default)]
struct Sources {
    /// Those that are targets too, and those that are not, by their ends: who fires longest comes last.
    by_end: BTreeMap<bool, BTreeSet<(Duration, Fingerprint)>>,
    ends: BTreeMap<Fingerprint, (bool, Duration)>,
}

impl Sources {
    fn add(&mut self, source: Fingerprint, both: bool, end: Duration) {
        self.remove(source);
        self.ends.insert(source, (both, end));
        self.by_end.entry(both).or_default().insert((end, source));
    }

    fn remove(&mut self, source: Fingerprint) {
        let Some((both, end)) = self.ends.remove(&source) else {
            return;
        };
        if let Some(alike) = self.by_end.get_mut(&both) {
            alike.remove(&(end, source));
        }
    }

    /// Those that fire at `now`, of one kind.
    fn firing(&self, both: bool, now: Duration) -> impl Iterator<Item = Fingerprint> {
        let alike = self.by_end.get(&both).into_iter();
        let firing = alike.flat_map(move |it| it.iter().rev().take_while(move |it| it.0 > now));
        firing.map(|it| it.1)
    }
}

impl Inhibitor {
    pub(super) fn new(rules: Vec<InhibitRule>) -> Self {
        let rules = rules.into_iter().map(|rule| (rule, BTreeMap::new()));
        Self {
            rules: rules.collect(),
        }
    }

    /// Takes an alert, or its new end.
    pub(super) fn add(&mut self, alert: &Alert) {
        let labels = &alert.labels;
        let fingerprint = Fingerprint::of(labels.iter());
        let end = alert.ends_at.unwrap_or(Duration::MAX);
        for (rule, sources) in &mut self.rules {
            if all(&rule.source, labels) {
                let both = all(&rule.target, labels);
                let alike = sources.entry(rule.key(labels)).or_default();
                alike.add(fingerprint, both, end);
            }
        }
    }

    pub(super) fn remove(&mut self, labels: &Labels) {
        let fingerprint = Fingerprint::of(labels.iter());
        for (rule, sources) in &mut self.rules {
            let key = rule.key(labels);
            if let Some(alike) = sources.get_mut(&key) {
                alike.remove(fingerprint);
                if alike.ends.is_empty() {
                    sources.remove(&key);
                }
            }
        }
    }

    /// Lists the alerts that fire at `now` and keep one quiet. Those that are source and target of a rule do not by it
    /// where that one is both too.
    pub(super) fn sources<'i>(
        &'i self,
        labels: &'i Labels,
        now: Duration,
    ) -> impl Iterator<Item = Fingerprint> + use<'i> {
        let mine = self
            .rules
            .iter()
            .filter(|(rule, _)| all(&rule.target, labels));
        mine.flat_map(move |(rule, sources)| {
            let two_sided = all(&rule.source, labels);
            let alike = sources.get(&rule.key(labels)).into_iter();
            alike.flat_map(move |it| {
                let others = it.firing(false, now);
                let both = (!two_sided).then(|| it.firing(true, now));
                others.chain(both.into_iter().flatten())
            })
        })
    }
}
