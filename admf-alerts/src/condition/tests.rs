use super::*;

#[test]
fn a_condition_is_read_and_written_back() {
    let cases = [
        ("drawdown_ratio > 0.05", "drawdown_ratio > 0.05"),
        ("a>=1e3", "a >= 1000"),
        (
            "  a { b = \"x\\\"y\" , c != \"\" , }  !=  -1  ",
            "a{b=\"x\\\"y\",c!=\"\"} != -1",
        ),
        ("a{} < +Inf", "a < inf"),
        ("a:b <= .5", "a:b <= 0.5"),
        ("a{b=\"c\"}==1", "a{b=\"c\"} == 1"),
    ];
    for (text, expected) in cases {
        let condition = Condition::parse(text).unwrap();
        assert_eq!(condition.to_string(), expected);
        assert_eq!(Condition::parse(expected), Ok(condition));
    }
}

#[test]
fn what_is_not_a_condition_is_refused_with_what_was_expected() {
    let cases = [
        ("", "``: expected a metric name, but there is nothing more"),
        (
            "{a=\"b\"} > 1",
            "`{a=\"b\"} > 1`: expected a metric name at `{a=\"b\"} > 1`",
        ),
        (
            "a",
            "`a`: expected one of `==`, `!=`, `>`, `>=`, `<`, `<=`, but there is nothing more",
        ),
        (
            "a = 1",
            "`a = 1`: expected one of `==`, `!=`, `>`, `>=`, `<`, `<=` at `= 1`",
        ),
        ("a >", "`a >`: expected a number, but there is nothing more"),
        ("a > b", "`a > b`: `b` is not a number"),
        ("a > 1 2", "`a > 1 2`: `1 2` is not a number"),
        ("a > 1e999", "`a > 1e999`: `1e999` is out of range"),
        ("a > NaN", "`a > NaN`: threshold must not be NaN"),
        (
            "a{b=~\"c\"} > 1",
            "`a{b=~\"c\"} > 1`: expected a value in double quotes at `~\"c\"} > 1`",
        ),
        (
            "a{b>\"c\"} > 1",
            "`a{b>\"c\"} > 1`: expected `!=` or `=` at `>\"c\"} > 1`",
        ),
        (
            "rate(a[5m]) > 1",
            "`rate(a[5m]) > 1`: expected one of `==`, `!=`, `>`, `>=`, `<`, `<=` at `(a[5m]) > 1`",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(Condition::parse(text).unwrap_err().to_string(), expected);
    }
    let error = Selector::parse("a{b=\"c\"} > 1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`a{b=\"c\"} > 1`: expected the end at ` > 1`"
    );
}

#[test]
fn each_comparison_holds_as_in_prometheus_also_for_nan() {
    let cases = [
        ("==", [false, true, false, false]),
        ("!=", [true, false, true, true]),
        (">", [false, false, true, false]),
        (">=", [false, true, true, false]),
        ("<", [true, false, false, false]),
        ("<=", [true, true, false, false]),
    ];
    for (comparison, expected) in cases {
        let condition = Condition::parse(&format!("a {comparison} 2")).unwrap();
        let held = [1.0, 2.0, 3.0, f64::NAN].map(|value| condition.holds(value));
        assert_eq!(held, expected, "{comparison}");
    }
}
