//! Which metrics there are: what rules may ask for.
//!
#![doc = include_str!("../../docs/rule_checks.md")]

mod check;
#[cfg(feature = "metrics")]
mod declared;
mod finding;
mod kinds;
mod known;
mod labels;
mod nearest;
mod resolve;
mod series;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use finding::{Finding, Severity};
pub use known::{KnownLabel, KnownMetric};
pub use resolve::Unknown;

use crate::samples::{FamilyKind, ParseError};

/// Holds the metrics that rules may ask for: names, kinds, labels, and other names for them.
///
/// # Examples
///
/// ```
/// use admf_alerts::catalogue::{KnownMetric, Metrics};
/// use admf_alerts::samples::FamilyKind;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = Metrics::default()
///     .with(KnownMetric::new("admf_api_latency_seconds", FamilyKind::Histogram))
///     .with(KnownMetric::new("queued_orders", FamilyKind::Gauge))
///     .alias("performance.queue", "queued_orders")?;
/// assert_eq!(metrics.resolve("performance.queue")?, "queued_orders");
/// assert_eq!(metrics.resolve("api.latencySeconds")?, "admf_api_latency_seconds");
/// assert_eq!(
///     metrics.resolve("performance.queues").unwrap_err().to_string(),
///     "unknown metric `performance.queues`; near it is `performance.queue`",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Metrics {
    metrics: BTreeMap<String, KnownMetric>,
    /// Other names, and what they stand for.
    aliases: BTreeMap<String, String>,
    /// Labels that any series may have.
    shared: BTreeSet<String>,
}

/// Knows no metric; any series may have the labels `job` and `instance`, which a server gives it.
impl Default for Metrics {
    fn default() -> Self {
        Self {
            metrics: BTreeMap::new(),
            aliases: BTreeMap::new(),
            shared: ["job", "instance"].map(str::to_owned).into(),
        }
    }
}

impl Metrics {
    /// Takes the metrics that have a `# TYPE` in a Prometheus text, with any labels.
    ///
    /// # Errors
    ///
    /// The first line that cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_alerts::catalogue::Metrics;
    ///
    /// let metrics = Metrics::parse("# TYPE calls_total counter\ncalls_total 3\n")?;
    /// assert!(metrics.find("calls_total").is_some());
    /// # Ok::<(), admf_alerts::samples::ParseError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let exposition = admf_exposition::parse(text)?;
        let typed = exposition.families().iter();
        let typed = typed.filter(|family| family.kind != FamilyKind::Untyped);
        let metrics = typed.map(|family| KnownMetric::new(family.name, family.kind));
        Ok(metrics.fold(Self::default(), Self::with))
    }

    /// Adds a metric, in place of one of its name.
    #[must_use]
    pub fn with(mut self, metric: KnownMetric) -> Self {
        self.metrics.insert(metric.name.clone(), metric);
        self
    }

    /// Adds what another table knows. What both know stays as it is here.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (name, metric) in other.metrics {
            self.metrics.entry(name).or_insert(metric);
        }
        for (alias, name) in other.aliases {
            self.aliases.entry(alias).or_insert(name);
        }
        self.shared.extend(other.shared);
        self
    }

    /// Adds another name, such as `performance.queue`, for a metric that is known.
    ///
    /// # Errors
    ///
    /// The metric is not known.
    pub fn alias(mut self, alias: impl Into<String>, name: &str) -> Result<Self, Unknown> {
        let name = self.resolve(name)?.to_owned();
        self.aliases.insert(alias.into(), name);
        Ok(self)
    }

    /// Adds a label that any series may have, such as one that a server adds to all of its targets.
    #[must_use]
    pub fn shared_label(mut self, name: impl Into<String>) -> Self {
        self.shared.insert(name.into());
        self
    }

    /// Finds a metric by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&KnownMetric> {
        self.metrics.get(name)
    }

    /// Lists the metrics, sorted by name.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &KnownMetric> {
        self.metrics.values()
    }
}
