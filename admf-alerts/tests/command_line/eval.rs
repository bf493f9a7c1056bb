use serde_json::json;

use crate::Here;

const LOAD: &str = "load 1m\n  calls_total{code=\"200\"} 0+60x5\n  calls_total{code=\"500\"} 0+6x5\n  up 1 _ stale\n";
const SCRAPE: &str =
    "# TYPE queue_length gauge\nqueue_length{job=\"a\"} 3 60000\nqueue_length{job=\"b\"} 4\n";

#[test]
fn an_expression_is_evaluated_over_a_scrape() {
    let here = Here::new(&[("scrape", SCRAPE)]);
    let out = "{job=\"a\"} => 6 @[60]\n{job=\"b\"} => 8 @[60]\n";
    here.run(&["eval", "queue_length * 2", "--data", "scrape"])
        .is(0, out, "");
    here.run_with(
        &["eval", "queue_length * 2", "--data", "-"],
        SCRAPE.as_bytes(),
    )
    .is(0, out, "");
    // What has no time is of the time that is asked; what has one grows old.
    here.run(&[
        "eval",
        "queue_length",
        "--data",
        "scrape",
        "--time",
        "1000.5",
    ])
    .is(0, "queue_length{job=\"b\"} => 4 @[1000.5]\n", "");
    here.run(&["eval", "queue_length > 5", "--data", "scrape"])
        .is(0, "", "");
}

#[test]
fn an_expression_is_evaluated_over_series_in_the_notation_of_tests() {
    let here = Here::new(&[("load", LOAD)]);
    let eval = |args: &[&str]| here.run(&[&["eval", "--data", "load"], args].concat());
    eval(&["rate(calls_total[5m])"]).is(
        0,
        "{code=\"200\"} => 1 @[300]\n{code=\"500\"} => 0.1 @[300]\n",
        "",
    );
    eval(&["up", "--time", "1m"]).is(0, "up => 1 @[60]\n", "");
    eval(&["up", "--time", "2m"]).is(0, "", "");
    eval(&[
        "sum(calls_total)",
        "--start",
        "1m",
        "--end",
        "150",
        "--step",
        "30s",
    ])
    .is(
        0,
        "{} =>\n  66 @[60]\n  66 @[90]\n  132 @[120]\n  132 @[150]\n",
        "",
    );
    eval(&[
        "calls_total{code=\"500\"}[2m]",
        "--time",
        "3m",
        "--semantics",
        "prometheus3",
    ])
    .is(
        0,
        "calls_total{code=\"500\"} =>\n  12 @[120]\n  18 @[180]\n",
        "",
    );
}

#[test]
fn without_data_there_are_numbers_and_texts() {
    let here = Here::new(&[]);
    for (expr, out) in [
        ("1 + 1", "scalar: 2 @[0]\n"),
        ("-1 / 0", "scalar: -Inf @[0]\n"),
        ("\"a\"", "string: \"a\" @[0]\n"),
        ("absent(up)", "{} => 1 @[0]\n"),
    ] {
        here.run(&["eval", "--", expr]).is(0, out, "");
        here.run(&["eval", expr]).is(0, out, "");
    }
    here.run(&["eval", "time()", "--time", "-1.25"])
        .is(0, "scalar: -1.25 @[-1.25]\n", "");
}

#[test]
fn what_has_no_answer_is_one_line() {
    let here = Here::new(&[
        ("torn", "a{ 1\n"),
        ("twice", "a 1\na 2\n"),
        ("load", "load 1m\n  a 1 x\n"),
        ("native", "load 1m\n  a {{count:1}}\n"),
        ("zero", "load 0\n"),
    ]);
    for (args, err) in [
        (&["sum("][..], "`sum(`: at 3: it is not closed\n"),
        (&["sum(\n"], "`sum( `: at 3: it is not closed\n"),
        (
            &["x[300]"],
            "`x[300]`: at 2: a length of time has a unit, as in `5m`\n",
        ),
        (
            &["a", "--data", "load"],
            "load:2: `x` is not repeated a number of times below 1000000\n",
        ),
        (
            &["a", "--data", "native"],
            "native: native histograms are not known here\n",
        ),
        (
            &["1", "--start", "1", "--end", "0", "--step", "1"],
            "--end is before --start\n",
        ),
        (
            &["1", "--start", "0", "--end", "1e12", "--step", "1ms"],
            "--step: more than 11000 points\n",
        ),
    ] {
        here.run(&[&["eval"], args].concat()).is(1, "", err);
    }
    for name in ["torn", "twice"] {
        let ran = here.run(&["eval", "a", "--data", name]);
        assert_eq!((ran.code, ran.err.lines().count()), (Some(1), 1), "{ran:?}");
        assert!(ran.err.starts_with(&format!("{name}: line ")), "{ran:?}");
    }
    // A metric of that name.
    here.run(&["eval", "load", "--data", "zero"])
        .is(0, "load => 0 @[0]\n", "");
}

#[test]
fn json_is_what_the_api_of_prometheus_has() {
    let here = Here::new(&[("load", LOAD)]);
    let eval = |args: &[&str]| here.run(&[&["eval", "--json", "--data", "load"], args].concat());
    assert_eq!(
        eval(&["up", "--time", "1m"]).json(),
        json!({"status": "success", "data": {"resultType": "vector", "result": [
            {"metric": {"__name__": "up"}, "value": [60.0, "1"]},
        ]}})
    );
    assert_eq!(
        eval(&["up", "--start", "0", "--end", "30", "--step", "30"]).json(),
        json!({"status": "success", "data": {"resultType": "matrix", "result": [
            {"metric": {"__name__": "up"}, "values": [[0.0, "1"], [30.0, "1"]]},
        ]}})
    );
    let scalar =
        json!({"status": "success", "data": {"resultType": "scalar", "result": [300.0, "+Inf"]}});
    assert_eq!(eval(&["1 / 0"]).json(), scalar);
    let ran = eval(&["up +"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.json()["status"], "error");
}
