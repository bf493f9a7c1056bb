use super::*;

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
        let alerts =
            Alerts::new(config, clock, exporter.meter(), console, component, None).unwrap();
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

#[test]
fn objectives_are_looked_at_once_a_minute_and_a_page_ends_with_the_errors() {
    let driven = Driven::new(&config_of(RuleFiles::default()));
    let http = &admf_metrics::red::http::SERVER_METRICS[0];
    assert_eq!(http.name, "http_request_duration_seconds");
    let labels = http
        .labels
        .iter()
        .map(|it| (it.name, if it.name == "code" { "503" } else { "GET" }));
    let failed = driven
        .exporter
        .meter()
        .histogram(http, &labels.collect::<Vec<_>>())
        .unwrap();
    let mut told = Vec::new();
    for second in 0..180 {
        if second > 60 {
            failed.record(0.01);
        }
        told.extend(driven.tick(1_000));
    }
    let pages: Vec<_> = told
        .iter()
        .filter(|it| it.contains("HttpAvailabilityBudgetBurnPage"))
        .collect();
    assert!(pages.len() == 1 && pages[0].contains("FIRING"), "{told:?}");
    let shown = scrape(&driven.exporter);
    let rules = driven
        .alerts
        .rules
        .lock()
        .unwrap()
        .count(RuleClock::Objectives);
    let evaluations = shown.value("alert_rule_evaluations_total", &[("clock", "objectives")]);
    assert_eq!(evaluations, Some(3.0 * rules as f64));
    // An hour on, without requests, no ratio is left in the shorter windows.
    for _ in 0..62 {
        told.extend(driven.tick(60_000));
    }
    let ended = told
        .iter()
        .filter(|it| it.contains("RESOLVED HttpAvailabilityBudgetBurnPage"));
    assert_eq!(ended.count(), 1, "{told:?}");
}
