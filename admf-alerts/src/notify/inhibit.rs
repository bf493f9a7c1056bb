//! Alerts that keep others quiet.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::Fingerprint;
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
    rules: Vec<(InhibitRule, Sources)>,
}

/// By the values of the labels that must be equal: the sources, and whether each is a target too.
type Sources = BTreeMap<Vec<String>, BTreeMap<Fingerprint, bool>>;

impl Inhibitor {
    pub(super) fn new(rules: Vec<InhibitRule>) -> Self {
        let rules = rules.into_iter().map(|rule| (rule, Sources::new()));
        Self {
            rules: rules.collect(),
        }
    }

    pub(super) fn add(&mut self, labels: &Labels) {
        let fingerprint = Fingerprint::of(labels.iter());
        for (rule, sources) in &mut self.rules {
            if all(&rule.source, labels) {
                let both = all(&rule.target, labels);
                let alike = sources.entry(rule.key(labels)).or_default();
                alike.insert(fingerprint, both);
            }
        }
    }

    pub(super) fn remove(&mut self, labels: &Labels) {
        let fingerprint = Fingerprint::of(labels.iter());
        for (rule, sources) in &mut self.rules {
            let key = rule.key(labels);
            if let Some(alike) = sources.get_mut(&key) {
                alike.remove(&fingerprint);
                if alike.is_empty() {
                    sources.remove(&key);
                }
            }
        }
    }

    /// Lists the alerts that keep one quiet as long as they fire. Those that are source and target of a rule do not by
    /// it where that one is both too.
    pub(super) fn sources<'i>(
        &'i self,
        labels: &'i Labels,
    ) -> impl Iterator<Item = Fingerprint> + use<'i> {
        let mine = self
            .rules
            .iter()
            .filter(|(rule, _)| all(&rule.target, labels));
        mine.flat_map(|(rule, sources)| {
            let two_sided = all(&rule.source, labels);
            let alike = sources.get(&rule.key(labels)).into_iter().flatten();
            alike
                .filter(move |&(_, &both)| !(both && two_sided))
                .map(|(&fingerprint, _)| fingerprint)
        })
    }
}
