//! Files of every form, and how they are told apart.

use crate::Here;

pub(crate) const RULES: &str = "
groups:
- name: disks
  interval: 1m
  rules:
  - record: job:free:min
    expr: min by (job) (disk_free_ratio)
  - alert: DiskFull
    expr: job:free:min < 0.1
    for: 2m
    labels: {severity: page}
    annotations: {summary: 'at {{ $value }}'}
";
pub(crate) const TEMPLATES: &str = r#"
templates:
- id: slow
  name: Slow
  description: "performance is {{ $value }}"
  condition: {type: threshold, metric: performance.customMetric, operator: lt, value: 0.5}
  timeframe: 2
  noData: alert
- id: fuller
  condition: {type: threshold, metric: "job:free:min", operator: lt, value: 0.2}
  consecutive: 3
"#;
pub(crate) const SHORT: &str = "
circuit_breaker_open:
  condition: circuit_breaker_state == \"open\"
  severity: critical
  notification: 2 minutes
";
pub(crate) const SLOS: &str = r#"
slos:
- name: api
  objective: 0.99
  sli:
    events: {errors: 'calls_total{code="500"}', total: calls_total}
  windows:
  - {urgency: page, budget: 2%, long: 1h, short: 5m}
  period_rules: false
"#;
pub(crate) const METRICS: &str = "
# TYPE disk_free_ratio gauge
disk_free_ratio 1
# TYPE performance_custom_metric gauge
performance_custom_metric 1
# TYPE admf_circuit_breaker_state gauge
admf_circuit_breaker_state 1
# TYPE calls_total counter
calls_total 1
";

pub(crate) fn here() -> Here {
    Here::new(&[
        ("rules.yml", RULES),
        ("templates.yml", TEMPLATES),
        ("short.yml", SHORT),
        ("slos.yml", SLOS),
        ("m.prom", METRICS),
    ])
}

#[test]
fn every_form_is_recognised_by_its_content_and_checked_with_the_others() {
    let here = here();
    // What rules record templates may name, in any order.
    let all = ["templates.yml", "short.yml", "slos.yml", "rules.yml"];
    let check = [&["check", "--metrics", "m.prom"], &all[..]].concat();
    here.run(&check).is(
        0,
        "templates.yml: 2 rules in 1 group
short.yml: 1 rule in 1 group
slos.yml: 5 rules in 2 groups
rules.yml: 2 rules in 1 group
",
        "",
    );
    let ran = here.run(&[&check, &["--json"][..]].concat());
    let forms = ran.json()["files"].clone();
    let forms = forms.as_array().expect("it is a list");
    let forms: Vec<_> = forms.iter().map(|it| it["form"].clone()).collect();
    assert_eq!(forms, ["templates", "templates", "slos", "rules"]);
}

#[test]
fn a_form_may_be_said_and_is_then_not_looked_for() {
    let here = Here::new(&[("x.yml", "gruops: []\n"), ("s.yml", SLOS)]);
    let check = |args: &[&str]| here.run(&[&["check"], args].concat());
    let known = "x.yml:1:1: gruops: unknown field; there are ";
    for (args, problem) in [
        (
            &["x.yml"][..],
            format!("{known}`groups`, `slos`, `templates`, `alerts`\n"),
        ),
        (&["x.yml", "--form", "rules"], format!("{known}`groups`\n")),
        (&["x.yml", "--form", "slos"], format!("{known}`slos`\n")),
        (
            &["x.yml", "--form", "templates"],
            "x.yml:1:9: gruops: alert `gruops`: must be a map\n".to_owned(),
        ),
        (
            &["s.yml", "--form", "rules"],
            "s.yml:2:1: slos: unknown field; there are `groups`\n".to_owned(),
        ),
    ] {
        check(args).is(1, "", &problem);
    }
    check(&["s.yml", "--form", "slos"]).is(0, "s.yml: 5 rules in 2 groups\n", "");
}

#[test]
fn what_is_of_no_form_is_one_line() {
    for (text, problem) in [
        ("hello", "1:1: must be a map, such as `groups: []`"),
        (
            "rule_files: [a.yml]\ntests: []",
            "1:1: is a file of unit tests, and declares no alerts: it is for `test`",
        ),
        ("groups:\n\t- name: x\n", "2:2: tabs disallowed"),
        ("groups: [", "2:1: while parsing a node"),
        ("a: {condition: up", ""),
        ("a: b\n---\nc: d\n", "2:1: a second document"),
    ] {
        let here = Here::new(&[("x.yml", text)]);
        let ran = here.run(&["check", "x.yml"]);
        let found = (ran.code, ran.out.as_str(), ran.err.lines().count());
        assert_eq!(found, (Some(1), "", 1), "{ran:?}");
        assert!(ran.err.starts_with(&format!("x.yml:{problem}")), "{ran:?}");
    }
}

