//! Templates beside the real promtool, where it is installed.

mod cases;
mod generated;
#[path = "../promtool/mod.rs"]
mod program;
mod promtool;

use std::collections::BTreeSet;

use admf_alerts::template::Template;
use promtool::{Case, VALUES, differences, rendered};

fn case(text: &str, value: usize) -> Case {
    Case {
        text: text.to_owned(),
        value,
        expected: rendered(text, value).ok(),
    }
}

fn agree(texts: &[String]) {
    let all = |text: &String| (0..VALUES.len()).map(|value| case(text, value)).collect();
    let cases: Vec<Case> = texts.iter().flat_map::<Vec<_>, _>(all).collect();
    let differ = differences(&cases).unwrap_or_default();
    assert!(
        differ.is_empty(),
        "{} differ:\n{}",
        differ.len(),
        differ.join("\n")
    );
}

#[test]
fn the_templates_of_the_corpus_read_as_prometheus_renders_them() {
    let texts: BTreeSet<&str> = cases::ALL.iter().copied().flatten().copied().collect();
    assert!(texts.len() >= 200, "{}", texts.len());
    for text in cases::FAIL {
        for value in 0..VALUES.len() {
            assert!(rendered(text, value).is_err(), "{text}");
        }
    }
    let texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
    agree(&texts);
}

#[test]
fn numbers_by_every_verb_and_function_read_as_prometheus_renders_them() {
    agree(&generated::numbers(400));
}

#[test]
fn expressions_and_blocks_at_random_read_as_prometheus_renders_them() {
    agree(&generated::programs(400));
}

#[test]
fn patterns_at_random_match_and_replace_as_those_of_prometheus() {
    let cases: Vec<Case> = generated::patterns(1000)
        .iter()
        .map(|text| case(text, 0))
        .collect();
    let read = cases.iter().filter(|case| case.expected.is_some()).count();
    assert!((300..900).contains(&read), "{read}");
    let differ = differences(&cases).unwrap_or_default();
    assert!(
        differ.is_empty(),
        "{} differ:\n{}",
        differ.len(),
        differ.join("\n")
    );
}

/// Why a template is refused that Prometheus reads, and then cannot render or renders as nobody means.
const STRICTER: [&str; 10] = [
    "`|` leads to nothing",
    "`nil` is no command",
    "arguments, not",
    "only a function takes arguments",
    "there is no `.",
    "`range` sets variables",
    "is a kind of number that is not supported",
    "there is no variable",
    "`$` cannot be set",
    "is not supported in rules",
];

#[test]
fn what_is_no_template_to_prometheus_is_none_here() {
    let texts = generated::soups(3000);
    let Some(read) = promtool::read(&texts) else {
        return;
    };
    let ours = texts.iter().map(|text| Template::parse(text));
    let differ = ours
        .zip(&read)
        .zip(&texts)
        .filter_map(|((ours, read), text)| {
            let agrees = match &ours {
                Ok(_) => *read,
                Err(error) => {
                    let error = error.to_string();
                    !read || STRICTER.iter().any(|stricter| error.contains(stricter))
                }
            };
            (!agrees).then(|| {
                format!(
                    "{text}\n  ours {:?}",
                    ours.map(|_| ()).map_err(|it| it.to_string())
                )
            })
        });
    let differ: Vec<_> = differ.collect();
    assert!(
        differ.is_empty(),
        "{} differ:\n{}",
        differ.len(),
        differ.join("\n")
    );
    let accepted = read.iter().filter(|read| **read).count();
    assert!((300..2700).contains(&accepted), "{accepted}");
}

#[test]
fn what_reads_otherwise_is_found() {
    let mut wrong = case("{{ humanize 1234.5 }}", 0);
    assert_eq!(wrong.expected.as_deref(), Some("1.234k"));
    wrong.expected = Some("1.235k".to_owned());
    let mut no_error = case("{{ $value }}", 0);
    no_error.expected = None;
    let right = case("{{ eq 1 1.0 }}{{ $value }}", 0);
    assert_eq!(right.expected, None);
    let Some(found) = differences(&[wrong, no_error, right]) else {
        return;
    };
    assert_eq!(
        found,
        [
            "{{ humanize 1234.5 }}\n  ours Some(\"1.235k\")\n  got  Some(\"1.234k\\\"}\")",
            "{{ $value }}\n  ours None\n  got  Some(\"1.2345675e+06\\\"}\")",
        ]
    );
}
