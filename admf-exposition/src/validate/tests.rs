use proptest::prelude::*;

use crate::{Problem, Rule, check};

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
