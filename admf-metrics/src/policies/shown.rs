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
    /// How many names have series of their own, by the kinds that share metrics.
    own: BTreeMap<&'static str, usize>,
    scrape: u64,
}

#[derive(Debug)]
struct One {
    policy: Weak<dyn Policy>,
    /// Whether it has series of its own. Those past the cap share theirs: what they count adds up there,
    /// levels would be nobody's.
    own: bool,
    series: Vec<Series>,
    /// Where the next value's series is looked for first: values come in much the same order each time.
    next: usize,
    /// The scrape by which it was last shown.
    shown: u64,
}

/// What one scrape shows a policy by.
#[derive(Clone, Copy)]
struct By<'a> {
    meter: &'a Meter,
    name: &'a str,
    scrape: u64,
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
        for (policy, snapshot) in living {
            let by = By {
                meter,
                name: policy.name().as_str(),
                scrape: self.scrape,
            };
            if let Some(one) = self.begin(policy) {
                read(
                    policy.kind(),
                    snapshot,
                    now,
                    &mut |metric, others, value| {
                        one.show(metric, others, value, by);
                    },
                );
            }
        }
        self.end();
    }

    /// Finds what was shown of a policy, or of the one whose place it takes.
    ///
    /// `None` where this scrape showed one of its kind and name already: a gate by key may be called as
    /// another policy is.
    fn begin(&mut self, policy: &Arc<dyn Policy>) -> Option<&mut One> {
        let (kind, name) = (policy.kind(), policy.name().as_str());
        let new = Arc::downgrade(policy);
        let named = self.policies.entry(kind).or_default();
        if !named.contains_key(name) {
            // The metrics of keyed policies are the same, whatever their gates.
            let keyed = kind.starts_with("keyed_");
            let own_names = self
                .own
                .entry(if keyed { "keyed" } else { kind })
                .or_default();
            let own = *own_names < POLICIES;
            *own_names += usize::from(own);
            named.insert(name.to_owned(), One::new(new.clone(), own));
        }
        let one = named.get_mut(name)?;
        if one.shown == self.scrape {
            return None;
        }
        if !one.policy.ptr_eq(&new) {
            // Kept until now, the place in memory of the old one is not that of the new one.
            one.policy = new;
            one.series.iter_mut().for_each(Series::begin_anew);
        }
        one.shown = self.scrape;
        one.next = 0;
        Some(one)
    }

    /// Ends the levels that nobody stated.
    fn end(&mut self) {
        let scrape = self.scrape;
        for named in self.policies.values_mut() {
            named.retain(|_, one| {
                let series = one.series.iter_mut();
                series.for_each(|it| it.end_unless_shown(scrape));
                one.own || one.shown == scrape
            });
        }
    }
}

impl One {
    fn new(policy: Weak<dyn Policy>, own: bool) -> Self {
        Self {
            policy,
            own,
            series: Vec::new(),
            next: 0,
            shown: 0,
        }
    }

    fn show(&mut self, metric: &'static Metric, others: Others<'_>, value: Value, by: By<'_>) {
        if !self.own && matches!(value, Value::Level(_)) {
            return;
        }
        let is = |it: &Series| it.is(metric, others);
        let found = match self.series.get(self.next).is_some_and(is) {
            true => Some(self.next),
            false => self.series.iter().position(is),
        };
        let found = found.or_else(|| {
            let new = Series::resolve(by.meter, metric, by.name, others)?;
            self.series.push(new);
            Some(self.series.len() - 1)
        });
        if let Some(found) = found {
            self.series[found].show(value, by.scrape);
            self.next = found + 1;
        }
    }
}
