//! The rule files that come with the trading service: accepted and tested by promtool, read by us, and as
//! docs/shipped_rules.md says.

#[path = "shipped_rules/page.rs"]
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use admf_alerts::duration;
use admf_alerts::promql::{Query, Semantics, Settings};
use admf_alerts::rule_file::parse;
use admf_alerts::{Rule, RuleKind, rule_test};

/// The page that names every alert once.
const PAGE: &str = include_str!("../../docs/shipped_rules.md");
/// The metrics that this workspace exports.
const METRICS: &str = include_str!("../../docs/metrics.md");
/// The file that is made of objectives, whose alerts are named and worded by what makes them.
const OBJECTIVES: &str = "slo";
const RUNBOOKS: &str = "https://github.com/admf/admf/blob/main/docs/runbooks/";

/// How many steps the runbooks of the alerts that page have in their source.
const STEPS: [(&str, usize); 6] = [
    ("system_down", 5),
    ("high_error_rate", 6),
    ("trading_circuit_breaker", 6),
    ("data_pipeline_failure", 6),
    ("model_deployment_failure", 7),
    ("critical_feature_drift", 7),
];

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    here.expect("it is a folder of the workspace").to_path_buf()
}

/// The files of a folder that end so, by name.
fn files(folder: &str, end: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("it is a text");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

fn rule_files() -> Vec<(PathBuf, String)> {
    files("examples/trading-service/rules", ".yml")
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().expect("it has a name");
    stem.to_string_lossy().into_owned()
}

/// Every rule, with the name of its file.
fn rules() -> Vec<(String, Rule)> {
    let mut rules = Vec::new();
    for (path, text) in rule_files() {
        let groups = parse(&stem(&path), &text, &Settings::default());
        let groups = groups.unwrap_or_else(|error| panic!("{error}"));
        let named = groups.into_iter().flat_map(|group| group.rules);
        rules.extend(named.map(|rule| (stem(&path), rule)));
    }
    rules
}

fn alerts() -> Vec<(String, Rule)> {
    let rules = rules().into_iter();
    let alerts: Vec<_> = rules.filter(|it| it.1.kind == RuleKind::Alert).collect();
    assert!(alerts.len() > 45, "{}", alerts.len());
    alerts
}

/// Runs promtool, and panics with what it says where it is not content.
fn promtool(args: &[&str], files: &[(PathBuf, String)]) {
    let files = files.iter().map(|(path, _)| path);
    let args = args.iter().map(OsStr::new);
    if let Some(done) = tests::promtool::promtool(args.chain(files.map(|it| it.as_os_str()))) {
        let said = [done.stdout, done.stderr].concat();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn promtool_accepts_every_file_and_every_test_of_them_passes() {
    promtool(&["check", "rules"], &rule_files());
    let tests = files("examples/trading-service/rules/tests", ".yml");
    assert!(tests.len() >= rule_files().len());
    promtool(&["test", "rules"], &tests);
}

#[test]
fn our_runner_passes_every_test_of_them_as_two_and_as_three() {
    for semantics in [Semantics::Prometheus2, Semantics::Prometheus3] {
        let settings = Settings::default().semantics(semantics);
        let mut cases = 0;
        for (path, _) in files("examples/trading-service/rules/tests", ".yml") {
            let report = rule_test::run(&path, &settings);
            assert!(report.passed(), "{semantics:?}: {report}");
            assert_eq!(report.warnings, Vec::<String>::new());
            cases += report.cases;
        }
        // Each alert is looked at where it fires and where it does not.
        assert!(cases >= 2 * alerts().len(), "{cases}");
    }
}

#[test]
fn every_file_is_read_as_two_and_as_three_and_says_by_which_clock_it_goes() {
    for (path, text) in rule_files() {
        for semantics in [Semantics::Prometheus2, Semantics::Prometheus3] {
            let settings = Settings::default().semantics(semantics);
            let read = parse(&stem(&path), &text, &settings);
            assert!(read.is_ok_and(|groups| !groups.is_empty()));
        }
        let clocks = ["# Trading clock: ", "# Real time: ", "# Real time, on a "];
        let says = clocks.iter().any(|clock| text.starts_with(clock));
        assert!(says, "{}", path.display());
    }
}

#[test]
fn every_alert_has_a_name_of_its_own_that_ends_with_its_level() {
    let mut names = BTreeSet::new();
    for (file, alert) in alerts() {
        let severity = alert.labels.get("severity").map(String::as_str);
        let end = match severity {
            Some("critical") if file == OBJECTIVES => "Page",
            Some("warning") if file == OBJECTIVES => "Ticket",
            Some("critical") => "Critical",
            Some("warning") => "Warning",
            Some("info") => "Info",
            other => panic!("{}: severity {other:?}", alert.name),
        };
        assert!(alert.name.ends_with(end), "{}", alert.name);
        assert!(names.insert(alert.name.clone()), "{} twice", alert.name);
    }
}

#[test]
fn every_alert_says_what_it_is_by_value_and_labels_and_what_to_do() {
    for (file, alert) in alerts() {
        let text = |name: &str| {
            let text = alert.annotations.get(name);
            text.unwrap_or_else(|| panic!("{} has no {name}", alert.name))
        };
        let fixed = !text("summary").contains("{{");
        assert!(fixed || file == OBJECTIVES, "{}", alert.name);
        assert!(text("description").contains("{{"), "{}", alert.name);
        let page = text("runbook_url").strip_prefix(RUNBOOKS);
        let page = page.unwrap_or_else(|| panic!("{}", alert.name));
        let page = fs::read_to_string(root().join("docs/runbooks").join(page));
        let page = page.unwrap_or_else(|error| panic!("{}: {error}", alert.name));
        let named = page.contains(&format!("`{}`", alert.name));
        assert!(named, "the runbook does not name {}", alert.name);
    }
}

#[test]
fn rules_of_one_condition_differ_in_severity_and_stand_in_the_page() {
    let mut conditions: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (_, alert) in alerts() {
        if let Some(condition) = alert.labels.get("condition") {
            let severities = conditions.entry(condition.clone()).or_default();
            let severity = alert.labels["severity"].clone();
            let before = severities.insert(severity, alert.name.clone());
            assert_eq!(before, None, "{condition}");
        }
    }
    assert!(conditions.len() >= 5, "{conditions:?}");
    for (condition, of) in conditions {
        assert!(of.len() > 1, "{condition} is of one rule");
        let row = format!("| `{condition}` | {} | {} |", of["critical"], of["warning"]);
        assert!(PAGE.contains(&row), "{row}");
    }
}

/// A look at one alert in a unit test: when, and with which labels it is to fire.
struct Look<'t> {
    time: Duration,
    alert: &'t str,
    firing: BTreeSet<&'t str>,
}

/// What the tests of a file look at, test by test.
fn looks(text: &str) -> Vec<Vec<Look<'_>>> {
    let tests = text.split("\n  - name: ").skip(1);
    let of_test = |test| {
        str::split(test, "- eval_time: ")
            .skip(1)
            .map(look)
            .collect()
    };
    tests.map(of_test).collect()
}

fn look(text: &str) -> Look<'_> {
    let (time, rest) = text.split_once('\n').expect("it goes on");
    let (_, rest) = rest.split_once("alertname: ").expect("it names one");
    let (alert, expected) = rest.split_once('\n').expect("it goes on");
    let labels = expected.split("exp_labels: { ").skip(1);
    let firing: BTreeSet<_> = labels
        .map(|it| it.split_once(" }").expect("it ends in its line").0)
        .collect();
    let expected = expected.trim_start();
    let told = expected.matches("summary: ").count();
    let none = expected.starts_with("exp_alerts: []\n");
    assert!(firing.len() == told && none == (told == 0), "{text}");
    Look {
        time: duration::parse(time).expect("it is a length of time"),
        alert,
        firing,
    }
}

