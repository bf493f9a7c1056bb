//! Calls of the meter from inside its own: out of hooks, and out of a recorder that it writes to.

use std::sync::{Arc, OnceLock};

use admf_metrics::{Catalogue, Exporter, Label, Meter, Metric};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use crate::shows;

const LEVEL: Metric = Metric::gauge("r_level", "Level.").labels(&[Label::capped("of", 2)]);
const SIDE: Metric =
    Metric::gauge("r_side", "By side.").labels(&[Label::one_of("side", &["buy", "sell"])]);
const SCRAPES: Metric = Metric::counter("r_scrapes_total", "Scrapes.");

fn catalogue() -> Catalogue {
    Catalogue::new([LEVEL, SIDE, SCRAPES]).unwrap()
}

#[test]
fn a_hook_may_resolve_remove_and_add_hooks() {
    let exporter = Exporter::local(catalogue());
    let meter = exporter.meter();
    meter.gauge(&LEVEL, &[("of", "old")]).unwrap().set(1.0);
    meter.on_scrape(|meter| {
        meter.remove_where(&[("of", "old")]);
        meter.gauge(&LEVEL, &[("of", "new")]).unwrap().set(2.0);
        metrics::with_local_recorder(meter, || {
            metrics::gauge!("r_level", "of" => "macro").set(3.0);
        });
        meter.on_scrape(|_| ());
    });
    let first = exporter.render();
    assert!(
        first.contains("r_level{of=\"macro\"} 3\nr_level{of=\"new\"} 2\n"),
        "{first}"
    );
    assert!(!first.contains("old"), "{first}");
    assert_eq!(exporter.render(), first);
}

#[test]
fn a_hook_that_scrapes_gets_what_there_is_and_runs_no_hook_again() {
    let exporter = Exporter::local(catalogue());
    let meter = exporter.meter();
    let scrapes = meter.counter(&SCRAPES, &[]).unwrap();
    let inside = exporter.clone();
    meter.on_scrape(move |_| {
        scrapes.increment(1);
        assert!(shows(&inside, "r_scrapes_total 1"));
        assert!(inside.scrape().contains("\nr_scrapes_total 1\n"));
    });
    assert!(shows(&exporter, "r_scrapes_total 1"));
    assert!(exporter.render().contains("\nr_scrapes_total 2\n")); // hooks run again, in a turn of its own
}

#[test]
fn who_holds_the_turn_of_a_scrape_may_render() {
    let exporter = Exporter::local(catalogue());
    let scrapes = exporter.meter().counter(&SCRAPES, &[]).unwrap();
    exporter.meter().on_scrape(move |_| scrapes.increment(1));
    let turn = exporter.meter().scrape();
    assert!(shows(&exporter, "r_scrapes_total 1"));
    drop(turn);
    assert!(shows(&exporter, "r_scrapes_total 2"));
}

/// Resolves a new series of the meter with each increment that it gets.
#[derive(Clone, Default)]
struct CallsBack(Arc<OnceLock<Meter>>);

impl CounterFn for CallsBack {
    fn increment(&self, _: u64) {
        if let Some(meter) = self.0.get() {
            meter.gauge(&SIDE, &[("side", "sell")]).unwrap().set(1.0);
        }
    }

    fn absolute(&self, _: u64) {}
}

impl Recorder for CallsBack {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(self.clone()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn a_recorder_may_resolve_series_while_it_counts_an_overflow() {
    let recorder = CallsBack::default();
    let meter = Meter::on(catalogue(), recorder.clone());
    assert!(recorder.0.set(meter.clone()).is_ok());
    let (done, ended) = std::sync::mpsc::channel();
    // Not joined: it would hang with what it tests.
    std::thread::spawn(move || {
        for side in ["buy", "short"] {
            meter.gauge(&SIDE, &[("side", side)]).unwrap().set(1.0);
        }
        done.send(()).unwrap();
    });
    let ended = ended.recv_timeout(std::time::Duration::from_secs(30));
    assert!(ended.is_ok(), "it waits for a lock that it holds");
}
