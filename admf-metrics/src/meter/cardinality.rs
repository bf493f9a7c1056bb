//! How many series each metric has: which one makes a scrape large.

use super::backend::Backend;
use super::family::Family;
use crate::catalogue::Catalogue;
use crate::catalogue::own::{PREFIX, SERIES};
use crate::handle::{Gauge, Sealed};

/// A gauge for each metric that has labels, with its place in the catalogue: without labels there is one
/// series at the most.
#[derive(Debug)]
pub(super) struct Cardinality(Vec<(usize, Gauge)>);

impl Cardinality {
    pub(super) fn new(catalogue: &Catalogue, families: &[Family], backend: &Backend) -> Self {
        let position = catalogue.position(SERIES.name);
        let own = &families[position.expect("every catalogue has the meter's own")];
        let counted = families.iter().enumerate().filter(|(_, family)| {
            !family.metric.labels.is_empty() && !family.metric.name.starts_with(PREFIX)
        });
        let gauge = |(i, family): (usize, &Family)| {
            let gauge = own.series(&mut [family.metric.name], backend, |series, _| {
                Gauge::of(&series.slot).expect("it is a gauge").clone()
            });
            (i, gauge)
        };
        Self(counted.map(gauge).collect())
    }

    /// Shows how many there are. Of each metric it takes the lock for a moment.
    pub(super) fn show(&self, families: &[Family]) {
        for (i, gauge) in &self.0 {
            gauge.set(families[*i].read().len() as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Catalogue, Exporter, Label, Metric};

    const ORDERS: Metric =
        Metric::counter("t_orders_total", "Orders.").labels(&[Label::capped("symbol", 3)]);
    const WAIT: Metric = Metric::histogram("t_wait_seconds", "Wait.", &[1.0, 2.0])
        .labels(&[Label::capped("symbol", 3)]);
    const UP: Metric = Metric::gauge("t_up", "Up.");

    #[test]
    fn the_series_of_each_metric_with_labels_are_told_and_stay_within_its_bound() {
        let exporter = Exporter::local(Catalogue::new([ORDERS, WAIT, UP]).unwrap());
        let meter = exporter.meter();
        let orders = meter.counters(&ORDERS).unwrap();
        let told = |metric| {
            let text = exporter.render();
            let series = format!("admf_metrics_series{{metric=\"{metric}\"}} ");
            let value = text.lines().find_map(|line| line.strip_prefix(&*series));
            value.map(|it| it.parse::<u32>().unwrap())
        };
        assert_eq!(
            [told("t_orders_total"), told("t_wait_seconds")],
            [Some(0); 2]
        );
        meter.gauge(&UP, &[]).unwrap().set(1.0);
        let symbols: Vec<_> = (0..100).map(|i| i.to_string()).collect();
        symbols.iter().for_each(|it| orders.with([it]).increment(1));
        meter
            .histogram(&WAIT, &[("symbol", "0")])
            .unwrap()
            .record(0.5);
        assert_eq!(told("t_orders_total"), Some(4), "the overflow is one");
        assert_eq!(told("t_wait_seconds"), Some(1), "whatever its buckets");
        assert!(orders.remove(["0"]));
        assert_eq!(told("t_orders_total"), Some(3));
        // One by itself, and our own, cannot grow.
        assert_eq!([told("t_up"), told("admf_metrics_series")], [None; 2]);
    }

    #[test]
    fn a_hook_that_makes_series_is_counted_by_the_same_scrape() {
        let exporter = Exporter::local(Catalogue::new([ORDERS]).unwrap());
        exporter.meter().on_scrape(|meter| {
            let made = meter.counter(&ORDERS, &[("symbol", "A")]);
            made.unwrap().increment(1);
        });
        let told = "admf_metrics_series{metric=\"t_orders_total\"} 1\n";
        assert!(exporter.render().contains(told));
    }
}