#[test]
fn every_alert_is_tested_to_fire_and_not_to_fire() {
    let (mut tested, mut resolved) = (BTreeSet::new(), BTreeSet::new());
    let tests = files("examples/trading-service/rules/tests", ".yml");
    for looks in tests.iter().flat_map(|(_, text)| looks(text)) {
        for look in &looks {
            tested.insert(look.alert);
            // The same alert, by all of its labels, is not among those that fire later in the same test.
            let mut after = looks
                .iter()
                .filter(|later| later.alert == look.alert && later.time > look.time);
            if after.any(|later| !look.firing.is_subset(&later.firing)) {
                resolved.insert(look.alert);
            }
        }
    }
    let alerts = alerts();
    let alerts: BTreeSet<_> = alerts.iter().map(|(_, rule)| &*rule.name).collect();
    assert_eq!(tested, alerts);
    let never: Vec<_> = alerts.difference(&resolved).collect();
    assert!(never.is_empty(), "never seen to resolve: {never:?}");
}

/// Every declared metric and its kind: those of the workspace, and those of the file of others.
fn declared() -> BTreeMap<String, String> {
    let mut kinds = BTreeMap::new();
    for row in METRICS.lines().filter(|row| row.starts_with("| `")) {
        let mut cells = row.split(" | ");
        let name = cells
            .next()
            .unwrap_or_default()
            .trim_matches(['|', ' ', '`']);
        let kind = cells.next().expect("the kind stands second");
        kinds.insert(name.to_owned(), kind.to_owned());
    }
    assert!(kinds.len() > 150, "{}", kinds.len());
    for (path, text) in files("examples/trading-service/rules", ".prom") {
        let others = admf_exposition::parse(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(admf_exposition::lint(&others), [], "{}", path.display());
        for line in text.lines() {
            if let Some(declared) = line.strip_prefix("# TYPE ") {
                let (name, kind) = declared.split_once(' ').expect("the kind follows");
                let before = kinds.insert(name.to_owned(), kind.to_owned());
                assert_eq!(before, None, "{name} is declared elsewhere");
                let help = format!("# HELP {name} ");
                assert!(text.contains(&help), "{help}");
            }
        }
    }
    kinds
}

/// Says what is wrong with the metrics that an expression reads, and adds their names to `read`.
fn misused(
    text: &str,
    declared: &BTreeMap<String, String>,
    recorded: &BTreeSet<String>,
    read: &mut BTreeSet<String>,
) -> Vec<String> {
    let query = Query::parse(text, &Settings::default());
    let query = query.unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut wrong = Vec::new();
    for used in query.uses() {
        let name = used.name().expect("every selector names its metric");
        if recorded.contains(name) {
            continue;
        }
        let of_histogram = ["_bucket", "_count", "_sum"];
        let histogram = of_histogram.iter().find_map(|end| name.strip_suffix(end));
        let histogram =
            histogram.filter(|it| declared.get(*it).is_some_and(|it| it == "histogram"));
        read.insert(histogram.unwrap_or(name).to_owned());
        let kind = match (histogram, declared.get(name)) {
            (Some(_), _) => "counter",
            (None, Some(kind)) => kind,
            (None, None) => "undeclared",
        };
        let counts = ["rate", "increase", "irate"];
        let levels = ["delta", "deriv", "avg_over_time"];
        let right = match used.function {
            Some(function) if counts.contains(&function) => kind == "counter",
            Some(function) if levels.contains(&function) => kind == "gauge",
            _ => ["counter", "gauge"].contains(&kind),
        };
        if !right {
            wrong.push(format!(
                "{name} is {kind}, in {:?} of {text}",
                used.function
            ));
        }
    }
    wrong
}

fn recorded() -> BTreeSet<String> {
    let rules = rules().into_iter();
    let records = rules.filter(|it| it.1.kind == RuleKind::Record);
    records.map(|(_, rule)| rule.name).collect()
}

#[test]
fn every_metric_of_the_rules_is_declared_and_used_as_what_it_is() {
    let (declared, recorded) = (declared(), recorded());
    let mut read = BTreeSet::new();
    for (_, rule) in rules() {
        let wrong = misused(&rule.expr, &declared, &recorded, &mut read);
        assert!(wrong.is_empty(), "{}: {wrong:?}", rule.name);
    }
    // Nothing is declared for nobody.
    for (_, text) in files("examples/trading-service/rules", ".prom") {
        let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        for name in names.filter_map(|it| it.split(' ').next()) {
            assert!(read.contains(name), "no rule reads {name}");
        }
    }
    // As one of the sources had it.
    let bare = misused(
        "admf_data_latency_seconds > 60",
        &declared,
        &recorded,
        &mut read,
    );
    assert_eq!(bare.len(), 1);
    let level = misused(
        "rate(admf_realized_pnl[5m])",
        &declared,
        &recorded,
        &mut read,
    );
    assert_eq!(level.len(), 1);
}

#[test]
fn every_runbook_is_of_an_alert_and_asks_what_can_be_answered() {
    let (declared, recorded) = (declared(), recorded());
    let linked: BTreeSet<_> = alerts()
        .into_iter()
        .map(|(_, rule)| rule.annotations["runbook_url"].clone())
        .collect();
    let pages = files("docs/runbooks", ".md");
    assert_eq!(pages.len(), linked.len());
    for (path, page) in pages {
        let name = stem(&path);
        assert!(linked.contains(&format!("{RUNBOOKS}{name}.md")), "{name}");
        let block = |kind: &str| {
            let (_, rest) = page.split_once(&format!("```{kind}\n")).expect(kind);
            rest.split_once("```").expect("it ends").0
        };
        assert!(!block("sh").is_empty());
        for question in block("promql").lines() {
            let wrong = misused(question, &declared, &recorded, &mut BTreeSet::new());
            assert!(wrong.is_empty(), "{name}: {wrong:?}");
        }
        for link in page.split("](").skip(1) {
            let (link, _) = link.split_once(')').expect("the link ends");
            assert!(
                root().join("docs/runbooks").join(link).is_file(),
                "{name}: {link}"
            );
        }
        let (_, steps) = page.split_once("## What to do\n").expect("it says so");
        let steps = steps
            .lines()
            .filter(|line| line.contains(". ") && !line.starts_with(' '));
        let steps = steps
            .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
            .count();
        let asked = STEPS.iter().find(|(page, _)| *page == name);
        assert!(
            steps > 0 && asked.is_none_or(|(_, asked)| *asked == steps),
            "{name}: {steps}"
        );
    }
}
