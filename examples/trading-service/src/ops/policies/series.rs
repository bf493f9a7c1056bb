//! One series of one policy.

use admf_metrics::{Counter, Gauge, Kind, Meter, Metric};

/// A label other than the policy's name, where a metric has one.
pub(super) type Other<'a> = Option<(&'static str, &'a str)>;

/// What a policy says of one series.
#[derive(Clone, Copy, Debug)]
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
    metric: &'static str,
    other: Option<String>,
    handle: Handle,
}

#[derive(Debug)]
enum Handle {
    Total {
        counter: Counter,
        /// What the policies before this one came to.
        before: u64,
        last: u64,
    },
    Level(Gauge),
}

impl Series {
    /// Resolves the series; `None` where the exporter does not know the metric.
    pub(super) fn resolve(
        meter: &Meter,
        metric: &Metric,
        name: &str,
        other: Other<'_>,
    ) -> Option<Self> {
        let labels: Vec<_> = [("name", name)].into_iter().chain(other).collect();
        let handle = match metric.kind {
            Kind::Counter => Handle::Total {
                counter: meter.counter(metric, &labels).ok()?,
                before: 0,
                last: 0,
            },
            _ => Handle::Level(meter.gauge(metric, &labels).ok()?),
        };
        Some(Self {
            metric: metric.name,
            other: other.map(|(_, value)| value.to_owned()),
            handle,
        })
    }

    /// Says whether it is that of this metric and label.
    pub(super) fn is(&self, metric: &Metric, other: Other<'_>) -> bool {
        self.metric == metric.name && self.other.as_deref() == other.map(|(_, value)| value)
    }

    /// Shows what the policy says.
    pub(super) fn show(&mut self, value: Value) {
        match (&mut self.handle, value) {
            (
                Handle::Total {
                    counter,
                    before,
                    last,
                },
                Value::Total(total),
            ) => {
                // A policy that was reset counts from 0 again, and what it had counted stays counted.
                if total < *last {
                    *before = before.saturating_add(*last);
                }
                *last = total;
                counter.absolute(before.saturating_add(total));
            }
            (Handle::Level(gauge), Value::Level(level)) => gauge.set(level),
            // The catalogue and `read` agree: the tests read every kind of policy.
            _ => {}
        }
    }

    /// Takes what comes next as of another policy.
    pub(super) fn begin_anew(&mut self) {
        match &mut self.handle {
            Handle::Total { before, last, .. } => {
                *before = before.saturating_add(*last);
                *last = 0;
            }
            // A target that the new policy does not have would keep its level.
            Handle::Level(gauge) => gauge.set(0.0),
        }
    }

    /// Shows that there is no such policy any more.
    pub(super) fn clear(&mut self) {
        if let Handle::Level(gauge) = &self.handle {
            gauge.set(0.0);
        }
    }
}
