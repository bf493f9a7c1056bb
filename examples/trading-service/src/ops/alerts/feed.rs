//! What rules see of the metrics.

use admf_alerts::series::{Scrape, Source};
use admf_metrics::Exporter;

/// What is exported, and of one side only where one is named; what is of no side is of each.
///
/// The one place where rules get their samples.
pub(super) struct Feed<'e> {
    pub(super) exporter: &'e Exporter,
    pub(super) side: Option<&'static str>,
}

impl Source for Feed<'_> {
    fn give(&self, to: &mut Scrape<'_>) {
        let Some(side) = self.side else {
            return self.exporter.give(to);
        };
        self.exporter.visit_named(to.wanted(), |sample| {
            to.numbered(sample.number, sample.value, || {
                let of = sample.labels().find(|(name, _)| *name == "side");
                let ours = of.is_none_or(|(_, value)| value == side);
                ours.then(|| (sample.name, sample.labels()))
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use admf_alerts::{Engine, Rule};

    use super::*;

    #[test]
    fn a_side_sees_its_own_series_and_those_of_none_and_who_has_no_side_sees_all() {
        let exporter = crate::ops::tests::exporter();
        for (side, bars) in [("stack", 1), ("naive", 2)] {
            let bars_of = exporter.meter().counters(&crate::ops::catalogue::BARS);
            bars_of.unwrap().with([side]).increment(bars);
        }
        let limits = exporter.meter().gauges(&crate::ops::catalogue::THRESHOLD);
        limits.unwrap().show(["drawdown_ratio"], Some(0.2));
        let seen = |side| {
            let rules = [
                ("Bars", "bars_replayed_total"),
                ("Limit", "admf_alert_threshold"),
            ];
            let rules = rules.map(|(name, expr)| Rule::new(name, expr));
            let mut engine = Engine::new(rules).unwrap();
            let feed = Feed {
                exporter: &exporter,
                side,
            };
            let events = engine.step(Duration::from_secs(1), &feed);
            let shown = events.iter().map(admf_alerts::AlertEvent::alert);
            let shown = shown.map(|it| (it.name().to_owned(), it.value));
            shown.collect::<Vec<_>>()
        };
        let [limit, stack, naive] = [("Limit", 0.2), ("Bars", 1.0), ("Bars", 2.0)]
            .map(|(name, value)| (name.to_owned(), value));
        assert_eq!(seen(Some("stack")), [stack.clone(), limit.clone()]);
        assert_eq!(seen(Some("naive")), [naive.clone(), limit.clone()]);
        assert_eq!(seen(None), [naive, stack, limit]);
    }
}
