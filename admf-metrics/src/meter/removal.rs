//! Series that are over: taken out of what is shown, their places given back.

use super::Meter;
use super::family::Family;
use std::time::Duration;

use crate::catalogue::{Metric, own};

/// So long the totals of something that is gone stay: a server looks back as long for the last sample, and
/// whoever is built anew under the name in this time counts on.
pub(crate) const TOTALS_STAY: Duration = Duration::from_secs(300);

impl Meter {
    /// Removes one series, named by a value for each of its labels; says whether there was one.
    ///
    /// It is gone from the next scrape. What still holds a handle of it writes to nothing; resolving
    /// the same labels again makes a new series, from 0. Where it was the last with a value, that
    /// gives back its place under the label's cap.
    ///
    /// The meter's own series (`admf_metrics_*`) stay. A meter [on](Self::on) another recorder cannot
    /// remove: the answer is `false`, always.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_metrics::{Catalogue, Exporter, Label, Metric};
    ///
    /// const PRICE: Metric = Metric::gauge("market_price", "Last price.")
    ///     .labels(&[Label::capped("symbol", 1)]);
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = Exporter::local(Catalogue::new([PRICE])?);
    /// let meter = exporter.meter();
    /// meter.gauge(&PRICE, &[("symbol", "OLD")])?.set(1.0);
    ///
    /// assert!(meter.remove(&PRICE, &[("symbol", "OLD")]));
    /// meter.gauge(&PRICE, &[("symbol", "NEW")])?.set(2.0); // in the place that is free again
    ///
    /// let text = exporter.render();
    /// assert!(text.contains("market_price{symbol=\"NEW\"} 2\n") && !text.contains("OLD"));
    /// # Ok(())
    /// # }
    /// ```
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes need not care whether it was there"
    )]
    pub fn remove(&self, metric: &Metric, labels: &[(&str, &str)]) -> bool {
        let Some(position) = self.inner.catalogue.position(metric.name) else {
            return false;
        };
        let family = &self.inner.families[position];
        let labels = labels.iter().copied();
        let given = super::labels::Given::check(&family.metric, family.metric.kind, labels);
        given.is_ok_and(|mut given| self.remove_at(position, given.values()))
    }

    /// Removes every series of every metric in which the label has the value, such as those of a symbol
    /// that is no longer traded; returns how many there were.
    ///
    /// Metric by metric: what is resolved meanwhile may stay. Otherwise as [`remove`](Self::remove).
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes need not care how many there were"
    )]
    pub fn remove_where(&self, label: &str, value: &str) -> usize {
        let families = self.inner.families.iter();
        families
            .filter(|family| self.can_remove(family))
            .map(|family| {
                let position = family.metric.labels.iter().position(|l| l.name == label);
                position.map_or(0, |i| self.remove_with(family, i, value))
            })
            .sum()
    }

    fn remove_with(&self, family: &Family, label: usize, value: &str) -> usize {
        // Found first, so that nobody waits for the walk.
        let found = family.read().with(label, value);
        if found.is_empty() {
            return 0;
        }
        let mut table = family.write();
        let removed = found.iter().filter_map(|series| {
            let values: Vec<_> = series.values.iter().map(|value| &**value).collect();
            table.remove(&values)
        });
        removed
            .map(|series| self.inner.keys.remove(&series))
            .count()
    }

    pub(crate) fn remove_at(&self, position: usize, values: &[&str]) -> bool {
        let family = &self.inner.families[position];
        if !self.can_remove(family) {
            return false;
        }
        let mut table = family.write();
        let removed = table.remove(values);
        if let Some(series) = &removed {
            self.inner.keys.remove(series);
        }
        removed.is_some()
    }

    fn can_remove(&self, family: &Family) -> bool {
        self.inner.backend.is_own() && !family.metric.name.starts_with(own::PREFIX)
    }
}
