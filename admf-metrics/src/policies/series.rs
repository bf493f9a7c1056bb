//! One series of one policy.

use crate::catalogue::{Kind, Metric};
use crate::handle::{Counter, Gauge};
use crate::meter::Meter;

/// The labels other than the policy's name, in the metric's order.
pub(super) type Others<'a> = &'a [(&'static str, &'a str)];

/// What a policy says of one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// A count since the policy was built.
    Total(u64),
    /// A level.
    Level(f64),
}

impl Value {
    /// Makes 1 of what is so, and 0 of what is not.
    pub(super) fn flag(is: bool) -> Self {
        Self::Level(f64::from(u8::from(is)))
    }
}

/// A series with its handle.
#[derive(Debug)]
pub(super) struct Series {
    metric: &'static Metric,
    others: Vec<(&'static str, String)>,
    handle: Handle,
    /// The scrape by which it was last shown.
    shown: u64,
}

#[derive(Debug)]
enum Handle {
    Total {
        counter: Counter,
        /// How much of what the policy counted is shown.
        last: u64,
    },
    Level(Gauge),
}

impl Series {
    /// Resolves the series of the policy called `name`.
    ///
    /// `None` where the meter does not know it, which [`PolicyMetrics::new`](super::PolicyMetrics::new)
    /// excludes.
    pub(super) fn resolve(
        meter: &Meter,
        metric: &'static Metric,
        name: &str,
        others: Others<'_>,
    ) -> Option<Self> {
        let labels = labels(metric, name, others.iter().copied());
        let handle = match metric.kind {
            Kind::Counter => Handle::Total {
                counter: meter.counter(metric, &labels).ok()?,
                last: 0,
            },
            _ => Handle::Level(meter.gauge(metric, &labels).ok()?),
        };
        Some(Self {
            metric,
            others: others
                .iter()
                .map(|(label, value)| (*label, (*value).to_owned()))
                .collect(),
            handle,
            shown: 0,
        })
    }

    /// Says whether it is that of this metric and these labels.
    pub(super) fn is(&self, metric: &Metric, others: Others<'_>) -> bool {
        let others = others.iter().map(|(_, value)| *value);
        self.metric.name == metric.name && others.eq(self.others.iter().map(|(_, it)| it.as_str()))
    }

    /// Shows what the policy says at the scrape of this number.
    pub(super) fn show(&mut self, value: Value, scrape: u64) {
        self.shown = scrape;
        match (&mut self.handle, value) {
            // Added, not set: policies past the cap share a series. A count never falls while a policy
            // lives, but that a retry which is withdrawn is one less until the next.
            (Handle::Total { counter, last }, Value::Total(total)) => {
                counter.increment(total.saturating_sub(*last));
                *last = total.max(*last);
            }
            (Handle::Level(gauge), Value::Level(level)) => gauge.set(level),
            // The catalogue and `read` agree: the tests read every kind of policy.
            _ => {}
        }
    }

    /// Takes what comes next as of another policy, which counts from 0.
    pub(super) fn begin_anew(&mut self) {
        if let Handle::Total { last, .. } = &mut self.handle {
            *last = 0;
        }
    }

    /// Says whether it is a level of which the scrape of this number said nothing: there is none any more.
    pub(super) fn is_over(&self, scrape: u64) -> bool {
        matches!(self.handle, Handle::Level(_)) && self.shown != scrape
    }

    /// Takes the series of the policy called `name` away, and gives the places of its labels back.
    pub(super) fn remove(&self, meter: &Meter, name: &str) {
        // One that several share past a cap, or of a recorder that removes nothing, is hidden.
        if let Handle::Level(gauge) = &self.handle {
            gauge.clear();
        }
        let others = self.others.iter().map(|(label, it)| (*label, it.as_str()));
        meter.remove(self.metric, &labels(self.metric, name, others));
    }
}

/// Returns the labels of a series of the policy called `name`, which is the first of them.
fn labels<'a>(
    metric: &Metric,
    name: &'a str,
    others: impl Iterator<Item = (&'static str, &'a str)>,
) -> Vec<(&'static str, &'a str)> {
    let first = metric.labels.first().map(|label| (label.name, name));
    first.into_iter().chain(others).collect()
}
