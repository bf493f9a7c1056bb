//! What stands at the edges of the rules, in both.

use std::collections::BTreeMap;
use std::io::Write;

use admf_alerts::Labels;
use admf_alerts::series::{NAME, Point};

use crate::answer::differ;
use crate::data::Data;
use crate::ours;
use crate::server::Prometheus;

/// Samples each 15 seconds from the epoch on; what is empty is left out.
const SERIES: &[(&str, &str, &str)] = &[
    (
        "line",
        "",
        "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24",
    ),
    (
        "c_total",
        "i=1",
        "100 110 120 5 15 25 35 45 55 1 2 3 4 5 6 7 8 9 10 11",
    ),
    ("c_total", "i=2", "0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 2 2"),
    ("c_total", "i=3", "- - - - 7 - - - 9 - - - - - - - - - 12"),
    (
        "c_total",
        "i=4",
        "1e15 1000000000000001 1000000000000003 1000000000000008 1000000000000008",
    ),
    ("once", "i=1", "- - - - - - 3"),
    ("odd", "i=nan", "NaN NaN NaN NaN NaN NaN NaN NaN"),
    ("odd", "i=inf", "+Inf +Inf +Inf +Inf +Inf +Inf +Inf +Inf"),
    ("odd", "i=neg", "-Inf -Inf -Inf -Inf -Inf -Inf -Inf -Inf"),
    ("odd", "i=one", "1 1 1 1 1 1 1 1"),
    ("odd", "i=minus", "-7.5 -7.5 -7.5 -7.5 -7.5 -7.5 -7.5 -7.5"),
    ("odd", "i=mixed", "1 NaN 3 -Inf 5 +Inf 7 0"),
    ("flat", "i=1", "5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5"),
    (
        "near",
        "i=1",
        "1000000000.1 1000000000.2 1000000000.3 1000000000.4 1000000000.5",
    ),
    (
        "near",
        "i=2",
        "1000000000.3 1000000000.3 1000000000.3 1000000000.3 1000000000.3",
    ),
    ("left", "a=1,b=x", "1 2 3 4 5 6 7 8 9 10"),
    ("left", "a=1,b=y", "10 9 8 7 6 5 4 3 2 1"),
    ("left", "a=2,b=x", "5 5 5 5 5 5 5 5 5 5"),
    ("left", "b=x", "2 2 2 2 2 2 2 2 2 2"),
    ("right", "a=1,c=p", "2 2 2 2 2 2 2 2 2 2"),
    ("right", "a=2,c=q", "0 0 0 0 0 0 0 0 0 0"),
    ("right", "c=r", "4 4 4 4 4 4 4 4 4 4"),
    ("many", "a=1,c=p", "1 1 1 1 1 1 1 1 1 1"),
    ("many", "a=1,c=q", "2 2 2 2 2 2 2 2 2 2"),
    ("h_bucket", "k=good,le=0.1", "1 2 3 4 5 6 7 8"),
    ("h_bucket", "k=good,le=1", "3 6 9 12 15 18 21 24"),
    ("h_bucket", "k=good,le=+Inf", "4 8 12 16 20 24 28 32"),
    ("h_bucket", "k=noinf,le=0.1", "1 2 3 4 5 6 7 8"),
    ("h_bucket", "k=noinf,le=1", "3 6 9 12 15 18 21 24"),
    ("h_bucket", "k=falls,le=0.1", "5 10 15 20 25 30 35 40"),
    ("h_bucket", "k=falls,le=1", "3 6 9 12 15 18 21 24"),
    ("h_bucket", "k=falls,le=+Inf", "9 18 27 36 45 54 63 72"),
    ("h_bucket", "k=onlyinf,le=+Inf", "9 18 27 36 45 54 63 72"),
    ("h_bucket", "k=empty,le=1", "0 0 0 0 0 0 0 0"),
    ("h_bucket", "k=empty,le=+Inf", "0 0 0 0 0 0 0 0"),
    ("h_bucket", "k=minus,le=-1", "1 2 3 4 5 6 7 8"),
    ("h_bucket", "k=minus,le=0", "2 4 6 8 10 12 14 16"),
    ("h_bucket", "k=minus,le=+Inf", "4 8 12 16 20 24 28 32"),
    ("h_bucket", "k=bad,le=abc", "1 2 3 4 5 6 7 8"),
    ("h_bucket", "k=bad,le=+Inf", "2 4 6 8 10 12 14 16"),
    ("h_bucket", "k=twice,le=1", "1 2 3 4 5 6 7 8"),
    ("h_bucket", "k=twice,le=1.0", "2 4 6 8 10 12 14 16"),
    ("h_bucket", "k=twice,le=+Inf", "4 8 12 16 20 24 28 32"),
    ("h_bucket", "k=none", "4 8 12 16 20 24 28 32"),
    ("words", "src=a-b-c,dst=old", "1 1 1 1 1 1 1 1"),
    ("words", "src=x,dst=new", "2 2 2 2 2 2 2 2"),
    (
        "days",
        "d=leap",
        "951782400 951868800 1709164800 -1 0 1e10 253402300799 NaN",
    ),
];

fn data() -> Data {
    let mut series = BTreeMap::new();
    for (name, labels, values) in SERIES {
        let pairs = labels.split(',').filter_map(|pair| pair.split_once('='));
        let labels: Labels = pairs.chain([(NAME, *name)]).collect();
        let values = values.split(' ').enumerate();
        let points = values
            .filter(|(_, value)| *value != "-")
            .map(|(at, value)| Point {
                time: i64::try_from(at).expect("it is small") * 15_000,
                value: value.parse().expect("it is a number"),
            });
        series.insert(labels, points.collect());
    }
    Data::of(series)
}

/// Expressions, one a line.
const EXPRESSIONS: &str = include_str!("edges.txt");

#[test]
fn what_stands_at_the_edges_gives_what_prometheus_gives() {
    let data = data();
    let Some(prometheus) = Prometheus::start(&data.exposition()) else {
        return;
    };
    let spans = [
        (60_000, 60_000, 15_000),
        (0, 390_000, 15_000),
        (7_000, 420_000, 33_000),
        (100_000, 700_000, 60_000),
    ];
    let mut differences = vec![];
    let (mut asked, mut answers) = (0, 0);
    let lines = EXPRESSIONS.lines().map(str::trim);
    for expr in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        asked += 1;
        for span in spans {
            let theirs = prometheus.query_range(expr, span);
            let ours = ours(&data, expr, span);
            answers += usize::from(theirs.as_ref().is_ok_and(|found| !found.is_empty()));
            if let Some(how) = differ(&ours, &theirs) {
                differences.push(format!("{expr}\n    at {span:?}: {how}"));
            }
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "promql: {asked} expressions at the edges, {answers} answers with series, {} differ",
        differences.len()
    );
    assert!(answers > 0, "something is found");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
