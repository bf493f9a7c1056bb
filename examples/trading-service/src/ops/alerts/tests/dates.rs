use super::*;

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
