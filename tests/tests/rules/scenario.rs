//! Scenarios made by chance: series with gaps, resets and ends, and rules over them.

use admf_alerts::{AtLeast, NoData};
use serde_json::{Value, json};
use tests::chance::Chance;

use crate::texts;

/// How many samples each series has.
pub(crate) const SAMPLES: usize = 60;

/// One scenario: what promtool reads, and what of it the engine is given.
pub(crate) struct Scenario {
    /// Seconds between samples.
    pub(crate) interval: u64,
    /// Seconds between evaluations.
    pub(crate) evaluation: u64,
    /// Name and labels, and a value for each time; `None`: no sample, NaN: the end of the series.
    pub(crate) series: Vec<Series>,
    /// The rule file.
    pub(crate) rules: Value,
    pub(crate) alerts: Vec<String>,
    /// What each of these says besides what Prometheus knows.
    pub(crate) own: Vec<Own>,
    pub(crate) steps: u64,
}

/// What is compiled to the expression of a rule.
#[derive(Clone, Copy, Default)]
pub(crate) struct Own {
    pub(crate) no_data: NoData,
    pub(crate) at_least: Option<AtLeast>,
}

pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) labels: Vec<(&'static str, &'static str)>,
    pub(crate) values: Vec<Option<f64>>,
}

pub(crate) const EXPRS: &[&str] = &[
    "a > N",
    "a{i!=\"1\"} >= N",
    "a{job=~\"x|z\"} != N",
    "rate(c[2m]) > 0.1",
    "increase(c[3m]) > 5",
    "resets(c[5m]) > 0",
    "sum by (job) (a) > N",
    "sum(a) > N",
    "count without (i) (a > 1)",
    "absent(a{i=\"1\",job=\"x\"})",
    "a > N unless on (job, i) b > N",
    "a > N and on (job, i) b < N",
    "avg_over_time(a[3m]) > N",
    "changes(a[5m]) > 2",
    "max_over_time(a[2m:30s]) > N",
    "a offset 1m > N",
    "rec:sum > N",
    "absent(rec:sum)",
    "ALERTS{alertname=\"A0\",alertstate=\"firing\"} == 1",
    "time() - ALERTS_FOR_STATE > 120",
    "vector(time()) % 300 < 120",
    "time() % 240 > bool 100",
    "3",
    "c % 2 == 0",
    "label_replace(a, \"job\", \"\", \"job\", \"x\") > N",
    "rec:later > N",
    "rec:later offset 1m > N",
    "ALERTS{alertname=\"B0\"}",
];
pub(crate) const LABELS: &[(&str, &str)] = &[
    ("severity", "page"),
    ("job", "of {{ $labels.job }}"),
    ("team", "{{ $labels.job }}"),
    ("none", "{{ $labels.none }}"),
    ("i", ""),
    ("alertname", "Fake"),
    ("v", "{{ $value }}"),
    ("level", "{{ if gt $value 2.0 }}high{{ end }}"),
];

