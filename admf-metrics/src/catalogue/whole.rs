//! What a part declares is what it exposes, for the tests of all parts.

use std::collections::BTreeSet;

use super::{Catalogue, Metric, own};
use crate::exporter::Exporter;

/// The metrics of all parts, so that one that feeds another's is seen.
pub(crate) fn everything() -> Exporter {
    let all = [
        &crate::trading::METRICS[..],
        &crate::database::METRICS,
        &crate::health::METRICS,
        &crate::red::METRICS,
        &[crate::build_info::BUILD_INFO],
        #[cfg(feature = "http")]
        &crate::red::http::SERVER_METRICS,
        #[cfg(feature = "http")]
        &crate::red::http::CLIENT_METRICS,
        #[cfg(feature = "http-server")]
        &crate::http::METRICS,
        #[cfg(feature = "http-server")]
        &crate::monitoring::METRICS,
        #[cfg(feature = "resilience")]
        &crate::policies::METRICS,
        #[cfg(feature = "system")]
        &crate::system::METRICS,
    ];
    Exporter::local(Catalogue::new(all.into_iter().flatten().copied()).unwrap())
}

/// Checks that a scrape shows each of `metrics` with a series, as it is declared, and nothing else but what the meter
/// says of itself; and that this tells of nothing that was refused, dropped or past a list or cap.
#[track_caller]
pub(crate) fn assert_exposes(exporter: &Exporter, metrics: &[Metric]) {
    let text = exporter.render();
    let catalogue = exporter.meter().catalogue();
    assert_eq!(catalogue.check_exposed(&text), Ok(()), "{text}");
    let exposition = admf_exposition::parse(&text).unwrap();
    let families = exposition.families().iter();
    let (own, shown): (Vec<_>, Vec<_>) = families
        .filter(|it| !it.samples.is_empty())
        .partition(|it| it.name.starts_with(own::PREFIX));
    let shown: BTreeSet<_> = shown.iter().map(|it| it.name).collect();
    let declared: BTreeSet<_> = metrics.iter().map(|it| it.name).collect();
    let missing: Vec<_> = declared.difference(&shown).collect();
    let strange: Vec<_> = shown.difference(&declared).collect();
    assert!(missing.is_empty(), "declared and not exposed: {missing:?}");
    assert!(strange.is_empty(), "exposed and not declared: {strange:?}");
    let faults = [
        own::DROPPED_SAMPLES,
        own::OVERFLOW,
        own::REFUSED,
        own::HOOK_PANICS,
    ];
    for family in own {
        let is_fault = faults.iter().any(|it| it.name == family.name);
        let clean = family.samples.iter().all(|it| it.value == 0.0);
        assert!(!is_fault || clean, "{} is not 0: {text}", family.name);
    }
}

#[test]
fn a_metric_that_is_missing_or_of_another_part_is_found() {
    const ONE: Metric = Metric::gauge("t_one", "One.");
    const OTHER: Metric = Metric::gauge("t_other", "Other.");
    let exporter = Exporter::local(Catalogue::new([ONE, OTHER]).unwrap());
    exporter.meter().gauge(&ONE, &[]).unwrap().set(1.0);
    assert_exposes(&exporter, &[ONE]);
    for wrong in [&[][..], &[ONE, OTHER], &[OTHER]] {
        let check = || assert_exposes(&exporter, wrong);
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).is_err());
    }
}

#[test]
fn a_sample_that_is_dropped_is_found() {
    const ONE: Metric = Metric::gauge("t_one", "One.");
    let exporter = Exporter::local(Catalogue::new([ONE]).unwrap());
    let one = exporter.meter().gauge(&ONE, &[]).unwrap();
    one.set(1.0);
    one.set(f64::NAN);
    let check = || assert_exposes(&exporter, &[ONE]);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).is_err());
}
