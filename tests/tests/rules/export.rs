//! Models made by chance, exported with their unit tests: promtool takes both, and the tests pass.
//!
//! `EXPORT_MODELS` says how many (40), `EXPORT_SEED` with which seed (1).

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use admf_alerts::export::{self, Scenario};
use admf_alerts::notation::{Described, Item};
use admf_alerts::promql::{Semantics, Settings};
use admf_alerts::rule::compile;
use admf_alerts::rule_file::parse;
use admf_alerts::series::NAME;
use admf_alerts::{Alert, AlertState, AtLeast, Engine, Labels, NoData, Options, Rule, RuleGroup};
use tempfile::TempDir;
use tests::chance::Chance;

use crate::number;
use crate::scenario::{self, EXPRS, LABELS, SAMPLES};
use tests::promtool::promtool;

struct Model {
    groups: Vec<RuleGroup>,
    scenario: Scenario,
    evaluation: Duration,
}

/// How often there was what makes it worth something.
#[derive(Debug, Default)]
struct Seen {
    no_data: u64,
    at_least: u64,
    firing: usize,
}

fn settings(evaluation: Duration) -> Settings {
    let settings = Settings::default().semantics(Semantics::Prometheus2);
    settings.subquery_step(evaluation)
}

fn model(chance: &mut Chance, seen: &mut Seen) -> Model {
    let evaluation = Duration::from_secs(chance.pick(&[15, 30, 60]));
    let record = Rule::record("rec:sum", "sum by (job) (a)").label("of", "a: #all");
    let mut groups = vec![RuleGroup::new("records", [record]).interval(evaluation)];
    for name in ["first # group", "second: group"] {
        // Two rules of one name are told apart by a label, or they write one series at one time.
        let rules = (0..3)
            .map(|index| rule(chance, &format!("A{index}"), evaluation, seen).label("of", name));
        groups.push(RuleGroup::new(name, rules.collect::<Vec<_>>()).interval(evaluation));
    }
    let interval = Duration::from_secs(chance.pick(&[15, 30, 60]));
    let mut scenario = Scenario::new("by chance", interval);
    for series in scenario::series(chance) {
        let mut labels: Labels = series.labels.iter().copied().collect();
        labels.insert(NAME, series.name);
        let item = |value: &Option<f64>| match value {
            None => Item::Omitted,
            Some(value) if value.is_nan() => {
                Item::Value(f64::from_bits(admf_alerts::series::STALE))
            }
            Some(value) => Item::Value(*value),
        };
        let items = series.values.iter().map(item).collect();
        scenario.series.push(Described { labels, items });
    }
    let longest = interval.as_secs() * SAMPLES as u64;
    let steps = (longest / evaluation.as_secs()).min(40);
    let times = (0..steps).map(|step| evaluation * u32::try_from(step).expect("it is small"));
    Model {
        groups,
        scenario: scenario.at(times),
        evaluation,
    }
}

fn rule(chance: &mut Chance, name: &str, evaluation: Duration, seen: &mut Seen) -> Rule {
    let expr = chance.pick(EXPRS);
    let expr = expr.replace('N', chance.pick(&["1", "2", "3", "2.5"]));
    let mut rule = Rule::new(name, expr)
        .annotation(
            "summary",
            "{{ $labels.job }}/{{ $labels.i }}: {{ $value | humanize }} # of many\n",
        )
        .annotation(
            "description",
            "first line\n  {{ .Value }}\n\n- last \"line\"",
        )
        .for_(Duration::from_secs(chance.pick(&[0, 30, 60, 100])))
        .keep_firing_for(Duration::from_secs(chance.pick(&[0, 0, 30, 90])));
    for (label, text) in LABELS {
        // What a rule over its own alerts makes of these has no single answer.
        let own = rule.expr.contains("ALERTS") && ["team", "none", "level"].contains(label);
        if chance.one_in(3) && !own {
            rule = rule.label(*label, *text);
        }
    }
    let plainly = rule.clone();
    if chance.one_in(2) {
        rule.no_data = NoData::Alert;
    }
    if chance.one_in(3) {
        let times = 1 + u32::try_from(chance.below(3)).expect("it is small");
        rule.at_least = Some(AtLeast { times, of: 3 });
    }
    // Some have data at all times, and some are no vector.
    if compile(&rule, Some(evaluation), &settings(evaluation)).is_err() {
        return plainly;
    }
    seen.no_data += u64::from(rule.no_data == NoData::Alert);
    seen.at_least += u64::from(rule.at_least.is_some());
    rule
}

/// What fires at each of the times.
fn firing(groups: &[RuleGroup], model: &Model) -> Vec<Vec<Alert>> {
    let settings = settings(model.evaluation);
    let options = Options::default().promql(settings);
    let engine = Engine::with(groups.iter().cloned(), options);
    let mut engine = engine.expect("the rules are good");
    let mut fed = 0;
    let looks = model.scenario.times.iter().map(|time| {
        while model.scenario.interval * fed <= *time {
            for series in &model.scenario.series {
                if let Some(Item::Value(value)) = series.items.get(fed as usize) {
                    let at = model.scenario.interval * fed;
                    let at = i64::try_from(at.as_millis()).expect("it is small");
                    let taken = engine.store_mut().append(&series.labels, at, *value);
                    taken.expect("samples come in order");
                }
            }
            fed += 1;
        }
        engine.evaluate(*time);
        let fires = |it: &&Alert| it.state == AlertState::Firing;
        engine.alerts().filter(fires).cloned().collect()
    });
    looks.collect()
}

#[test]
fn exported_models_are_read_and_their_tests_passed_by_promtool() {
    let (count, seed) = (number("EXPORT_MODELS", 40), number("EXPORT_SEED", 1));
    let mut chance = Chance::new(seed);
    let folder = TempDir::new().expect("a folder can be made");
    let mut check = ["check", "rules", "--lint=none"]
        .map(OsString::from)
        .to_vec();
    let mut test = ["test", "rules"].map(OsString::from).to_vec();
    let (mut made, mut seen) = (0, Seen::default());
    while made < count {
        let model = model(&mut chance, &mut seen);
        let options = export::Options::default();
        let file = format!("{made:06}-rules.yml");
        let rules = export::rules(&model.groups, &options).expect("nothing is lost");
        let scenarios = std::slice::from_ref(&model.scenario);
        let tests = match export::tests(&file, &model.groups, scenarios, &options) {
            Ok(tests) => tests,
            // promtool takes a rule that fails for a failed test.
            Err(error) if error.to_string().contains("fails at") => continue,
            Err(error) => panic!("{error}\n{rules}"),
        };
        // What the program evaluates, and what is read back from the file.
        let read = parse(&file, &rules, &settings(model.evaluation)).expect("it is a rule file");
        let looks = firing(&model.groups, &model);
        assert_eq!(looks, firing(&read, &model), "{rules}");
        seen.firing += looks.iter().map(Vec::len).sum::<usize>();
        check.push(written(folder.path(), &file, &rules));
        test.push(written(folder.path(), &format!("{made:06}.yml"), &tests));
        made += 1;
    }
    assert!(
        seen.no_data > count && seen.at_least > count / 2 && seen.firing as u64 > 50 * count,
        "{seen:?}"
    );
    for args in [check, test] {
        let Some(done) = promtool(args) else {
            return;
        };
        let said = String::from_utf8_lossy(&done.stderr);
        let lines: Vec<_> = said.lines().take(60).collect();
        assert!(done.status.success(), "{}", lines.join("\n"));
    }
}

fn written(folder: &Path, name: &str, text: &str) -> OsString {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("it can be written");
    path.into()
}
