//! What was shown of the policies so far.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use resilience_core::{Policy, Snapshot, Time};

use super::catalogue::POLICIES;
use super::read::read;
use super::series::{Others, Series, Value};
use crate::catalogue::Metric;
use crate::meter::Meter;

/// The policies that were seen, alive or gone, by kind and name.
///
/// Bounded by those that are alive and [`POLICIES`] names of each kind.
#[derive(Debug, Default)]
pub(super) struct Shown {
    policies: BTreeMap<&'static str, BTreeMap<String, One>>,
    scrape: u64,
}

#[derive(Debug)]
struct One {
    /// `None` once it is gone: who takes its place in memory is not taken for it.
    policy: Option<Weak<dyn Policy>>,
    /// Whether it has series of its own. Those past the cap share theirs: what they count adds up there,
    /// levels would be nobody's.
    own: bool,
    series: Vec<Series>,
}

impl Shown {
    /// Shows what the living say.
    pub(super) fn update(
        &mut self,
        living: &[(Arc<dyn Policy>, Snapshot)],
        now: Time,
        meter: &Meter,
    ) {
        self.scrape += 1;
        self.end_gone();
        for (policy, snapshot) in living {
            let scrape = self.scrape;
            let one = self.find(policy);
            let mut place = 0;
            read(
                policy.kind(),
                snapshot,
                now,
                &mut |metric, others, value| {
                    place = one.show(
                        (metric, others),
                        value,
                        place,
                        |metric, others| {
                            Series::resolve(meter, metric, policy.name().as_str(), others)
                        },
                        scrape,
                    );
                },
            );
            one.series
                .iter_mut()
                .for_each(|it| it.end_unless_shown(scrape));
        }
    }

    /// Ends the levels of policies that are gone.
    fn end_gone(&mut self) {
        let scrape = self.scrape;
        for named in self.policies.values_mut() {
            named.retain(|_, one| {
                let alive = |it: &Weak<dyn Policy>| it.strong_count() > 0;
                if one.policy.as_ref().is_some_and(|it| !alive(it)) {
                    one.policy = None;
                    one.series
                        .iter_mut()
                        .for_each(|it| it.end_unless_shown(scrape));
                }
                one.own || one.policy.is_some()
            });
        }
    }

    /// Finds what was shown of a policy, or of the one whose place it took.
    fn find(&mut self, policy: &Arc<dyn Policy>) -> &mut One {
        let (kind, name) = (policy.kind(), policy.name().as_str());
        let own = self.own_names(kind) < POLICIES;
        let named = self.policies.entry(kind).or_default();
        let one = named.entry(name.to_owned()).or_insert_with(|| One {
            policy: None,
            own,
            series: Vec::new(),
        });
        let new = Arc::downgrade(policy);
        if !one.policy.as_ref().is_some_and(|old| old.ptr_eq(&new)) {
            one.policy = Some(new);
            one.series.iter_mut().for_each(Series::begin_anew);
        }
        one
    }

    /// Counts the names that have series of their own in the metrics of a kind; those of keyed policies
    /// are the same, whatever their gates.
    fn own_names(&self, kind: &'static str) -> usize {
        let keyed = |kind: &str| kind.starts_with("keyed_");
        let same = self
            .policies
            .iter()
            .filter(|(it, _)| **it == kind || keyed(it) && keyed(kind));
        same.flat_map(|(_, named)| named.values())
            .filter(|it| it.own)
            .count()
    }
}

impl One {
    /// Shows one value. Values come in much the same order each time: `place` is where the series is
    /// looked for first. Returns where the next one is.
    fn show(
        &mut self,
        (metric, others): (&'static Metric, Others<'_>),
        value: Value,
        place: usize,
        resolve: impl FnOnce(&Metric, Others<'_>) -> Option<Series>,
        scrape: u64,
    ) -> usize {
        if !self.own && matches!(value, Value::Level(_)) {
            return place;
        }
        let is = |it: &Series| it.is(metric, others);
        let found = match self.series.get(place).is_some_and(is) {
            true => Some(place),
            false => self.series.iter().position(is),
        };
        let found = found.or_else(|| {
            self.series.push(resolve(metric, others)?);
            Some(self.series.len() - 1)
        });
        let Some(found) = found else { return place };
        self.series[found].show(value, scrape);
        found + 1
    }
}
