//! A count in parts of its unit, which something else keeps.

use super::{Counter, Inner};

/// Shows a total that is kept elsewhere and is no whole number, such as seconds. Clones write to the same
/// series.
///
/// It is a counter like any other: its series never falls. A recorder of the program's own counts in whole
/// numbers, and gets the total rounded down.
#[derive(Clone, Debug)]
pub struct FloatCounter {
    counter: Counter,
    dropped: Counter,
}

impl FloatCounter {
    pub(crate) const fn new(counter: Counter, dropped: Counter) -> Self {
        Self { counter, dropped }
    }

    /// Raises the count to a total; a smaller one changes nothing.
    ///
    /// One that is not finite is dropped, and counted in `admf_metrics_dropped_samples_total`.
    #[inline]
    pub fn absolute(&self, total: f64) {
        if !total.is_finite() {
            return self.dropped.increment(1);
        }
        match &self.counter.inner {
            Inner::Own(cell) => cell.absolute_float(total),
            // What is below 0 becomes 0, and what is too much the most there is.
            Inner::Foreign(counter) => counter.absolute(total as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{Catalogue, Exporter, Metric};

    const BUSY: Metric = Metric::counter("t_busy_seconds_total", "Busy.");

    fn exporter() -> Exporter {
        Exporter::local(Catalogue::new([BUSY]).unwrap())
    }

    fn value(exporter: &Exporter, series: &str) -> f64 {
        let text = exporter.render();
        let value = text.lines().find_map(|line| line.strip_prefix(series));
        value.unwrap().trim().parse().unwrap()
    }

    const DROPPED: &str = "admf_metrics_dropped_samples_total{metric=\"t_busy_seconds_total\"} ";

    proptest! {
        #[test]
        fn a_float_counter_is_the_largest_finite_total_and_what_is_counted_beside_it(
            steps in prop::collection::vec((any::<f64>(), 0..3_u64), 1..40),
        ) {
            let exporter = exporter();
            let float = exporter.meter().float_counter(&BUSY, &[]).unwrap();
            let whole = exporter.meter().counter(&BUSY, &[]).unwrap();
            let (mut largest, mut counted, mut dropped) = (0.0_f64, 0, 0);
            for (total, by) in steps {
                float.absolute(total);
                whole.increment(by);
                counted += by;
                match total.is_finite() {
                    true => largest = largest.max(total),
                    false => dropped += 1,
                }
                prop_assert_eq!(value(&exporter, "t_busy_seconds_total "), largest + counted as f64);
                prop_assert_eq!(value(&exporter, DROPPED), f64::from(dropped));
            }
        }
    }

    #[test]
    fn a_float_counter_is_exposed_as_a_counter_to_the_last_digit() {
        let exporter = exporter();
        let float = exporter.meter().float_counter(&BUSY, &[]).unwrap();
        for (total, shown) in [
            (0.0, "0"),
            (0.01, "0.01"),
            (2.5, "2.5"),
            (7.0, "7"),
            (1e300, "1e300"),
        ] {
            float.clone().absolute(total);
            let text = exporter.render();
            let expected =
                format!("# TYPE t_busy_seconds_total counter\nt_busy_seconds_total {shown}\n");
            assert!(text.contains(&expected), "{text}");
            admf_exposition::check(&text).unwrap();
        }
    }

    #[cfg(feature = "prometheus-recorder")]
    #[test]
    fn another_recorder_gets_the_total_rounded_down() {
        let catalogue = Catalogue::new([BUSY]).unwrap();
        let recorder = catalogue.recorder().build_recorder();
        let handle = recorder.handle();
        let float = crate::Meter::on(catalogue, recorder)
            .float_counter(&BUSY, &[])
            .unwrap();
        for (total, shown) in [(1.99, 1), (-3.0, 1), (f64::NAN, 1), (0.5, 1), (4.0, 4)] {
            float.absolute(total);
            let expected = format!("t_busy_seconds_total {shown}\n");
            assert!(handle.render().contains(&expected), "{}", handle.render());
        }
    }
}
