use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use admf_metrics::health::Health;
use resilience_core::{Ask, CircuitBreaker, CircuitBreakerConfig, Env, Gate, Outcome, Permit};
use tempfile::TempDir;

use super::*;
use crate::engine::{Now, Watcher};
use crate::ops::tests::{Lines, ask, lines, scrape, started_by};
use crate::ops::{MonitoringConfig, Ops, PolicyMetrics};

const DRAWDOWN: &str = "
groups:
- name: account
  interval: 15s
  rules:
  - alert: Drawdown
    expr: admf_drawdown_ratio > on () group_left () admf_alert_threshold{name=\"drawdown_ratio\"}
    for: 2d
    labels: { severity: warning }
    annotations: { summary: '{{ $value | humanizePercentage }} lost' }
";

const CIRCUITS: &str = "
groups:
- name: circuits
  rules:
  - alert: Open
    expr: admf_circuit_breaker_state{state=\"open\"} == 1
    for: 2s
    keep_firing_for: 5s
    labels: { severity: critical }
";

/// Rules in files of their own.
pub(in crate::ops) struct Written(TempDir);

impl Written {
    pub(in crate::ops) fn new(trading: &str, machine: &str) -> Self {
        let written = Self(TempDir::new().unwrap());
        written.write("trading.yml", trading);
        written.write("machine.yml", machine);
        written
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn files(&self) -> RuleFiles {
        let folder = self.0.path().display();
        let files = [
            format!("trading={folder}/trading.yml"),
            format!("{folder}/machine.yml"),
        ];
        RuleFiles(files.iter().map(|it| it.parse().unwrap()).collect())
    }

    /// An error, without the way to the folder.
    fn shown(&self, error: &str) -> String {
        error.replace(&format!("{}/", self.0.path().display()), "")
    }

    pub(in crate::ops) fn config(&self) -> AlertConfig {
        config_of(self.files())
    }
}

pub(in crate::ops) fn config_of(files: RuleFiles) -> AlertConfig {
    AlertConfig {
        rules: files.read().unwrap(),
        files,
        thresholds: Thresholds::from_env(|_| None).unwrap(),
        interval: Duration::from_secs(1),
    }
}

/// Operations that evaluate these rules, and what they tell.
async fn started(config: &AlertConfig) -> (Ops, Lines) {
    let (console, told) = lines();
    let monitoring = MonitoringConfig {
        port: 0,
        ..MonitoringConfig::default()
    };
    (started_by(monitoring, config, console).await.unwrap(), told)
}

fn at(date: &str, drawdown: f64) -> Now {
    Now {
        date: Some(date.parse().ok().unwrap()),
        drawdown,
        ..Now::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_of_days_is_over_on_the_date_on_which_it_is_whatever_the_real_time() {
    let written = Written::new(DRAWDOWN, CIRCUITS);
    let (ops, told) = started(&written.config()).await;
    let side = ops.side("stack", |_| {}).unwrap();
    for (date, drawdown) in [
        ("2008-09-12", 0.25), // a Friday
        ("2008-09-15", 0.1),
        ("2008-09-16", 0.21),
        ("2008-09-17", 0.3),
        ("2008-09-18", 0.31),
        ("2008-09-19", 0.31),
        ("2008-09-22", 0.2), // as much as the threshold
        ("2008-09-23", 0.5),
    ] {
        side.day_done(&at(date, drawdown));
        // What is told of a date a second time is over.
        side.day_done(&at(date, 0.9));
    }
    assert_eq!(
        told.all(),
        [
            r#"2008-09-18 FIRING   Drawdown{severity="warning",side="stack"} value=0.31: 31% lost"#,
            r#"2008-09-22 RESOLVED Drawdown{severity="warning",side="stack"} value=0.31 after 4 d: 31% lost"#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn each_side_has_its_own_dates_and_its_own_alerts() {
    let written = Written::new(&DRAWDOWN.replace("2d", "1d"), CIRCUITS);
    let (ops, told) = started(&written.config()).await;
    let sides = ["stack", "naive"].map(|side| ops.side(side, |_| {}).unwrap());
    let [stack, naive] = &sides;
    stack.day_done(&at("2001-03-05", 0.3));
    naive.day_done(&at("2009-01-02", 0.4));
    naive.day_done(&at("2009-01-05", 0.5));
    stack.day_done(&at("2001-03-06", 0.3));
    naive.day_done(&at("2009-01-06", 0.0));
    let told: Vec<_> = told
        .all()
        .iter()
        .map(|it| it.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        told,
        [
            r#"2009-01-05 FIRING   Drawdown{severity="warning",side="naive"} value=0.5"#,
            r#"2001-03-06 FIRING   Drawdown{severity="warning",side="stack"} value=0.3"#,
            r#"2009-01-06 RESOLVED Drawdown{severity="warning",side="naive"} value=0.5 after 1 d"#,
        ]
    );
    ops.finish();
    let report = ops.alerts();
    let one = |count| BTreeMap::from([("Drawdown".to_owned(), count)]);
    assert_eq!(
        (report.fired, report.resolved, report.firing),
        (one(2), one(1), one(1))
    );
    let shown = scrape(ops.exporter());
    let labels = [("alertname", "Drawdown"), ("severity", "warning")];
    assert_eq!(shown.value("alerts_fired_total", &labels), Some(2.0));
    assert_eq!(shown.value("alerts_firing", &labels), Some(1.0));
    let trading = [("clock", "trading")];
    assert_eq!(
        shown.value("alert_rule_evaluations_total", &trading),
        Some(5.0)
    );
}

/// Rules of real time on a driven clock, over the policies of an environment.
struct Driven {
    alerts: Alerts,
    exporter: Exporter,
    told: Lines,
    millis: Arc<AtomicU64>,
    health: Health,
}

impl Driven {
    fn new(config: &AlertConfig) -> Self {
        let exporter = crate::ops::tests::exporter();
        let (console, told) = lines();
        // 2009-02-13T23:31:30Z
        let millis = Arc::new(AtomicU64::new(1_234_567_890_000));
        let driven = Arc::clone(&millis);
        let clock = Clock::new(move || Duration::from_millis(driven.load(Ordering::Relaxed)));
        let health = Health::new();
        let component = health.optional("alerts").unwrap();
        let alerts = Alerts::new(config, clock, exporter.meter(), console, component).unwrap();
        alerts.begin(&exporter).unwrap();
        Self {
            alerts,
            exporter,
            told,
            millis,
            health,
        }
    }

    fn tick(&self, millis: u64) -> Vec<String> {
        self.millis.fetch_add(millis, Ordering::Relaxed);
        self.alerts.tick();
        self.told.take()
    }

    fn message(&self) -> (String, String) {
        let found = self.health.components();
        let alerts = found.iter().find(|it| it.name == "alerts").unwrap();
        (alerts.state.to_string(), alerts.message.clone())
    }
}

fn opened(env: &Env) -> CircuitBreaker {
    let config = CircuitBreakerConfig {
        open_for: Some(Duration::from_secs(60)),
        ..Default::default()
    };
    let breaker = CircuitBreaker::new("primary", config, env).unwrap();
    for _ in 0..5 {
        let permit = breaker.permit(&Ask::default()).unwrap();
        permit.record(Outcome::Failure);
    }
    breaker
}

#[test]
fn rules_of_real_time_go_by_a_clock_that_nobody_sets_and_tell_the_time_of_day() {
    let driven = Driven::new(&Written::new(DRAWDOWN, CIRCUITS).config());
    let (env, clock) = Env::manual();
    let policies = PolicyMetrics::new(driven.exporter.meter()).unwrap();
    policies.export(&env).unwrap();
    assert_eq!(driven.tick(1_000), [""; 0]);
    let breaker = opened(&env);
    assert_eq!(driven.tick(500), [""; 0]);
    assert_eq!(driven.tick(1_999), [""; 0]);
    assert_eq!(
        driven.tick(1),
        [
            r#"2009-02-13T23:31:33Z FIRING   Open{name="primary",severity="critical",state="open"} value=1"#
        ]
    );
    clock.advance(Duration::from_secs(60));
    let _probe: Permit<_> = breaker.permit(&Ask::default()).unwrap();
    assert_eq!(driven.tick(1_000), [""; 0], "it may open again at once");
    assert_eq!(driven.tick(4_999), [""; 0]);
    assert_eq!(
        driven.tick(1),
        [
            r#"2009-02-13T23:31:39Z RESOLVED Open{name="primary",severity="critical",state="open"} value=1 after 6.0 s"#
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn rules_that_are_read_again_keep_what_is_pending_and_those_that_are_gone_are_dropped() {
    let written = Written::new(DRAWDOWN, CIRCUITS);
    let (ops, told) = started(&written.config()).await;
    let side = ops.side("stack", |_| {}).unwrap();
    side.day_done(&at("2008-09-15", 0.3));
    side.day_done(&at("2008-09-16", 0.3));
    written.write("trading.yml", &DRAWDOWN.replace("lost", "of it lost"));
    ops.reload_rules();
    side.day_done(&at("2008-09-17", 0.3));
    written.write("trading.yml", "groups: []");
    ops.reload_rules();
    side.day_done(&at("2008-09-18", 0.3));
    let labels = r#"Drawdown{severity="warning",side="stack"} value=0.3: 30% of it lost"#;
    assert_eq!(
        told.all(),
        [
            "rules reloaded: 2 of 2 files".to_owned(),
            format!("2008-09-17 FIRING   {labels}"),
            format!("2008-09-17 DROPPED  {labels}"),
            "rules reloaded: 1 of 2 files".to_owned(),
        ]
    );
    let report = ops.alerts();
    assert!(report.firing.is_empty() && report.dropped["Drawdown"] == 1 && report.rules == 1);
    let text = ops.exporter().render();
    assert!(
        !text.contains("alertname=\"Drawdown\""),
        "its series are gone with it"
    );
    assert!(text.contains("alert_rule_reloads_total{result=\"ok\"} 2\n"));
}

#[tokio::test(start_paused = true)]
async fn rules_that_are_refused_leave_all_as_it_was_and_are_told_and_counted() {
    let written = Written::new(DRAWDOWN, CIRCUITS);
    let (ops, told) = started(&written.config()).await;
    let side = ops.side("stack", |_| {}).unwrap();
    side.day_done(&at("2008-09-15", 0.3));
    // What is good is not taken where the other file is bad.
    written.write("trading.yml", "groups: []");
    written.write("machine.yml", &CIRCUITS.replace("5s", "5"));
    ops.reload_rules();
    side.day_done(&at("2008-09-17", 0.3));
    let told: Vec<_> = told.all().iter().map(|it| written.shown(it)).collect();
    let refused = "machine.yml:8:22: groups[0].rules[0].keep_firing_for: `5` is no length of time";
    let line = format!("rules not reloaded, those before stay: {refused}");
    assert!(told[0].starts_with(&line), "{told:?}");
    assert!(
        told[1].starts_with("2008-09-17 FIRING   Drawdown{") && told.len() == 2,
        "{told:?}"
    );
    let text = ops.exporter().render();
    assert!(text.contains("alert_rule_reloads_total{result=\"refused\"} 1\n"));
    assert!(text.contains("alert_rules{clock=\"trading\"} 1\n"));
}

#[test]
fn what_is_wrong_with_rules_is_one_line_with_file_line_and_field() {
    let written = Written::new(&DRAWDOWN.replace("2d", "2 days"), CIRCUITS);
    let refused = |text: &str| {
        written.write("trading.yml", text);
        written.shown(&written.files().read().unwrap_err())
    };
    for (text, expected) in [
        (
            &*DRAWDOWN.replace("2d", "2 days"),
            "trading.yml:8:10: groups[0].rules[0].for: ",
        ),
        (
            &*DRAWDOWN.replace("> on", ">> on"),
            "trading.yml:7:11: groups[0].rules[0].expr: ",
        ),
        (
            &*DRAWDOWN.replace("labels", "lables"),
            "trading.yml:9:5: groups[0].rules[0].lables: ",
        ),
        ("groups: [", "trading.yml:"),
    ] {
        let error = refused(text);
        assert!(
            error.starts_with(expected) && !error.contains('\n'),
            "{error}"
        );
    }
    fs::remove_file(written.0.path().join("trading.yml")).unwrap();
    let error = written.shown(&written.files().read().unwrap_err());
    assert!(
        error.starts_with("--rules: trading.yml: No such file"),
        "{error}"
    );
    let twice = [&written.files().0[1..], &written.files().0[1..]].concat();
    let error = written.shown(&RuleFiles(twice).read().unwrap_err());
    assert!(
        error.starts_with("--rules: group `circuits`: name"),
        "{error}"
    );
    for text in ["", "trading="] {
        assert!(text.parse::<RuleFile>().is_err());
    }
}

#[test]
fn a_rule_that_fails_is_told_by_health_and_counted_and_the_others_go_on() {
    let twins = "
groups:
- name: twins
  rules:
  - alert: Twins
    expr: bars_replayed_total > on () replay_progress_ratio
  - alert: Started
    expr: replay_progress_ratio{side=\"stack\"} > 0
";
    let driven = Driven::new(&Written::new("groups: []", twins).config());
    assert_eq!(
        driven.message(),
        ("healthy".to_owned(), "2 rules".to_owned())
    );
    let meters = ["stack", "naive"]
        .map(|side| crate::ops::meter::Meter::new(driven.exporter.meter(), side).unwrap());
    let now = Now {
        bars: 1,
        of: 2,
        ..Now::default()
    };
    meters[0].day_done(&now);
    let told = driven.tick(1_000);
    assert!(
        told.len() == 1 && told[0].contains("FIRING   Started{side=\"stack\"} value=0.5"),
        "{told:?}"
    );
    let (state, message) = driven.message();
    assert_eq!(state, "degraded");
    assert!(
        message.starts_with("1 of 2 rules fail: Twins: "),
        "{message}"
    );
    assert_eq!(driven.alerts.report().failing.len(), 1);
    let shown = scrape(&driven.exporter);
    let machine = [("clock", "machine")];
    let value = |metric| shown.value(metric, &machine);
    assert_eq!(value("alert_rule_evaluations_total"), Some(2.0));
    assert_eq!(value("alert_rule_evaluation_failures_total"), Some(1.0));
    assert!(value("alert_evaluation_duration_seconds").is_some());
}

#[test]
fn slots_in_which_nobody_evaluated_are_counted() {
    let slow = CIRCUITS.replace("- name: circuits", "- name: circuits\n  interval: 10s");
    let driven = Driven::new(&Written::new("groups: []", &slow).config());
    for millis in [1_000, 10_000, 35_000] {
        driven.tick(millis);
    }
    let shown = scrape(&driven.exporter);
    let missed = shown.value(
        "alert_group_evaluations_missed_total",
        &[("clock", "machine")],
    );
    assert!(matches!(missed, Some(2.0 | 3.0)), "{missed:?}");
}

#[tokio::test(start_paused = true)]
async fn switched_off_no_rule_is_evaluated_and_health_and_report_say_so() {
    let written = Written::new(&DRAWDOWN.replace("2d", "0s"), CIRCUITS);
    let (console, told) = lines();
    let off = MonitoringConfig {
        port: 0,
        alerts: false,
        ..MonitoringConfig::default()
    };
    let ops = started_by(off, &written.config(), console).await.unwrap();
    let side = ops.side("stack", |_| {}).unwrap();
    side.day_done(&at("2008-09-15", 0.9));
    ops.reload_rules();
    assert_eq!(told.all(), ["rules not read again: they are not evaluated"]);
    let (_, detail) = ask(&ops, "/health/detail").await;
    let detail: serde_json::Value = serde_json::from_str(&detail).unwrap();
    let shown = &detail["components"]["alerts"];
    assert_eq!(shown["status"], "unknown");
    assert_eq!(shown["critical"], false);
    assert_eq!(
        shown["message"],
        "evaluation is off (MONITORING_ALERTS_ENABLED)"
    );
    assert_eq!(detail["monitoring"]["alerts"], false);
    let text = ops.exporter().render();
    assert!(text.contains("admf_component_health{component=\"alerts\",state=\"unknown\"} 1\n"));
    assert!(!text.contains("alert_rules{"));
    assert!(text.contains("admf_alert_threshold{name=\"drawdown_ratio\"} 0.2\n"));
    assert_eq!(ops.alerts(), AlertReport::default());
    assert_eq!(
        ops.alerts().to_string(),
        "alerts: rules were not evaluated\n"
    );
}

#[test]
fn the_rules_of_the_program_are_sound_and_each_is_on_its_clock() {
    let rules = RuleFiles::default().read().unwrap();
    let (machine, trading) = (rules.of(RuleClock::Machine), rules.of(RuleClock::Trading));
    assert!(
        trading
            .iter()
            .all(|it| it.clock == "trading" && it.interval.is_none())
    );
    let has = |groups: &[admf_alerts::RuleGroup], name: &str| {
        groups
            .iter()
            .flat_map(|it| &it.rules)
            .any(|it| it.name == name)
    };
    assert!(has(&trading, "DrawdownRatioWarning") && !has(&machine, "DrawdownRatioWarning"));
    assert!(rules.count(RuleClock::Machine) > 10 && rules.alerts().count() > 20);
}
