mod engine;
mod files;
mod property;

use std::time::Duration;

use super::*;

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn availability() -> Slo {
    Slo::new("api", 0.999, Sli::events("bad_total", "all_total"))
}

fn window(urgency: Urgency, budget: f64, long: u64, short: u64) -> BurnWindow {
    BurnWindow {
        urgency,
        budget,
        long: minutes(long),
        short: minutes(short),
    }
}

#[test]
fn the_usual_windows_have_the_factors_of_the_workbook() {
    let slo = availability();
    let windows = slo.windows.iter();
    let factors = windows.map(|it| it.rate(slo.objective, slo.period).factor);
    for (factor, due) in factors.zip([14.4, 6.0, 3.0, 1.0]) {
        assert!((factor - due).abs() < 1e-12, "{factor} {due}");
    }
}

#[test]
fn an_objective_becomes_ratios_over_each_window_and_an_alert_for_each_urgency() {
    let slo = availability().label("team", "desk").interval(minutes(1));
    let [ratios, alerts] = slo.groups().unwrap();
    assert_eq!(
        (ratios.name.as_str(), alerts.name.as_str()),
        ("slo-api-ratios", "slo-api-alerts")
    );
    assert_eq!(
        (ratios.interval, alerts.interval),
        (Some(minutes(1)), Some(minutes(1)))
    );
    let shown = ratios.rules.iter().map(|rule| {
        assert_eq!(
            (&*rule.labels["slo"], &*rule.labels["team"]),
            ("api", "desk")
        );
        format!("{} = {}", rule.name, rule.expr)
    });
    let window = |of: &str| {
        format!(
            "slo:sli_error:ratio_rate{of} = (sum(rate(bad_total[{of}])) or sum(rate(all_total[{of}])) * 0) / \
             (sum(rate(all_total[{of}])) > 0)"
        )
    };
    let mut expected = vec![
        "slo:sli_error:rate5m = (sum(rate(bad_total[5m])) or sum(rate(all_total[5m])) * 0)".to_owned(),
        "slo:sli_total:rate5m = sum(rate(all_total[5m]))".to_owned(),
        "slo:sli_error:ratio_rate5m = slo:sli_error:rate5m{slo=\"api\"} / (slo:sli_total:rate5m{slo=\"api\"} > 0)".to_owned(),
    ];
    expected.extend(["30m", "1h", "2h", "6h", "1d", "3d"].map(window));
    expected.push(
        "slo:sli_error:ratio_rate30d = sum_over_time(slo:sli_error:rate5m{slo=\"api\"}[30d]) / \
         (sum_over_time(slo:sli_total:rate5m{slo=\"api\"}[30d]) > 0)"
            .to_owned(),
    );
    expected.push(
        "slo:error_budget_remaining:ratio = 1 - slo:sli_error:ratio_rate30d{slo=\"api\"} / (1 - 0.999)".to_owned(),
    );
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    let [page, ticket] = &alerts.rules[..] else {
        panic!("{alerts:?}")
    };
    assert_eq!(
        (&*page.name, &*page.labels["severity"]),
        ("ApiBudgetBurnPage", "critical")
    );
    assert_eq!(
        (&*ticket.name, &*ticket.labels["severity"]),
        ("ApiBudgetBurnTicket", "warning")
    );
    let ratio = |of: &str| format!("slo:sli_error:ratio_rate{of}{{slo=\"api\"}}");
    let burns = |factor: &str, long: &str, short: &str| {
        let allowed = format!("{factor} * (1 - 0.999)");
        format!(
            "({} > {allowed} and {} > {allowed})",
            ratio(long),
            ratio(short)
        )
    };
    assert_eq!(
        page.expr,
        [burns("14.4", "1h", "5m"), burns("6", "6h", "30m")].join("\nor\n")
    );
    assert_eq!(
        ticket.expr,
        [burns("3", "1d", "2h"), burns("1", "3d", "6h")].join("\nor\n")
    );
}

#[test]
fn texts_and_severities_of_the_objective_are_those_of_its_alerts() {
    let slo = availability()
        .description("for {{ $labels.slo }}")
        .runbook_url("https://r/api")
        .severities("page", "info")
        .windows([window(Urgency::Ticket, 10.0, 60, 5)]);
    let [_, alerts] = slo.groups().unwrap();
    let [ticket] = &alerts.rules[..] else {
        panic!("{alerts:?}")
    };
    assert_eq!(ticket.labels["severity"], "info");
    assert_eq!(ticket.annotations["description"], "for {{ $labels.slo }}");
    assert_eq!(ticket.annotations["runbook_url"], "https://r/api");
    assert!(ticket.annotations["summary"].starts_with("api uses up its error budget too fast: "));
    let [_, bare] = availability().groups().unwrap();
    let names: Vec<_> = bare.rules[0].annotations.keys().collect();
    assert_eq!(names, ["summary"]);
}

fn refused(slo: &Slo) -> String {
    slo.groups().unwrap_err().to_string()
}

