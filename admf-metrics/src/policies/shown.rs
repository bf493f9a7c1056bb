//! What was shown of the policies so far.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use resilience_core::{Policy, Snapshot, Time};

use super::catalogue::POLICIES;
use super::read::read;
use super::series::{Others, Series, Value};
use crate::catalogue::Metric;
use crate::meter::{Meter, TOTALS_STAY};

/// The policies that were seen, alive or gone for less than [`TOTALS_STAY`], by kind and name.
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
    /// When it was first found to be gone.
    gone: Option<Time>,
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
        self.end(now, meter);
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
            let own_names = self.own.entry(sharing(kind)).or_default();
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
        one.gone = None;
        one.next = 0;
        Some(one)
    }

    /// Ends the levels that nobody stated, and the totals of policies that are gone for good.
    fn end(&mut self, now: Time, meter: &Meter) {
        let scrape = self.scrape;
        for (kind, named) in &mut self.policies {
            named.retain(|name, one| {
                one.remove(meter, name, |it| it.is_over(scrape));
                if one.shown == scrape || !one.own {
                    return one.shown == scrape;
                }
                let gone = *one.gone.get_or_insert(now);
                let stays = now.since(gone) < TOTALS_STAY;
                if !stays {
                    one.remove(meter, name, |_| true);
                    if let Some(own_names) = self.own.get_mut(sharing(kind)) {
                        *own_names = own_names.saturating_sub(1);
                    }
                }
                stays
            });
        }
    }
}

/// Returns the word for all kinds that share metrics: those of keyed policies are the same, whatever their
/// gates.
fn sharing(kind: &'static str) -> &'static str {
    if kind.starts_with("keyed_") {
        "keyed"
    } else {
        kind
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
            gone: None,
        }
    }

    /// Removes the series of which `which` says so.
    fn remove(&mut self, meter: &Meter, name: &str, which: impl Fn(&Series) -> bool) {
        self.series.retain(|it| {
            let over = which(it);
            if over {
                it.remove(meter, name);
            }
            !over
        });
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
