//! Unit tests for promtool.

use std::collections::BTreeSet;
use std::time::Duration;

use super::run::{Look, run};
use super::scenario::{Scenario, selector, values};
use super::text::{entry, line};
use super::{ExportError, Options, plain};
use crate::duration;
use crate::engine::Alert;
use crate::notation::{Described, Item};
use crate::rule::{RuleGroup, RuleKind};
use crate::scan;
use crate::series::NAME;

const HEAD: &str =
    "# Written by admf-alerts: what its engine says of the rules, for promtool to say the same.\n";
/// How far evaluations are apart where no group says it.
const EVALUATION: Duration = Duration::from_secs(60);
/// How many evaluations a scenario may have.
const STEPS: u128 = 1_000_000;

/// Writes unit tests for `promtool test rules`: that at all times of all scenarios those alerts fire, with those labels
/// and annotations, that fire in our engine.
///
/// `rule_file` is the path of what [`rules`](super::rules) wrote from the same groups and options, as seen from the
/// tests. All groups are evaluated at each step of the shortest interval of a group, or of a minute. What is lost by the
/// export, our engine does not do here either.
///
/// # Errors
///
/// As [`rules`](super::rules); and names the scenario where an interval is 0 or no whole number of milliseconds, a
/// series has no name that promtool reads or is there twice, where there would be more than a million evaluations, or a
/// rule fails.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::export::{self, Scenario};
/// use admf_alerts::{Rule, RuleGroup};
///
/// let minute = Duration::from_secs(60);
/// let groups = [RuleGroup::new("queues", [Rule::new("Late", "queue_length > 5").for_(minute)])];
/// let long = Scenario::new("a long queue", minute).series("queue_length{lane=\"a\"} 9x5")?;
/// let long = long.at([Duration::ZERO, minute]);
/// let tests = export::tests("rules.yml", &groups, &[long], &export::Options::default())?;
/// assert!(tests.ends_with("
///   - eval_time: 1m
///     alertname: Late
///     exp_alerts:
///     - exp_labels:
///         lane: a
/// "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tests(
    rule_file: &str,
    groups: &[RuleGroup],
    scenarios: &[Scenario],
    options: &Options,
) -> Result<String, ExportError> {
    super::rules(groups, options)?;
    let mut names = BTreeSet::new();
    let mut evaluation = None;
    let mut plainly = Vec::new();
    for group in groups {
        let plain = plain::group(group, options)?;
        let alerts = plain.rules.iter().filter(|it| it.kind == RuleKind::Alert);
        names.extend(alerts.map(|rule| rule.name.clone()));
        evaluation = evaluation.into_iter().chain(group.interval).min();
        plainly.push(plain);
    }
    let evaluation = evaluation.unwrap_or(EVALUATION);
    let mut text = head(rule_file, groups, evaluation);
    text += if scenarios.is_empty() {
        "tests: []\n"
    } else {
        "tests:\n"
    };
    for scenario in scenarios {
        check(scenario, evaluation)?;
        let looks = run(&plainly, scenario, evaluation, &options.settings)?;
        text += &one(scenario, &looks, &names)?;
    }
    Ok(text)
}

fn head(rule_file: &str, groups: &[RuleGroup], evaluation: Duration) -> String {
    let length = duration::written(evaluation).expect("the intervals of groups were checked");
    let mut text = HEAD.to_owned();
    text += &list("rule_files", [rule_file].into_iter());
    text += &format!("evaluation_interval: {length}\n");
    // promtool evaluates the groups in any order unless it is told.
    text + &list("group_eval_order", groups.iter().map(|group| &*group.name))
}

fn check(scenario: &Scenario, evaluation: Duration) -> Result<(), ExportError> {
    let refused = |field: &str, value: String, problem: &str| {
        Err(ExportError::of_scenario(scenario, field, value, problem))
    };
    if scenario.interval.is_zero() {
        return refused(
            "interval",
            "0s".to_owned(),
            "must be at least a millisecond",
        );
    }
    let longest = scenario.times.iter().max().copied().unwrap_or_default();
    if longest.as_nanos() / evaluation.as_nanos() > STEPS {
        let problem = format!("is after more than {STEPS} evaluations");
        return refused("times", format!("{longest:?}"), &problem);
    }
    let mut seen = BTreeSet::new();
    for series in &scenario.series {
        let mut labels = series.labels.iter();
        let named = series.labels.get(NAME).is_some_and(scan::is_metric_name);
        if !named || !labels.all(|(name, _)| scan::is_label_name(name)) {
            return refused(
                "series",
                selector(&series.labels),
                "is no series with a name",
            );
        }
        if series.items.contains(&Item::Native) {
            let problem = "has native histograms, which nothing here knows";
            return refused("series", selector(&series.labels), problem);
        }
        if !seen.insert(&series.labels) {
            return refused("series", selector(&series.labels), "is there twice");
        }
    }
    Ok(())
}

fn one(
    scenario: &Scenario,
    looks: &[Look],
    names: &BTreeSet<String>,
) -> Result<String, ExportError> {
    let length = |field: &str, length: Duration| {
        duration::written(length).map_err(|problem| {
            ExportError::of_scenario(scenario, field, format!("{length:?}"), problem)
        })
    };
    let mut text = format!("- interval: {}\n", length("interval", scenario.interval)?);
    text += &entry(2, "name", &scenario.name);
    let (key, none) = match scenario.series.is_empty() {
        true => ("input_series", " []"),
        false => ("input_series", ""),
    };
    text += &format!("  {key}:{none}\n");
    text.extend(scenario.series.iter().map(input));
    let none = if looks.is_empty() || names.is_empty() {
        " []"
    } else {
        ""
    };
    text += &format!("  alert_rule_test:{none}\n");
    for Look { time, firing } in looks {
        let time = length("times", *time)?;
        for name in names {
            let firing: Vec<_> = firing.iter().filter(|it| it.name() == name).collect();
            let none = if firing.is_empty() { " []" } else { "" };
            text += &format!("  - eval_time: {time}\n");
            text += &entry(4, "alertname", name);
            text += &format!("    exp_alerts:{none}\n");
            text.extend(firing.into_iter().map(alert));
        }
    }
    Ok(text)
}

fn input(series: &Described) -> String {
    let mut text = entry(4, "series", &selector(&series.labels));
    text.replace_range(2..3, "-");
    text + &entry(4, "values", &values(&series.items))
}

fn alert(alert: &Alert) -> String {
    let labels = alert.labels.iter().filter(|(name, _)| *name != "alertname");
    let labels: String = labels.map(|(name, text)| entry(8, name, text)).collect();
    let said = alert.annotations.iter();
    let said: String = said.map(|(name, text)| entry(8, name, text)).collect();
    let map = |key: &str, entries: String| match entries.is_empty() {
        true => format!("{key}: {{}}\n"),
        false => format!("{key}:\n{entries}"),
    };
    let mut text = format!("    - {}", map("exp_labels", labels));
    if !said.is_empty() {
        text += &format!("      {}", map("exp_annotations", said));
    }
    text
}

fn list<'t>(key: &str, texts: impl Iterator<Item = &'t str>) -> String {
    let texts: String = texts.map(|text| format!("- {}\n", line(text))).collect();
    match texts.is_empty() {
        true => format!("{key}: []\n"),
        false => format!("{key}:\n{texts}"),
    }
}
