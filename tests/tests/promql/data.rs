//! Samples for both.

use std::collections::BTreeMap;
use std::fmt::Write;

use admf_alerts::Labels;
use admf_alerts::series::{Limits, NAME, Point, Store};

use tests::chance::Chance;

/// Milliseconds; no multiple of anything but a second.
pub(crate) const BASE: i64 = 1_700_000_137_000;
/// How long there are samples.
const LENGTH: i64 = 5_400_000;

/// Two hours of some seventy series, most scraped each 15 seconds, with gaps, resets and odd values.
pub(crate) struct Data {
    series: BTreeMap<Labels, Vec<Point>>,
    pub(crate) store: Store,
}

impl Data {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let mut series = BTreeMap::new();
        let mut add = |labels: &[(&str, &str)], points| {
            series.insert(labels.iter().copied().collect(), points);
        };
        for job in ["api", "db", "web"] {
            for instance in ["a", "b", "c"] {
                let id = [("job", job), ("instance", instance)];
                let named = |name| [(NAME, name), id[0], id[1]];
                for code in ["200", "404", "500"] {
                    let points = counter(chance, 20.0);
                    let [name, job, instance] = named("calls_total");
                    add(&[name, job, instance, ("code", code)], points);
                }
                add(&named("temp"), walk(chance, &[]));
                let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0];
                add(&named("odd"), walk(chance, &odd));
                add(&named("level"), steps(chance));
                if !chance.one_in(4) {
                    let version = chance.pick(&["1.0", "1.1"]);
                    let [name, job, instance] = named("info");
                    add(&[name, job, instance, ("version", version)], ones(chance));
                }
            }
            let mut below = vec![];
            for le in ["0.1", "0.5", "1", "5", "+Inf"] {
                below = sum(&below, &counter(chance, 5.0));
                add(
                    &[(NAME, "wait_bucket"), ("job", job), ("le", le)],
                    below.clone(),
                );
            }
        }
        add(&[(NAME, "single")], counter(chance, 3.0));
        Self::of(series)
    }

    /// Holds these series.
    pub(crate) fn of(series: BTreeMap<Labels, Vec<Point>>) -> Self {
        let limits = Limits::default();
        let mut store = Store::new(limits.age(std::time::Duration::MAX)).expect("no limit is 0");
        for (labels, points) in &series {
            for point in points {
                let taken = store.append(labels, point.time, point.value);
                taken.expect("it is in order");
            }
        }
        Self { series, store }
    }

    /// As OpenMetrics, for `promtool`.
    pub(crate) fn exposition(&self) -> String {
        let mut text = String::new();
        for (labels, points) in &self.series {
            let name = labels.get(NAME).expect("each has a name");
            let mut others = labels.clone();
            others.remove(NAME);
            for Point { time, value } in points {
                let (seconds, millis) = (time / 1000, time % 1000);
                let value = written(*value);
                writeln!(text, "{name}{others} {value} {seconds}.{millis:03}")
                    .expect("to a string");
            }
        }
        text.push_str("# EOF\n");
        text
    }

    pub(crate) fn pairs(labels: &Labels) -> Vec<(String, String)> {
        let pairs = labels.iter();
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Start, end and step of a query.
    pub(crate) fn span(&self, chance: &mut Chance) -> (i64, i64, i64) {
        let step = chance.pick(&[15_000, 37_000, 60_000, 300_000]);
        let offset = i64::try_from(chance.below(4_000)).expect("it is small") * 1_000;
        let start = BASE + offset;
        let count = i64::try_from(chance.below(12)).expect("it is small");
        (start, start + count * step, step)
    }
}

fn written(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value => format!("{value}"),
    }
}

/// When samples were taken: each 15 seconds, some late, some not at all.
fn times(chance: &mut Chance) -> Vec<i64> {
    let phase = i64::try_from(chance.below(15_000)).expect("it is small");
    let late = chance.one_in(3);
    let mut times = vec![];
    let mut time = BASE + phase;
    while time < BASE + LENGTH {
        let jitter = if late { chance.below(900) } else { 0 };
        if !chance.one_in(30) {
            times.push(time + i64::try_from(jitter).expect("it is small"));
        }
        // Some scrapes fail for a while.
        let away = if chance.one_in(120) { 480_000 } else { 0 };
        time += 15_000 + away;
    }
    times
}

fn counter(chance: &mut Chance, speed: f64) -> Vec<Point> {
    let mut value = if chance.one_in(2) { 0.0 } else { 1000.0 };
    let resets = chance.one_in(2);
    let mut point = |chance: &mut Chance, time| {
        value += (chance.part() * speed).floor();
        if resets && chance.one_in(80) {
            value = (chance.part() * speed).floor();
        }
        Point { time, value }
    };
    times(chance)
        .into_iter()
        .map(|time| point(chance, time))
        .collect()
}

fn walk(chance: &mut Chance, odd: &[f64]) -> Vec<Point> {
    let mut value = chance.part() * 100.0 - 50.0;
    let mut point = |chance: &mut Chance, time| {
        value += chance.part() * 10.0 - 5.0;
        let value = match odd.is_empty() || !chance.one_in(9) {
            true => value,
            false => chance.pick(odd),
        };
        Point { time, value }
    };
    times(chance)
        .into_iter()
        .map(|time| point(chance, time))
        .collect()
}

/// Few values, each for a while.
fn steps(chance: &mut Chance) -> Vec<Point> {
    let mut value = 0.0;
    let mut point = |chance: &mut Chance, time| {
        if chance.one_in(10) {
            value = chance.pick(&[0.0, 1.0, 2.0, 3.0, -1.5]);
        }
        Point { time, value }
    };
    times(chance)
        .into_iter()
        .map(|time| point(chance, time))
        .collect()
}

fn ones(chance: &mut Chance) -> Vec<Point> {
    let point = |time| Point { time, value: 1.0 };
    times(chance).into_iter().map(point).collect()
}

/// A bucket counts what the one below it does, and more.
fn sum(below: &[Point], more: &[Point]) -> Vec<Point> {
    let at = |time| {
        let place = below.partition_point(|it| it.time <= time);
        place.checked_sub(1).map_or(0.0, |place| below[place].value)
    };
    let point = |it: &Point| Point {
        time: it.time,
        value: it.value + at(it.time),
    };
    more.iter().map(point).collect()
}
