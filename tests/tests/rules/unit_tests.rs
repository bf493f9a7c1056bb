//! Our engine at every step of a scenario, as the expectation of a unit test that promtool runs.
//!
//! `RULE_SCENARIOS` says how many (50), `RULE_SCENARIOS_SEED` with which seed (1).

use std::ffi::OsString;
use std::time::Duration;

use admf_alerts::promql::{Query, Semantics, Settings, Value as Found};
use admf_alerts::rule::compile;
use admf_alerts::rule_file::parse;
use admf_alerts::series::{Limits, NAME, STALE};
use admf_alerts::{AlertState, Engine, Labels, NoData, Options, RuleGroup};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tests::chance::Chance;

use crate::number;
use crate::scenario::Scenario;
use crate::texts::{DC, Said, URL};
use tests::promtool::promtool;

/// What there is at any step, besides what fires.
const SERIES: &[&str] = &["ALERTS", "ALERTS_FOR_STATE", "rec:sum", "rec:later"];

fn settings(scenario: &Scenario) -> Settings {
    let step = Duration::from_secs(scenario.evaluation);
    let settings = Settings::default().semantics(Semantics::Prometheus2);
    settings.subquery_step(step)
}

/// The groups as the engine has them; into `file` goes what they are to Prometheus.
fn groups(scenario: &Scenario, file: &mut Value, settings: &Settings) -> Vec<RuleGroup> {
    let groups = parse("", &scenario.rules.to_string(), settings);
    let mut groups = groups.expect("the rules are good");
    let interval = Duration::from_secs(scenario.evaluation);
    for group in &mut groups {
        group.interval = Some(interval);
    }
    for (rule, own) in groups[0].rules[1..].iter_mut().zip(&scenario.own) {
        let plain = rule.clone();
        (rule.no_data, rule.at_least) = (own.no_data, own.at_least);
        // There is data at all times, or a number.
        if compile(rule, Some(interval), settings).is_err() {
            *rule = plain;
        }
    }
    for (index, rule) in groups[0].rules.iter().enumerate() {
        let compiled = compile(rule, Some(interval), settings).expect("it was tried");
        file["groups"][0]["rules"][index]["expr"] = compiled.expr.into();
    }
    groups
}

/// Evaluates all steps, and returns the unit test; `None` where a rule fails, which promtool takes for a failed test.
pub(crate) fn expected(
    scenario: &Scenario,
    file: &str,
    rules: &mut Value,
    counts: &mut [usize; 3],
) -> Option<Value> {
    let settings = settings(scenario);
    let groups = groups(scenario, rules, &settings);
    let own = groups[0].rules.iter();
    let own = own.filter(|it| it.no_data == NoData::Alert || it.at_least.is_some());
    counts[2] += own.count();
    let options = Options::default()
        .promql(settings)
        .limits(Limits::default())
        .external_labels(Labels::from_iter([("dc", DC)]))
        .external_url(URL);
    let mut engine = Engine::with(groups, options).expect("the rules are good");
    let (mut alerts, mut series) = (Vec::new(), Vec::new());
    let mut fed = 0;
    for step in 0..=scenario.steps {
        let at = step * scenario.evaluation;
        while fed * scenario.interval <= at {
            feed(&mut engine, scenario, fed);
            fed += 1;
        }
        engine.evaluate(Duration::from_secs(at));
        if engine.rules().any(|rule| rule.error.is_some()) {
            return None;
        }
        let time = format!("{at}s");
        for name in &scenario.alerts {
            let fires = firing(&engine, name);
            counts[0] += fires.len();
            alerts.push(json!({"eval_time": time, "alertname": name, "exp_alerts": fires}));
        }
        for name in SERIES {
            let samples = samples(&engine, &settings, name, at);
            counts[1] += samples.len();
            series.push(json!({"expr": name, "eval_time": time, "exp_samples": samples}));
        }
    }
    Some(json!({
        "rule_files": [file],
        "group_eval_order": ["g", "h"],
        "evaluation_interval": format!("{}s", scenario.evaluation),
        "tests": [{
            "interval": format!("{}s", scenario.interval),
            "external_labels": {"dc": DC},
            "external_url": URL,
            "input_series": scenario.input(),
            "alert_rule_test": alerts,
            "promql_expr_test": series,
        }],
    }))
}

