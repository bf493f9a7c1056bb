use crate::slo::{BurnWindow, Sli, Urgency, parse};

use super::minutes;

fn file(rest: &str) -> String {
    format!("slos:\n- name: a\n{rest}")
}

const SLI: &str = "  sli: {events: {errors: e, total: t}}\n";

#[test]
fn the_file_of_the_documentation_is_read_with_all_its_fields() {
    let page = include_str!("../../../docs/slo.md");
    let (_, yaml) = page.split_once("```yaml\n").expect("there is one");
    let (yaml, _) = yaml.split_once("```").expect("it ends");
    let slos = parse("slos.yml", yaml).unwrap();
    let [api, quotes] = &slos[..] else {
        panic!("{slos:?}")
    };
    assert_eq!((&*api.name, api.objective), ("api-availability", 0.999));
    assert_eq!(api.description, "Requests of the desk are answered.");
    let errors = "http_requests_total{code=~\"5..\"}";
    assert_eq!(api.sli, Sli::events(errors, "http_requests_total"));
    assert_eq!(api.windows, BurnWindow::WORKBOOK);
    assert_eq!(api.labels["team"], "desk");
    assert_eq!(api.runbook_url, "https://runbooks.example/api");
    assert!(api.period_rules && !quotes.period_rules);
    assert_eq!(quotes.period, minutes(28 * 24 * 60));
    assert_eq!((&*quotes.page, &*quotes.ticket), ("critical", "info"));
    assert_eq!(quotes.windows[1].urgency, Urgency::Ticket);
    assert_eq!(quotes.windows[1].budget, 10.0);
    let groups = quotes.groups().unwrap();
    let expr = &groups[0].rules[0].expr;
    let count = "sum(rate(quote_duration_seconds_count{venue!=\"test\"}[5m]))";
    let good = "sum(rate(quote_duration_seconds_bucket{le=\"0.1\",venue!=\"test\"}[5m]))";
    assert_eq!(expr, &format!("({count} - {good})"));
    for none in ["", "slos:\n", "slos: []\n", "# nothing\n"] {
        assert_eq!(parse("s", none).unwrap(), []);
    }
}

#[test]
fn what_is_refused_in_a_file_is_told_with_line_and_field() {
    let whole = |rest: &str| file(&format!("{SLI}  objective: 0.99\n{rest}"));
    let of_sli = |sli: &str| file(&format!("  objective: 0.99\n  sli: {sli}\n"));
    for (text, error) in [
        (
            "slo: []\n".to_owned(),
            "1:1: slo: unknown field; there are `slos`",
        ),
        (
            file("  objective: 0.99\n"),
            "2:3: slos[0]: `sli` must be set",
        ),
        (file(SLI), "2:3: slos[0]: `objective` must be set"),
        (
            "slos:\n- objective: 0.9\n".to_owned() + SLI,
            "2:3: slos[0]: `name` must be set",
        ),
        (
            file(&format!("{SLI}  objective: most\n")),
            "4:14: slos[0].objective: `most` is no number such as `2`",
        ),
        (
            file(&format!("{SLI}  objective: 1\n")),
            "4:14: slos[0].objective: `1`: must be between 0 and 1, neither included",
        ),
        (
            whole("  perod: 30d\n"),
            "5:3: slos[0].perod: unknown field; there are `name`,",
        ),
        (
            whole("  period: 30\n"),
            "5:11: slos[0].period: `30` is no length of time such as `30s` or `1h30m`",
        ),
        (
            whole("  period: 1d\n"),
            "2:3: slos[0]: `86400s`: must be shorter than the period",
        ),
        (
            whole("  period: 0s\n"),
            "5:11: slos[0].period: `0ns`: must be above 0",
        ),
        (
            whole("  period_rules: yes\n"),
            "5:17: slos[0].period_rules: `yes` is neither `true` nor `false`",
        ),
        (
            whole("  severities: {pager: a}\n"),
            "5:16: slos[0].severities.pager: unknown field; there are `page`, `ticket`",
        ),
        (
            whole("  severities: {page: ''}\n"),
            "5:22: slos[0].severities.page: ``: must not be empty",
        ),
        (
            whole("  labels: {slo: a}\n"),
            "5:11: slos[0].labels: `slo`: name must",
        ),
        (
            whole("  windows: []\n"),
            "5:12: slos[0].windows: ``: there must be one",
        ),
        (
            whole("  windows: [{}]\n"),
            "5:13: slos[0].windows[0]: `urgency` must be set",
        ),
        (
            whole("  windows: [{urgency: now}]\n"),
            "5:23: slos[0].windows[0].urgency: `now` is neither `page` nor `ticket`",
        ),
        (
            whole("  windows: [{urgency: page, long: 1h, short: 5m, budget: 2}]\n"),
            "5:58: slos[0].windows[0].budget: `2` is no number such as `2%`",
        ),
        (
            whole("  windows: [{urgency: page, long: 1h, short: 1h, budget: 2%}]\n"),
            "5:46: slos[0].windows[0].short: `3600s`: must be shorter than `long`",
        ),
        (
            of_sli("{}"),
            "4:8: slos[0].sli: one of `events` and `latency` must be set",
        ),
        (
            of_sli("{events: {errors: e}}"),
            "4:17: slos[0].sli.events: `total` must be set",
        ),
        (
            of_sli("{events: {errors: e, total: sum(}}"),
            "4:36: slos[0].sli.events.total: `sum(`: at 3: it is not closed",
        ),
        (
            of_sli("{latency: {histogram: h, threshold: fast}}"),
            "4:44: slos[0].sli.latency.threshold: `fast` is no number such as `2`",
        ),
        (
            whole("- name: a\n  objective: 0.99\n") + SLI,
            "5:9: slos[1].name: another objective of the file has this name",
        ),
    ] {
        let line = parse("s.yml", &text).unwrap_err().to_string();
        assert!(
            line.starts_with(&format!("s.yml:{error}")),
            "{line}\n{text}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_file_makes_it_panic(text in "[ \\-\\[\\]{}:,'%a-e0-9\n#.]{0,60}", value in "[0-9.%inae-]{0,6}") {
        let _ = parse("s.yml", &text);
        let _ = parse("s.yml", &file(&format!("{SLI}  objective: {value}\n  period: {value}d\n")));
        let window = format!("  windows: [{{urgency: page, budget: {value}%, long: 1h, short: 5m}}]\n");
        let _ = parse("s.yml", &file(&format!("{SLI}  objective: 0.999\n{window}")));
    }
}
