//! Where the global recorder goes wrong: it can be set once, so this has a process of its own.

use admf_metrics::{Catalogue, Exporter, Meter, Metric};
use metrics::{counter, gauge, set_global_recorder, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

const LEVEL: Metric = Metric::gauge("level", "Level.");

#[test]
fn pitfall_18_nothing_needs_the_recorder_that_is_global() {
    let [first, second] = [(), ()].map(|()| PrometheusBuilder::new().build_recorder());
    let [told, untold] = [&first, &second].map(PrometheusRecorder::handle);
    set_global_recorder(first).unwrap();
    assert!(set_global_recorder(second).is_err());
    // Two tests, or two parts, that each count to one and look at what they counted.
    (0..2).for_each(|_| counter!("mine_total").increment(1));
    assert!(told.render().contains("\nmine_total 2\n"));
    assert_eq!(untold.render(), "");

    let [one, other] = [(), ()].map(|()| Exporter::local(Catalogue::new([LEVEL]).unwrap()));
    let level = |meter: &Meter| with_local_recorder(meter, || gauge!("level").set(1.0));
    level(one.meter());
    other.meter().gauge(&LEVEL, &[]).unwrap().set(2.0);
    assert!(one.render().contains("\nlevel 1\n"));
    assert!(other.render().contains("\nlevel 2\n"));
    assert!(!told.render().contains("level"));
}
