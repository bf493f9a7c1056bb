use std::collections::BTreeMap;

use super::*;
use crate::Label;

const SEEN: Metric =
    Metric::counter("t_seen_total", "Seen.").labels(&[Label::one_of("metric", &["a", "b"])]);

/// The samples of the text, by name and labels.
fn of_text(text: &str) -> Vec<(String, BTreeMap<String, String>, u64)> {
    let exposition = admf_exposition::parse(text).unwrap();
    let samples = exposition.samples().map(|sample| {
        let labels = sample.labels.iter();
        let labels = labels.map(|(name, value)| (name.to_owned(), value.into_owned()));
        (
            sample.name.to_owned(),
            labels.collect(),
            sample.value.to_bits(),
        )
    });
    samples.collect()
}

type Given = Vec<(String, BTreeMap<String, String>, u64)>;

fn visited(exporter: &Exporter) -> Given {
    let mut samples = vec![];
    exporter.visit(|sample| samples.push(given(sample)));
    samples
}

fn named(exporter: &Exporter, wanted: &dyn Fn(&str) -> bool) -> Given {
    let mut samples = vec![];
    exporter.visit_named(wanted, |sample| samples.push(given(sample)));
    samples
}

fn given(sample: &Sample<'_>) -> (String, BTreeMap<String, String>, u64) {
    let labels = sample.labels();
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let name = sample.name.to_owned();
    (name, labels.collect(), sample.value.to_bits())
}

proptest! {
    #[test]
    fn what_is_visited_is_what_is_rendered_to_the_last_bit(
        steps in prop::collection::vec((0..5_u8, "[ab\\\\\"\n]{0,2}", any::<f64>()), 0..30),
    ) {
        let exporter = exporter();
        let meter = exporter.meter();
        for (what, label, value) in steps {
            let source = [("source", label.as_str())];
            match what {
                0 => meter.gauge(&VALUE, &[]).unwrap().set(value),
                1 => meter.gauge(&VALUE, &[]).unwrap().clear(),
                2 => meter.histogram(&LATENCY, &source).unwrap().record(value),
                3 => drop(meter.remove(&LATENCY, &source)),
                _ => {
                    let labels = [("side", "buy"), ("symbol", label.as_str())];
                    meter.counter(&TRADES, &labels).unwrap().absolute(value.to_bits());
                    meter.float_counter(&TRADES, &labels).unwrap().absolute(value);
                }
            }
            prop_assert_eq!(visited(&exporter), of_text(&exporter.render()));
        }
    }

    #[test]
    fn who_visits_some_names_is_given_what_all_would_be_given_of_them(
        sources in prop::collection::vec(("[ab]", 0.0..20.0_f64), 0..6),
        names in prop::sample::subsequence(
            vec!["t_latency_seconds_bucket", "t_latency_seconds_count", "t_latency_seconds_sum", "t_latency_seconds",
                "t_value_ratio", "t_trades_total", "admf_metrics_series_overflow_total", "t_none"],
            0..6,
        ),
    ) {
        let exporter = exporter();
        exporter.meter().gauge(&VALUE, &[]).unwrap().set(1.5);
        for (source, value) in sources {
            exporter.meter().histogram(&LATENCY, &[("source", &source)]).unwrap().record(value);
        }
        let mut expected = visited(&exporter);
        expected.retain(|(name, ..)| names.contains(&&**name));
        prop_assert_eq!(named(&exporter, &|name| names.contains(&name)), expected);
    }
}

#[test]
fn a_visit_runs_the_hooks_once_and_first() {
    let exporter = Exporter::local(Catalogue::new([SEEN]).unwrap());
    let seen = exporter.meter().counter(&SEEN, &[("metric", "a")]).unwrap();
    exporter.meter().on_scrape(move |_| seen.increment(1));
    for times in 1..4 {
        let mut values = vec![];
        exporter.visit(|sample| {
            if sample.name == SEEN.name {
                values.push(sample.value);
            }
        });
        assert_eq!(values, [f64::from(times)]);
    }
}

#[test]
fn a_series_keeps_its_numbers_and_none_has_those_of_another_or_of_one_that_is_gone() {
    let exporters = [exporter(), exporter()];
    let source = |name| [("source", name)];
    let numbers = || {
        let mut numbers = BTreeMap::new();
        for (of, exporter) in exporters.iter().enumerate() {
            exporter.visit(|sample| {
                let (name, labels, _) = given(sample);
                let before = numbers.insert(sample.number, (of, name, labels));
                assert_eq!(before, None);
            });
        }
        numbers
    };
    for exporter in &exporters {
        for name in ["a", "b"] {
            let latency = exporter.meter().histogram(&LATENCY, &source(name));
            latency.unwrap().record(1.0);
        }
    }
    let before = numbers();
    assert!(before.len() > 20, "{before:?}");
    assert_eq!(numbers(), before);

    let [first, _] = &exporters;
    assert!(first.meter().remove(&LATENCY, &source("a")));
    drop(first.meter().histogram(&LATENCY, &source("a")).unwrap());
    let after = numbers();
    let stayed = after.iter().filter(|it| before.contains_key(it.0));
    let stayed: Vec<_> = stayed.collect();
    assert!(stayed.iter().all(|(number, is)| before[*number] == **is));
    let new = after.len() - stayed.len();
    let of_a = |it: &&(usize, String, BTreeMap<String, String>)| {
        it.0 == 0 && it.1.starts_with(LATENCY.name) && it.2["source"] == "a"
    };
    assert_eq!(new, before.values().filter(of_a).count());
}

#[test]
fn a_hook_runs_where_something_is_asked_for_that_it_may_write() {
    const OTHER: Metric = Metric::histogram("t_other_seconds", "Other.", &[1.0]);
    let exporter = Exporter::local(Catalogue::new([SEEN, OTHER]).unwrap());
    type Hook = Box<dyn Fn(&Meter) + Send + Sync>;
    let ran = |on: fn(&Meter, Hook)| {
        let (runs, counts) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&runs);
        on(
            exporter.meter(),
            Box::new(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
            }),
        );
        move || {
            let all = runs.load(Ordering::Relaxed);
            all - counts.swap(all, Ordering::Relaxed)
        }
    };
    let any = ran(|meter, hook| meter.on_scrape(hook));
    let seen = ran(|meter, hook| meter.on_scrape_of([&SEEN], hook));
    let other = ran(|meter, hook| meter.on_scrape_of([&OTHER, &VALUE], hook));
    let runs = || [any(), seen(), other()];
    for (name, expected) in [
        ("t_seen_total", [1, 1, 0]),
        ("t_other_seconds_sum", [1, 0, 1]),
        ("t_other_seconds", [1, 0, 0]),
        ("t_value_ratio", [1, 0, 0]),
    ] {
        exporter.visit_named(|it| it == name, |_| {});
        assert_eq!(runs(), expected, "{name}");
    }
    let _ = exporter.render();
    assert_eq!(runs(), [1, 1, 1]);
}