impl Scenario {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let (interval, evaluation) = (chance.pick(&[15, 30, 60]), chance.pick(&[15, 30, 60]));
        let mut alerts = Vec::new();
        let mut rules = vec![json!({
            "record": "rec:sum",
            "expr": chance.pick(&["sum by (job) (a)", "max(a) > 3", "a{i=\"1\"}", "count(a)"]),
        })];
        for index in 0..3 {
            alerts.push(format!("A{index}"));
            rules.push(rule(chance, &alerts[index]));
        }
        // Another group, which sees what the first one records, and is seen by it at the next evaluation.
        let mut later = vec![json!({
            "record": "rec:later",
            "expr": chance.pick(&["rec:sum * 2", "max_over_time(rec:sum[2m])", "rec:sum unless a > 2", "count(ALERTS)"]),
        })];
        for index in 0..2 {
            alerts.push(format!("B{index}"));
            later.push(rule(chance, &format!("B{index}")));
        }
        let rules =
            json!({"groups": [{"name": "g", "rules": rules}, {"name": "h", "rules": later}]});
        let own = alerts.iter().map(|_| own(chance)).collect();
        Self {
            interval,
            evaluation,
            series: series(chance),
            rules,
            alerts,
            own,
            steps: (SAMPLES as u64 * interval / evaluation).min(50),
        }
    }

    /// The series as promtool reads them.
    pub(crate) fn input(&self) -> Value {
        let series = self.series.iter().map(|series| {
            let labels = series.labels.iter();
            let labels: Vec<_> = labels
                .map(|(name, value)| format!("{name}=\"{value}\""))
                .collect();
            let values = series.values.iter().map(|value| match value {
                None => "_".to_owned(),
                Some(value) if value.is_nan() => "stale".to_owned(),
                Some(value) => value.to_string(),
            });
            let values: Vec<_> = values.collect();
            json!({
                "series": format!("{}{{{}}}", series.name, labels.join(",")),
                "values": values.join(" "),
            })
        });
        series.collect()
    }
}

fn own(chance: &mut Chance) -> Own {
    let no_data = match chance.one_in(4) {
        true => NoData::Alert,
        false => NoData::Ok,
    };
    let (times, of) = chance.pick(&[(1, 1), (1, 2), (2, 3), (3, 3), (2, 5)]);
    let at_least = chance.one_in(4).then_some(AtLeast { times, of });
    Own { no_data, at_least }
}

fn rule(chance: &mut Chance, name: &str) -> Value {
    let expr = chance
        .pick(EXPRS)
        .replace('N', chance.pick(&["1", "2", "3", "2.5"]));
    let mut rule = json!({
        "alert": name,
        "expr": expr.as_str(),
        "annotations": {"summary": "{{ $labels.job }}/{{ $labels.i }} is at {{ $value }}, {{ .Value }}"},
    });
    if !chance.one_in(3) {
        rule["for"] = chance.pick(&["30s", "1m", "90s", "3m", "100s"]).into();
    }
    if !chance.one_in(2) {
        rule["keep_firing_for"] = chance.pick(&["30s", "1m", "2m", "3m"]).into();
    }
    for (label, text) in LABELS {
        // A label that comes out empty is in `ALERTS` as it is written. A rule that looks at its own alerts then has two
        // with one series, and which sample stays is chance.
        let own = expr.contains("ALERTS") && ["team", "none", "level"].contains(label);
        if chance.one_in(3) && !own {
            rule["labels"][label] = (*text).into();
        }
    }
    texts::put(chance, &mut rule);
    rule
}

pub(crate) fn series(chance: &mut Chance) -> Vec<Series> {
    let mut all = Vec::new();
    for name in ["a", "b", "c"] {
        for job in ["x", "y"] {
            for i in ["1", "2"] {
                if !chance.one_in(5) {
                    all.push(Series {
                        name,
                        labels: vec![("job", job), ("i", i)],
                        values: values(chance, name == "c"),
                    });
                }
            }
        }
    }
    all
}

/// Levels that last a while, or a counter; gaps, long ones too, and ends.
fn values(chance: &mut Chance, counts: bool) -> Vec<Option<f64>> {
    let mut values = Vec::new();
    let mut value = chance.below(5) as f64;
    let mut gap = 0;
    while values.len() < SAMPLES {
        match counts {
            true if chance.one_in(12) => value = chance.below(3) as f64,
            true => value += chance.below(9) as f64,
            false if chance.one_in(4) => value = chance.below(10) as f64 / 2.0,
            false => {}
        }
        if gap == 0 && chance.one_in(12) {
            let ends = chance.one_in(2);
            // One that ends may be back at once.
            gap = chance.below(20) + u64::from(!ends);
            values.push(ends.then_some(f64::NAN));
        } else if gap > 0 {
            gap -= 1;
            values.push(None);
        } else {
            values.push(Some(value));
        }
    }
    values.truncate(SAMPLES);
    values
}
