//! Series that are over: taken out of what is shown, their places given back.

use std::time::Duration;

use super::Meter;
use super::family::Family;
use super::table::Table;
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

    /// Removes every series of every metric in which all of these labels have these values, such as
    /// those of a symbol that is no longer traded; returns how many there were.
    ///
    /// A metric without one of the labels keeps its series; no labels at all remove nothing. Metric by
    /// metric: what is resolved meanwhile may stay. Otherwise as [`remove`](Self::remove).
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes need not care how many there were"
    )]
    pub fn remove_where(&self, labels: &[(&str, &str)]) -> usize {
        let all = 0..self.inner.families.len();
        all.map(|position| self.remove_with(position, labels)).sum()
    }

    /// Removes the series of one metric in which all of these labels have these values, like
    /// [`remove_where`](Self::remove_where); returns how many there were.
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes need not care how many there were"
    )]
    pub fn remove_all(&self, metric: &Metric, labels: &[(&str, &str)]) -> usize {
        let position = self.inner.catalogue.position(metric.name);
        position.map_or(0, |position| self.remove_with(position, labels))
    }

    fn remove_with(&self, position: usize, labels: &[(&str, &str)]) -> usize {
        let family = &self.inner.families[position];
        let place = |name| family.metric.labels.iter().position(|it| it.name == name);
        let places = labels
            .iter()
            .map(|(name, value)| Some((place(*name)?, *value)));
        let places = places.collect::<Option<Vec<_>>>().unwrap_or_default();
        if places.is_empty() || !self.can_remove(family) {
            return 0;
        }
        // Found first, so that nobody waits for the walk.
        let found = family.read().with(&places);
        if found.is_empty() {
            return 0;
        }
        let mut table = family.write();
        let removed = found.iter().filter(|series| {
            let values: Vec<_> = series.values.iter().map(|value| &**value).collect();
            self.take_out(family, &mut table, &values)
        });
        removed.count()
    }

    pub(crate) fn remove_at(&self, position: usize, values: &[&str]) -> bool {
        let family = &self.inner.families[position];
        self.can_remove(family) && self.take_out(family, &mut family.write(), values)
    }

    fn take_out(&self, family: &Family, table: &mut Table, values: &[&str]) -> bool {
        let removed = table.remove(values);
        if let Some(series) = &removed {
            self.inner.keys.remove(series);
            family.removed();
        }
        removed.is_some()
    }

    /// Returns how many series of the metrics at these positions were removed so far.
    pub(crate) fn removals(&self, positions: &[usize]) -> u64 {
        let families = positions.iter().map(|at| &self.inner.families[*at]);
        families.map(Family::removals).sum()
    }

    fn can_remove(&self, family: &Family) -> bool {
        self.inner.backend.is_own() && !family.metric.name.starts_with(own::PREFIX)
    }
}