#[test]
fn what_is_no_objective_is_refused_with_its_field() {
    let one =
        |budget, long, short| availability().windows([window(Urgency::Page, budget, long, short)]);
    let of = |sli| Slo::new("api", 0.99, sli);
    let named = |name: &str| Slo {
        name: name.to_owned(),
        ..availability()
    };
    let aimed = |objective| Slo {
        objective,
        ..availability()
    };
    for (slo, error) in [
        (named(""), "name ``: name must match [a-zA-Z][a-zA-Z0-9_-]*"),
        (named("9a"), "name `9a`: name must"),
        (named("a\"b"), "name `a\"b`: name must"),
        (named("é"), "name `é`: name must"),
        (
            aimed(0.0),
            "objective `0`: must be between 0 and 1, neither included",
        ),
        (aimed(1.0), "objective `1`: must"),
        (aimed(-1.0), "objective `-1`: must"),
        (aimed(f64::NAN), "objective `NaN`: must"),
        (
            aimed(0.9),
            "windows[0].budget `2`: never fires: it allows 1.4",
        ),
        (
            availability().period(Duration::ZERO),
            "period `0ns`: must be above 0",
        ),
        (
            availability().period(Duration::MAX),
            "period `18446744073709551615.999999999s`: is",
        ),
        (
            availability().period(minutes(24 * 60)),
            "windows[2].long `86400s`: must be shorter than the period",
        ),
        (
            availability().interval(minutes(6)),
            "interval `360s`: must be at most 5 minutes, or alerts do not see what was recorded",
        ),
        (
            availability().interval(Duration::from_nanos(5)),
            "interval `5ns`: is no whole number of milliseconds",
        ),
        (availability().windows([]), "windows ``: there must be one"),
        (
            one(2.0, 5, 5),
            "windows[0].short `300s`: must be shorter than `long`",
        ),
        (one(2.0, 5, 0), "windows[0].short `0ns`: must be above 0"),
        (
            one(0.0, 60, 5),
            "windows[0].budget `0`: must be above 0 and at most 100 percent",
        ),
        (one(101.0, 60, 5), "windows[0].budget `101`: must"),
        (one(f64::NAN, 60, 5), "windows[0].budget `NaN`: must"),
        (
            availability().severities("", "a"),
            "severities.page ``: must not be empty",
        ),
        (
            availability().severities("a", ""),
            "severities.ticket ``: must not be empty",
        ),
        (availability().severities("{{", "a"), "severities `{{`: "),
        (availability().label("le", "1"), "labels `le`: name must"),
        (availability().label("a-b", "1"), "labels `a-b`: name must"),
        (
            availability().description("{{ $value"),
            "description `{{ $value`: ",
        ),
        (
            availability().runbook_url("{{ $value"),
            "runbook_url `{{ $value`: ",
        ),
        (
            of(Sli::events("sum(", "a")),
            "sli.events.errors `sum(`: at 3: it is not closed",
        ),
        (of(Sli::events("a", "")), "sli.events.total ``: "),
        (
            of(Sli::events("a", "rate(b[5m])")),
            "sli.events.total `rate(b[5m])`: expected a selector and nothing else",
        ),
        (
            of(Sli::events("a", "b[5m]")),
            "sli.events.total `b[5m]`: expected",
        ),
        (
            of(Sli::events("a offset 5m", "b")),
            "sli.events.errors `a offset 5m`: expected",
        ),
        (
            of(Sli::events("a[5m])) or vector(1) or sum(rate(a", "b")),
            "sli.events.errors `a[5m])) or",
        ),
        (of(Sli::events("a # all", "b")), "sli `"),
        (
            of(Sli::latency("a b", 0.1)),
            "sli.latency.histogram `a b`: name must",
        ),
        (
            of(Sli::latency("a", 0.0)),
            "sli.latency.threshold `0`: must be above 0 and finite",
        ),
        (
            of(Sli::latency("a", f64::INFINITY)),
            "sli.latency.threshold `inf`: must",
        ),
    ] {
        let line = refused(&slo);
        assert!(
            line.starts_with(&format!("slo `{}`: {error}", slo.name)),
            "{line}"
        );
    }
    for filter in [
        "a",
        "a=\"b\"} or vector(1) or {",
        "a=\"b\" or c=\"d\"",
        "a=\"b\"}[5m",
        "le=\"5\"",
    ] {
        let mut sli = Sli::latency("h", 0.1);
        if let Sli::Latency { filter: it, .. } = &mut sli {
            filter.clone_into(it);
        }
        let line = refused(&of(sli));
        assert!(
            line.starts_with("slo `api`: sli.latency.filter `h_"),
            "{line}"
        );
    }
}

#[test]
fn a_threshold_that_is_no_bucket_is_refused_where_the_buckets_are_known() {
    let slo = Slo::new("quotes", 0.95, Sli::latency("quote_seconds", 0.1));
    let known = |name: &str| (name == "quote_seconds").then(|| vec![0.05, 0.2]);
    assert_eq!(
        slo.check_bucket(known).unwrap_err().to_string(),
        "slo `quotes`: sli.latency.threshold `0.1`: `quote_seconds` has no such bucket; there are [0.05, 0.2]"
    );
    assert!(slo.check_bucket(|_| Some(vec![0.1])).is_ok());
    assert!(slo.check_bucket(|_| None).is_ok());
    assert!(availability().check_bucket(|_| Some(vec![])).is_ok());
}
