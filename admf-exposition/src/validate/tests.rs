use proptest::prelude::*;

use crate::{Problem, Problems, Rule, check};

/// A valid histogram of several series, by lines: 5 of comments and buckets, sum and count each.
fn lines(counts: &[u32]) -> Vec<String> {
    let mut lines = vec!["# HELP h H.".to_owned(), "# TYPE h histogram".to_owned()];
    for (i, count) in counts.iter().enumerate() {
        lines.push(format!("h_bucket{{a=\"{i}\",le=\"1\"}} {count}"));
        lines.push(format!("h_bucket{{le=\"2\",a=\"{i}\"}} {}", count + 1));
        lines.push(format!("h_bucket{{a=\"{i}\",le=\"+Inf\"}} {}", count + 2));
        lines.push(format!("h_sum{{a=\"{i}\"}} {count}"));
        lines.push(format!("h_count{{a=\"{i}\"}} {}", count + 2));
    }
    lines
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Breaks one series, and says what should be found.
fn broken(lines: &mut Vec<String>, series: usize, how: usize) -> Rule {
    let first = 2 + 5 * series;
    let value = |lines: &mut Vec<String>, at: usize, value: &str| {
        let (name, _) = lines[at].rsplit_once(' ').expect("it has a value");
        lines[at] = format!("{name} {value}");
    };
    match how {
        0 => {
            lines.remove(first + 2);
            Rule::InfBucket
        }
        1 => {
            lines.remove(first + 3);
            Rule::SumThere
        }
        2 => {
            lines.remove(first + 4);
            Rule::CountThere
        }
        3 => {
            lines.swap(first, first + 1);
            Rule::BoundsAscend
        }
        4 => {
            value(lines, first, "5000");
            Rule::Cumulative
        }
        5 => {
            value(lines, first + 4, "0.5");
            Rule::CountIsInf
        }
        6 => {
            value(lines, first + 3, "+Inf");
            Rule::SumFinite
        }
        7 => {
            value(lines, first, "-1");
            Rule::Count
        }
        8 => {
            lines[first + 1] = lines[first + 1].replace("le=\"2\"", "le=\"two\"");
            Rule::Bound
        }
        _ => {
            lines.push(lines[first].replace("_bucket", ""));
            Rule::Part
        }
    }
}

proptest! {
    #[test]
    fn one_break_in_one_series_is_the_one_problem(
        counts in prop::collection::vec(0..1000u32, 1..5),
        series in any::<prop::sample::Index>(),
        how in 0..10usize,
    ) {
        let mut lines = lines(&counts);
        prop_assert_eq!(check(&text(&lines)), Ok(()));
        let series = series.index(counts.len());
        let rule = broken(&mut lines, series, how);
        let problems = check(&text(&lines)).unwrap_err();
        let found: Vec<_> = problems.as_slice().iter().map(Problem::rule).collect();
        prop_assert_eq!(found, [rule], "{}", problems);
        let shown = format!("a=\"{series}\"");
        prop_assert!(problems.as_slice()[0].series().contains(&shown), "{}", problems);
    }
}

#[test]
fn a_problem_says_line_series_rule_and_value() {
    let problems = check("# TYPE a_total counter\na_total{b=\"c\"} -2.5\n").unwrap_err();
    let [problem] = problems.as_slice() else {
        panic!("{problems}")
    };
    assert_eq!(
        (problem.line(), problem.series(), problem.value()),
        (2, "a_total{b=\"c\"}", "-2.5")
    );
    assert_eq!(problem.rule(), Rule::Counter);
    assert!(!problem.rule().is_of_order() && Rule::OneSeries.is_of_order());
}

#[test]
fn problems_are_sorted_by_line_and_shown_on_one() {
    let problems = check("# TYPE a_total counter\na_total -1\na_total -1\nb 1").unwrap_err();
    assert_eq!(
        problems.to_string(),
        "line 2: counter `a_total` must be finite and not negative, is -1; and 3 more"
    );
    let lines: Vec<_> = problems.into_iter().map(|it| it.line()).collect();
    assert_eq!(lines, [2, 3, 3, 4]);
}

#[test]
fn a_flood_of_one_problem_is_counted_and_hides_no_other() {
    let mut text = "# TYPE a_total counter\n".to_owned();
    for i in 0..5_000 {
        text.push_str(&format!("a_total{{i=\"{i}\"}} -1\n"));
    }
    text.push_str("b 1\nb 1\n");
    let problems = check(&text).unwrap_err();
    assert_eq!(problems.count(), 5_001);
    let held = problems.as_slice();
    assert_eq!(held.len(), Problems::MOST_OF_A_RULE + 1);
    let last = held.last().map(|it| (it.line(), it.rule()));
    assert_eq!(last, Some((5_003, Rule::OneSeries)));
    let said = problems.to_string();
    assert!(said.ends_with("; and 5000 more"), "{said}");
    // And what the parser keeps for later is bounded too.
    let mixed = "a 1\nb 1\n".repeat(5_000);
    let problems = check(&mixed).unwrap_err();
    assert_eq!(problems.as_slice().len(), 2 * Problems::MOST_OF_A_RULE);
    assert_eq!(problems.count(), 2 * 9_998);
}

#[test]
fn lines_are_counted_by_line_feeds_whatever_else_is_in_them() {
    let line = |text: &str| check(text).unwrap_err().as_slice()[0].to_string();
    assert_eq!(line("a 1\nb 1\r\n"), "line 2: `1\u{fffd}` is not a number");
    assert_eq!(
        line("a 1\n\r\nb x\n"),
        "line 2: expected a metric name at `\u{fffd}`"
    );
    let long = format!(
        "# {}\na{{b=\"{}\"}} 1\nc x\n",
        "\u{2028}\r".repeat(9),
        "\u{85}\r\0".repeat(100_000)
    );
    assert_eq!(line(&long), "line 3: `x` is not a number");
}