#[test]
fn errors_of_every_form_name_line_column_and_field() {
    let here = here();
    let check = |name: &str, text: &str, args: &[&str]| {
        here.write(name, text.as_bytes());
        let ran = here.run(&[&["check", name], args].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
        ran.err
    };
    let wrong = TEMPLATES.replace("timeframe: 2", "timeframe: soon");
    let metrics = ["--metrics", "m.prom"];
    let said = check("t.yml", &wrong, &metrics);
    assert!(
        said.starts_with("t.yml:7:14: templates[0].timeframe: template `slow`: "),
        "{said}"
    );
    let wrong = TEMPLATES.replace("customMetric", "custmMetric");
    let said = check("t.yml", &wrong, &metrics);
    assert!(
        said.contains("t.yml:6:40: templates[0].condition.metric: "),
        "{said}"
    );
    assert!(
        said.contains("near it is `performance_custom_metric`"),
        "{said}"
    );
    let said = check("s.yml", &SHORT.replace("2 minutes", "often"), &[]);
    assert!(
        said.starts_with("s.yml:5:17: circuit_breaker_open.notification: "),
        "{said}"
    );
    let said = check("o.yml", &SLOS.replace("0.99", "99"), &[]);
    assert!(
        said.starts_with("o.yml:4:14: slos[0].objective: "),
        "{said}"
    );
    // Once, though many rules ask for it.
    here.write(
        "o.yml",
        SLOS.replace("calls_total", "disk_free_ratio").as_bytes(),
    );
    let ran = here.run(&["check", "o.yml", "--metrics", "m.prom"]);
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    assert!(
        ran.err
            .starts_with("o.yml:6:5: slos[0].sli: `rate` of the gauge `disk_free_ratio`: "),
        "{ran:?}"
    );
    assert_eq!(ran.code, Some(1));
}

#[test]
fn templates_take_variables_of_the_environment_aliases_and_channels() {
    let text = r#"
- id: queue
  condition: {type: threshold, metric: desk.queue, operator: gt, value: 5}
  channels: [pager, {type: slack, name: ops, config: {webhookUrl: "${SLACK_URL}"}}]
"#;
    let here = here();
    here.write("t.yml", text.as_bytes());
    let alias = "desk.queue=disk_free_ratio";
    let args = ["check", "t.yml", "--metrics", "m.prom", "--alias", alias];
    let ran = here.run(&[&args, &["--channel", "pager"][..]].concat());
    ran.is(0, "t.yml: 1 rule in 1 group\n", "");
    let ran = here.run(&args);
    assert!(ran.err.contains("pager"), "{ran:?}");
    assert!(ran.err.starts_with("t.yml:4:14: [0].channels"), "{ran:?}");
    let ran = here.run(&[
        "check",
        "t.yml",
        "--metrics",
        "m.prom",
        "--channel",
        "pager",
    ]);
    assert!(ran.err.contains("unknown metric `desk.queue`"), "{ran:?}");
    let ran = here.run(&["check", "t.yml", "--metrics", "m.prom", "--alias", "a=none"]);
    ran.is(1, "", "m.prom: --alias: unknown metric `none`\n");

    here.write("none.prom", b"disk_free_ratio 1\n");
    let ran = here.run(&["check", "t.yml", "--metrics", "none.prom"]);
    ran.is(1, "", "none.prom: no metric in it has a `# TYPE`\n");

    here.write("t.yml", text.replace("SLACK_URL", "NOT_SET").as_bytes());
    let ran = here.run(&[&args, &["--channel", "pager"][..]].concat());
    let problem = "the variable `NOT_SET` is not set\n";
    assert!(
        ran.err.ends_with(problem) && !ran.err.contains("hooks.example"),
        "{ran:?}"
    );
}

#[test]
fn standard_input_is_read_once_and_a_large_file_not_at_all() {
    let here = here();
    let ran = here.run_with(&["check", "-"], SLOS.as_bytes());
    ran.is(0, "-: 5 rules in 2 groups\n", "");
    let ran = here.run_with(&["check", "-", "-"], SLOS.as_bytes());
    ran.is(1, "", "-: standard input can be read only once\n");
    here.write("large.yml", &vec![b'#'; (16 << 20) + 1]);
    let ran = here.run(&["check", "large.yml"]);
    ran.is(1, "", "large.yml: is larger than 16 MiB\n");
}

#[test]
fn an_id_that_two_files_declare_is_refused_where_it_comes_again() {
    let one =
        "templates:\n- id: slow\n  condition: queue > 1\n- id: other\n  condition: queue > 2\n";
    let again = "alerts:\n  fast:\n    condition: queue > 3\n  slow:\n    condition: queue > 4\n";
    let here = Here::new(&[("a.yml", one), ("b.yml", again)]);
    let problem = "b.yml:5:16: alerts.slow.id: `slow`: an alert of a.yml has this id\n";
    for command in ["check", "export"] {
        let ran = here.run(&[command, "a.yml", "b.yml"]);
        let shown = match command {
            "check" => "a.yml: 2 rules in 1 group\nb.yml: 2 rules in 1 group\n",
            _ => "",
        };
        ran.is(1, shown, problem);
    }
}

#[test]
fn samples_are_read_up_to_a_bound() {
    let here = here();
    // A file of nothing but holes takes no room.
    let large = std::fs::File::create(here.path().join("large.prom")).unwrap();
    large.set_len((256 << 20) + 1).unwrap();
    let problem = "large.prom: is larger than 256 MiB\n";
    here.run(&["eval", "1", "--data", "large.prom"])
        .is(1, "", problem);
    here.run(&["check", "rules.yml", "--metrics", "large.prom"])
        .is(1, "", problem);
}

#[test]
fn what_a_text_asks_is_checked_as_an_expression_is() {
    let text = "
groups:
- name: a
  rules:
  - alert: A
    expr: disk_free_ratio < 0.1
    annotations:
      summary: '{{ with query \"disk_fre_ratio\" }}{{ . | first | value }}{{ end }}'
";
    let here = here();
    here.write("a.yml", text.as_bytes());
    here.run(&["check", "a.yml", "--metrics", "m.prom"]).is(
        1,
        "a.yml: 1 rule in 1 group\n",
        "a.yml:8:16: groups[0].rules[0].annotations.summary: `A`: unknown metric `disk_fre_ratio`; near it is \
         `disk_free_ratio`\n",
    );
    here.write("a.yml", text.replace("disk_fre_ratio", "sum(").as_bytes());
    let problem =
        "a.yml:8:16: groups[0].rules[0].annotations.summary: `sum(`: at 3: it is not closed\n";
    here.run(&["check", "a.yml"]).is(1, "", problem);
}
