use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::labels::Labels;

fn labels(name: &str, id: u8) -> Labels {
    Labels::from_iter([(NAME, name.to_owned()), ("id", id.to_string())])
}

fn matcher(name: &str, op: MatchOp, value: &str) -> Matcher {
    Matcher::new(name, op, value, true).unwrap()
}

fn shown(store: &Store, matchers: &[Matcher]) -> Vec<String> {
    let found = store.select(matchers).into_iter();
    found.map(|series| series.labels().to_string()).collect()
}

fn filled(limits: Limits, series: u8, samples: i64) -> Store {
    let mut store = Store::new(limits).unwrap();
    for time in 0..samples {
        for id in 0..series {
            store.append(&labels("m", id), time * 15_000, 1.5).unwrap();
        }
    }
    store
}

#[test]
fn matchers_compare_whole_values_and_take_a_missing_label_for_an_empty_one() {
    let mut store = Store::new(Limits::default()).unwrap();
    for (id, job) in [(0, "api"), (1, "api-2"), (2, "")] {
        let mut labels = labels("m", id);
        labels.insert("job", job);
        store.append(&labels, 0, 1.0).unwrap();
    }
    let cases = [
        (MatchOp::Equal, "api", vec![0]),
        (MatchOp::NotEqual, "api", vec![1, 2]),
        (MatchOp::Equal, "", vec![2]),
        (MatchOp::NotEqual, "", vec![0, 1]),
        (MatchOp::Matches, "api", vec![0]),
        (MatchOp::Matches, "api.*", vec![0, 1]),
        (MatchOp::Matches, "|api", vec![0, 2]),
        (MatchOp::MatchesNot, "api.*", vec![2]),
        (MatchOp::MatchesNot, "", vec![0, 1]),
        (MatchOp::Matches, "a|api-2", vec![1]),
    ];
    for (op, value, expected) in cases {
        let matchers = [matcher("job", op, value)];
        let found = store.select(&matchers);
        let ids: Vec<u8> = found
            .iter()
            .map(|series| series.labels().get("id").unwrap().parse().unwrap())
            .collect();
        assert_eq!(ids, expected, "{}", matchers[0]);
    }
    let both = [
        matcher("job", MatchOp::NotEqual, ""),
        matcher("id", MatchOp::Equal, "1"),
    ];
    assert_eq!(
        shown(&store, &both),
        [r#"{__name__="m",id="1",job="api-2"}"#]
    );
}

#[test]
fn a_brace_that_repeats_nothing_stands_for_itself() {
    let matcher = matcher("path", MatchOp::Matches, r"/{id}/x{2}\{{1,}");
    assert!(matcher.is_match("/{id}/xx{{"));
    let problem = Matcher::new("path", MatchOp::Matches, "(", true).unwrap_err();
    assert!(
        problem.starts_with("`(` is an invalid regular expression: "),
        "{problem}"
    );
    assert!(!problem.contains('\n'));
}

#[test]
fn a_dot_matches_a_line_feed_where_that_is_asked_for() {
    for lines in [false, true] {
        let matcher = Matcher::new("text", MatchOp::Matches, "a.b", lines).unwrap();
        assert_eq!(matcher.is_match("a\nb"), lines);
    }
}

#[test]
fn what_is_out_of_order_or_too_old_is_refused_and_counted() {
    let limits = Limits::default().age(Duration::from_secs(60));
    let mut store = Store::new(limits).unwrap();
    store.append(&labels("m", 0), 100_000, 1.0).unwrap();
    for time in [100_000, 99_999] {
        let refused = store.append(&labels("m", 0), time, 2.0);
        assert_eq!(refused, Err(Refused::OutOfOrder));
    }
    assert_eq!(
        store.append(&labels("m", 1), 39_999, 1.0),
        Err(Refused::TooOld)
    );
    store.append(&labels("m", 1), 40_000, 1.0).unwrap();
    let counts = store.counts();
    assert_eq!((counts.out_of_order, counts.too_old), (2, 1));
    assert_eq!((counts.appended, counts.samples), (2, 2));
    assert_eq!(store.select(&[])[0].at(200_000, 0).unwrap().value, 1.0);
}

#[test]
fn a_new_series_takes_the_place_of_the_one_that_was_idle_longest() {
    let limits = Limits::default().series(2).idle(Duration::from_secs(300));
    let mut store = Store::new(limits).unwrap();
    store.append(&labels("m", 0), 0, 1.0).unwrap();
    store.append(&labels("m", 1), 1, 1.0).unwrap();
    assert_eq!(
        store.append(&labels("m", 2), 300_000, 1.0),
        Err(Refused::Full)
    );
    store.append(&labels("m", 3), 300_001, 1.0).unwrap();
    let ids = ["1", "3"].map(|id| format!("{{__name__=\"m\",id=\"{id}\"}}"));
    assert_eq!(shown(&store, &[]), ids);
    let counts = store.counts();
    assert_eq!((counts.evicted, counts.full, counts.samples), (1, 1, 2));
}

#[test]
fn a_series_that_has_ended_makes_room_at_once() {
    let mut store = Store::new(Limits::default().series(1)).unwrap();
    let mut feed = Feed::default();
    feed.scrape(&mut store, 0, [(labels("m", 0), 1.0)]);
    feed.scrape(&mut store, 15_000, []);
    feed.scrape(&mut store, 30_000, [(labels("m", 1), 1.0)]);
    assert_eq!(shown(&store, &[]), [r#"{__name__="m",id="1"}"#]);
}

#[test]
fn a_series_that_a_source_no_longer_has_ends_and_comes_back() {
    let mut store = Store::new(Limits::default()).unwrap();
    let mut feed = Feed::default();
    for (time, there) in [(0, true), (15_000, false), (30_000, false), (45_000, true)] {
        let samples = there.then(|| (labels("m", 0), 7.0));
        feed.scrape(&mut store, time, samples);
    }
    let series = store.select(&[])[0];
    let at = |time| series.at(time, time - 300_000).map(|point| point.time);
    assert_eq!([at(14_999), at(15_000), at(44_999)], [Some(0), None, None]);
    assert_eq!(at(60_000), Some(45_000));
    let mut points = vec![];
    series.read(-1, 60_000, &mut points);
    assert_eq!(points.len(), 2, "the mark of the end is no sample");
}

#[test]
fn samples_go_by_age_and_the_series_with_its_last_one() {
    let limits = Limits::default().age(Duration::from_secs(3_600));
    let mut store = filled(limits, 2, 1_000);
    // An hour, and an eighth of it at most.
    let samples = store.counts().samples / 2;
    assert!((240..=240 + 30 + 1).contains(&samples), "{samples}");
    let later = 1_000 * 15_000 + 2 * 3_600_000;
    store.append(&labels("other", 0), later, 1.0).unwrap();
    assert_eq!((store.len(), store.counts().samples), (1, 1));
    let known = matcher(NAME, MatchOp::Equal, "m");
    assert!(store.select(&[known]).is_empty());
}

#[test]
fn the_oldest_samples_make_room_where_there_are_too_many() {
    let store = filled(Limits::default().samples(1_000), 10, 240);
    let counts = store.counts();
    assert!(counts.samples <= 1_000);
    assert_eq!(counts.samples + counts.dropped, 2_400);
    for series in store.select(&[]) {
        assert_eq!(series.last_time(), 239 * 15_000);
    }
}

#[test]
fn the_last_sample_of_a_series_is_none_of_those_that_make_room() {
    let mut store = Store::new(Limits::default().samples(12)).unwrap();
    for time in 0..100 {
        for id in 0..10 {
            store.append(&labels("m", id), time * 15_000, 1.0).unwrap();
        }
        assert!(store.counts().samples <= 12);
        for id in 0..10 {
            let found = store.select(&[matcher("id", MatchOp::Equal, &id.to_string())]);
            assert_eq!(found[0].last_time(), time * 15_000);
        }
    }
    let refused = Store::new(Limits::default().samples(1)).unwrap();
    let mut store = refused;
    store.append(&labels("m", 0), 0, 1.0).unwrap();
    assert_eq!(store.append(&labels("m", 1), 0, 1.0), Err(Refused::Full));
    store.append(&labels("m", 0), 1, 1.0).unwrap();
    assert_eq!(store.counts().samples, 1);
}

#[test]
fn a_series_that_has_ended_makes_room_though_another_was_idle_for_longer() {
    let mut store = Store::new(Limits::default().series(2)).unwrap();
    store.append(&labels("m", 0), 0, 1.0).unwrap();
    store.append(&labels("m", 1), 10_000, 1.0).unwrap();
    store
        .append(&labels("m", 1), 20_000, f64::from_bits(STALE))
        .unwrap();
    store.append(&labels("m", 2), 30_000, 1.0).unwrap();
    assert_eq!(shown(&store, &[]).len(), 2);
    assert_eq!(store.select(&[])[0].at(30_000, -1).unwrap().time, 0);
}

#[test]
fn a_sample_takes_less_than_sixteen_bytes() {
    let store = filled(Limits::default(), 100, 240);
    let each = store.sample_bytes() as f64 / store.counts().samples as f64;
    println!("{each:.1} bytes a sample");
    assert!(each < 16.0, "{each}");
}

#[test]
fn no_time_overflows() {
    let mut store = Store::new(Limits::default()).unwrap();
    for time in [i64::MIN, i64::MIN + 1, 0, i64::MAX - 1, i64::MAX] {
        let _ = store.append(&labels("m", 0), time, 1.0);
    }
    assert_eq!(store.newest(), Some(i64::MAX));
    let series = store.select(&[])[0];
    assert_eq!(series.at(i64::MAX, i64::MIN).unwrap().time, i64::MAX);
}

#[test]
fn a_limit_of_zero_is_refused_by_its_name() {
    let limits = Limits::default();
    for (limits, problem) in [
        (limits.series(0), "series: must be above 0, is 0"),
        (limits.samples(0), "samples: must be above 0, is 0"),
        (limits.age(Duration::ZERO), "age: must be above 0, is 0"),
    ] {
        assert_eq!(Store::new(limits).unwrap_err().to_string(), problem);
    }
}

/// Every sample that was taken, for ever.
#[derive(Default)]
struct Naive {
    series: BTreeMap<u8, Vec<Point>>,
}

impl Naive {
    fn append(&mut self, id: u8, point: Point) -> bool {
        let points = self.series.entry(id).or_default();
        let late = points.last().is_none_or(|last| last.time < point.time);
        if late {
            points.push(point);
        }
        late
    }
}

proptest! {
    #[test]
    fn within_its_age_a_store_is_what_keeps_everything(
        steps in prop::collection::vec((0u8..4, -200i64..4_000, prop::bool::weighted(0.1)), 1..600),
        windows in prop::collection::vec((0i64..300_000, 0i64..200_000), 1..20),
    ) {
        let limits = Limits::default().age(Duration::from_secs(200));
        let mut store = Store::new(limits).unwrap();
        let mut naive = Naive::default();
        let mut now = 0i64;
        for (id, step, ends) in steps {
            let time = now + step;
            let value = if ends { f64::from_bits(STALE) } else { time as f64 };
            let old = time < now - 200_000 && now > 0;
            let taken = store.append(&labels("m", id), time, value).is_ok();
            if !old {
                prop_assert_eq!(taken, naive.append(id, Point { time, value }));
            }
            if taken {
                now = now.max(time);
            }
        }
        for (back, length) in windows {
            let until = now - back.min(100_000);
            let after = until - length.min(100_000);
            for (id, points) in &naive.series {
                let inside = points.iter().filter(|it| it.time > after && it.time <= until);
                let fresh: Vec<_> = inside.filter(|it| !is_stale(it.value)).copied().collect();
                let matchers = [matcher("id", MatchOp::Equal, &id.to_string())];
                let mut found = vec![];
                let series = store.select(&matchers);
                if let [series] = series[..] {
                    series.read(after, until, &mut found);
                    let last = points.iter().rfind(|it| it.time <= until);
                    let last = last.filter(|it| it.time > after && !is_stale(it.value));
                    prop_assert_eq!(series.at(until, after), last.copied());
                }
                prop_assert_eq!(found, fresh);
            }
        }
    }
}

/// Four label sets, one of them with the labels of another in other places.
const SETS: [&[(&str, &str)]; 4] = [
    &[("a", "1"), ("b", "2")],
    &[("b", "1"), ("a", "2")],
    &[("a", "1")],
    &[],
];

struct Given(Vec<(usize, bool, f64)>);

impl Source for Given {
    fn give(&self, to: &mut Scrape<'_>) {
        for &(set, turned, value) in &self.0 {
            let mut labels = SETS[set].to_vec();
            labels.push(("c", ""));
            if turned {
                labels.reverse();
            }
            to.sample("m", labels.into_iter(), value);
        }
    }
}

proptest! {
    #[test]
    fn a_feed_is_what_comes_and_a_mark_for_what_is_gone(
        scrapes in prop::collection::vec(
            prop::collection::btree_map(0..4_usize, (any::<bool>(), any::<f64>()), 0..5), 1..12),
    ) {
        let mut store = Store::new(Limits::default()).unwrap();
        let mut naive = Store::new(Limits::default()).unwrap();
        let mut feed = Feed::default();
        let mut last = std::collections::BTreeSet::new();
        for (i, scrape) in scrapes.into_iter().enumerate() {
            let time = i as i64 * 1_000;
            let given = scrape.iter().map(|(set, (turned, value))| (*set, *turned, *value));
            feed.scrape_from(&mut store, time, &Given(given.collect()));
            let named = |set: usize| {
                let mut labels: Labels = SETS[set].iter().copied().collect();
                labels.insert(NAME, "m");
                labels
            };
            for (set, (_, value)) in &scrape {
                naive.append(&named(*set), time, *value).unwrap();
            }
            let now: std::collections::BTreeSet<usize> = scrape.into_keys().collect();
            for gone in last.difference(&now) {
                naive.append(&named(*gone), time, f64::from_bits(STALE)).unwrap();
            }
            last = now;
            for at in [time, time + 500] {
                for set in 0..4 {
                    let point = |store: &Store| {
                        let all = store.select(&[]);
                        let series = all.into_iter().find(|it| **it.labels() == named(set));
                        series.and_then(|it| it.at(at, -1)).map(|it| (it.time, it.value.to_bits()))
                    };
                    prop_assert_eq!(point(&store), point(&naive));
                }
            }
            prop_assert_eq!(store.counts(), naive.counts());
        }
    }
}
