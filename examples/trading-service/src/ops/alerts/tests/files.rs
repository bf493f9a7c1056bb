use super::*;

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
    let refused =
        "--rules: machine.yml:8:22: groups[0].rules[0].keep_firing_for: `5` is no length of time";
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
        let expected = format!("--rules: {expected}");
        assert!(
            error.starts_with(&expected) && !error.contains('\n'),
            "{error}"
        );
    }
    fs::remove_file(written.0.path().join("trading.yml")).unwrap();
    let error = written.shown(&written.files().read().unwrap_err());
    assert!(
        error.starts_with("--rules: trading.yml: cannot be read: No such file"),
        "{error}"
    );
    fs::copy(
        written.0.path().join("machine.yml"),
        written.0.path().join("again.yml"),
    )
    .unwrap();
    let again = format!("{}/again.yml", written.0.path().display());
    let mut twice = written.files().0.split_off(1);
    twice.push(again.parse().unwrap());
    assert!(
        RuleFiles(twice).read().is_ok(),
        "each file has groups of its own"
    );
    for text in ["", "trading=", "objectives="] {
        assert!(text.parse::<RuleFile>().is_err());
    }
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

#[test]
fn a_rule_that_asks_for_what_the_service_does_not_export_is_refused_with_what_is_near() {
    let written = Written::new(
        &DRAWDOWN.replace("admf_drawdown_ratio", "admf_drawdown_ration"),
        CIRCUITS,
    );
    let refused = || written.shown(&written.files().read().unwrap_err());
    let error = refused();
    assert!(
        error.starts_with("--rules: trading.yml:7:11: groups[0].rules[0].expr: "),
        "{error}"
    );
    assert!(
        error.contains("near it are `admf_drawdown_ratio`"),
        "{error}"
    );
    written.write("trading.yml", DRAWDOWN);
    written.write("machine.yml", &CIRCUITS.replace("\"open\"", "\"opened\""));
    assert!(refused().contains("is never `opened`"));
    // What only grows is seldom compared, and no error.
    written.write(
        "machine.yml",
        &CIRCUITS.replace(
            "admf_circuit_breaker_state{state=\"open\"} == 1",
            "admf_orders_total > 5",
        ),
    );
    let set = written.files().read().unwrap();
    assert!(
        set.doubts.len() == 1 && set.doubts[0].contains("admf_orders_total"),
        "{:?}",
        set.doubts
    );
}

#[test]
fn the_rules_of_the_program_ask_for_what_there_is() {
    let set = RuleFiles::default().read().unwrap();
    for clock in RuleClock::ALL {
        let settings = admf_alerts::promql::Settings::default();
        let found = super::rules::known().check(&set.of(clock), &settings);
        let wrong = found
            .iter()
            .filter(|it| it.severity == admf_alerts::catalogue::Severity::Error);
        let found: Vec<_> = wrong.map(|it| it.error.to_string()).collect();
        assert_eq!(found, [""; 0]);
    }
}

#[test]
fn the_objectives_are_of_buckets_that_there_are_and_the_same_rules_as_a_server_reads() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let text = fs::read_to_string(folder.join("objectives.yaml")).unwrap();
    let slos = admf_alerts::slo::parse("objectives.yaml", &text).unwrap();
    assert_eq!(slos.len(), 4);
    let catalogue = crate::ops::catalogue::catalogue().unwrap();
    for slo in &slos {
        let bounds = |name: &str| {
            let calls = admf_metrics::red::METRICS.iter();
            let metric = catalogue.iter().chain(calls).find(|it| it.name == name);
            Some(metric.unwrap().buckets.to_vec())
        };
        slo.check_bucket(bounds).unwrap();
    }
    let groups: Vec<_> = slos.iter().flat_map(|slo| slo.groups().unwrap()).collect();
    let rules = admf_alerts::export::rules(&groups, &admf_alerts::export::Options::default());
    let rules = format!(
        "# Real time: the objectives of objectives.yaml.\n{}",
        rules.unwrap()
    );
    let path = folder.join("slo.yml");
    if std::env::var_os("UPDATE_DOCS").is_some_and(|it| it == "1") {
        fs::write(&path, &rules).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == rules,
        "slo.yml is not what the objectives say; run the test with UPDATE_DOCS=1"
    );
    // The service evaluates the same, at each of its steps.
    let of = |groups: &[admf_alerts::RuleGroup]| {
        let rules = groups.iter().flat_map(|it| it.rules.clone());
        rules.collect::<Vec<_>>()
    };
    let evaluated = RuleFiles::default()
        .read()
        .unwrap()
        .of(RuleClock::Objectives);
    assert_eq!(of(&evaluated), of(&groups));
}