fn feed(engine: &mut Engine, scenario: &Scenario, index: u64) {
    let time = i64::try_from(index * scenario.interval * 1_000).expect("it is small");
    let index = usize::try_from(index).expect("it is small");
    for series in &scenario.series {
        let Some(Some(value)) = series.values.get(index) else {
            continue;
        };
        let mut labels: Labels = series.labels.iter().copied().collect();
        labels.insert(NAME, series.name);
        let value = if value.is_nan() {
            f64::from_bits(STALE)
        } else {
            *value
        };
        let taken = engine.store_mut().append(&labels, time, value);
        taken.expect("samples come in order");
    }
}

fn firing(engine: &Engine, name: &str) -> Vec<Value> {
    let fires = |it: &&admf_alerts::Alert| it.state == AlertState::Firing && it.name() == name;
    let shown = engine.alerts().filter(fires).map(|alert| {
        let labels = alert.labels.iter().filter(|(name, _)| *name != "alertname");
        let labels: Map<_, _> = labels
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        json!({"exp_labels": labels, "exp_annotations": alert.annotations})
    });
    shown.collect()
}

fn samples(engine: &Engine, settings: &Settings, name: &str, at: u64) -> Vec<Value> {
    let query = Query::parse(name, settings).expect("it is a name");
    let time = i64::try_from(at * 1_000).expect("it is small");
    let found = query.instant(engine.store(), settings, time);
    let Found::Vector(rows) = found.expect("it is a selector") else {
        panic!("a selector gives a vector");
    };
    let shown = rows.into_iter().map(|row| {
        let mut labels = Labels::clone(&row.labels);
        let name = labels.remove(NAME).unwrap_or_default();
        json!({"labels": format!("{name}{labels}"), "value": row.value})
    });
    shown.collect()
}

#[test]
fn alerts_at_every_step_are_those_that_promtool_sees() {
    let (count, seed) = (
        number("RULE_SCENARIOS", 50),
        number("RULE_SCENARIOS_SEED", 1),
    );
    let mut chance = Chance::new(seed);
    let folder = TempDir::new().expect("a folder can be made");
    let mut args = vec![OsString::from("test"), OsString::from("rules")];
    let (mut made, mut counts, mut said) = (0, [0; 3], Said::default());
    while made < count {
        let scenario = Scenario::new(&mut chance);
        let file = format!("{made:06}-rules.yml");
        let mut rules = scenario.rules.clone();
        let Some(test) = expected(&scenario, &file, &mut rules, &mut counts) else {
            continue;
        };
        said.take(&test);
        let path = folder.path().join(format!("{made:06}.yml"));
        let write = |path, value: &Value| std::fs::write(path, value.to_string());
        write(folder.path().join(file), &rules).expect("it can be written");
        write(path.clone(), &test).expect("it can be written");
        args.push(path.into());
        made += 1;
    }
    // Something fires, and something is pending besides, or it shows nothing.
    assert!(
        counts[0] as u64 > 20 * count && counts[1] > 2 * counts[0] && counts[2] as u64 > count / 2,
        "{counts:?}"
    );
    let (texts, all) = said.count();
    assert!(
        texts >= 40 && (count < 50 || texts == all),
        "{texts} of {all}: {said:?}"
    );
    let Some(done) = promtool(args) else {
        return;
    };
    let said = String::from_utf8_lossy(&done.stderr);
    let lines: Vec<_> = said.lines().take(60).collect();
    assert!(done.status.success(), "{}", lines.join("\n"));
}
