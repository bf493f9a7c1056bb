//! Expressions in our evaluator and in a real Prometheus 2.42, over the same samples.
//!
//! `PROMQL_DIFFERENTIAL` says how many expressions (300), `PROMQL_SEED` with which seed (1).

mod answer;
mod data;
mod edges;
mod generate;
mod server;

use std::io::Write;
use std::time::Duration;

use admf_alerts::promql::{Query, Semantics, Settings};

use answer::{Answer, differ};
use data::Data;
use generate::Generator;
use server::Prometheus;
use tests::chance::Chance;

fn number(variable: &str, default: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(default, |it| it.parse().expect("it is a number"))
}

fn ours(data: &Data, expr: &str, span: (i64, i64, i64)) -> Answer {
    let settings = Settings::default()
        .semantics(Semantics::Prometheus2)
        .lookback(Duration::from_secs(300))
        .max_samples(usize::MAX);
    let query = Query::parse(expr, &settings).map_err(|error| error.to_string())?;
    let found = query.range(&data.store, &settings, span);
    let found = found.map_err(|error| error.to_string())?;
    Ok(found
        .into_iter()
        .map(|range| (Data::pairs(&range.labels), range.points))
        .collect())
}

#[test]
fn generated_expressions_give_what_prometheus_gives() {
    let (count, seed) = (number("PROMQL_DIFFERENTIAL", 300), number("PROMQL_SEED", 1));
    let mut chance = Chance::new(seed);
    let data = Data::new(&mut chance);
    let Some(prometheus) = Prometheus::start(&data.exposition()) else {
        return;
    };
    let mut differences = vec![];
    let (mut answers, mut refusals) = (0, 0);
    for _ in 0..count {
        let expr = Generator::new(&mut chance).vector(3);
        let span = data.span(&mut chance);
        let theirs = prometheus.query_range(&expr, span);
        let ours = ours(&data, &expr, span);
        match &theirs {
            Ok(found) if !found.is_empty() => answers += 1,
            Ok(_) => {}
            Err(_) => refusals += 1,
        }
        if let Some(how) = differ(&ours, &theirs) {
            differences.push(format!("{expr}\n    at {span:?}: {how}"));
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "promql: {count} expressions with seed {seed}: {answers} with series, {refusals} refused by both, \
         {} differ",
        differences.len()
    );
    let shown = differences.len().min(20);
    assert!(
        differences.is_empty(),
        "{}",
        differences[..shown].join("\n")
    );
}
