//! The parser and the lints beside the real promtool, where it is installed.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use admf_exposition::{Kind, Rule, lint, parse, write};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// What `promtool check metrics` said: whether it could read the text, and its lines.
struct Said {
    readable: bool,
    lines: String,
}

/// Returns `None` where there is no promtool, which fails if `ADMF_REQUIRE_SERVERS` is set.
fn promtool(text: &str) -> Option<Said> {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut process = match command.stderr(Stdio::piped()).spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let required = std::env::var_os("ADMF_REQUIRE_SERVERS");
            assert!(required.is_none(), "promtool is missing");
            // Not by the macro, whose words a test that passes keeps to itself.
            let note = "promtool is missing: this test did nothing";
            let _ = writeln!(std::io::stderr(), "{note}");
            return None;
        }
        spawned => spawned.expect("it can be started"),
    };
    let mut input = process.stdin.take().expect("it is piped");
    // It may stop reading at the first line that is wrong.
    let _ = input.write_all(text.as_bytes());
    drop(input);
    let output = process.wait_with_output().expect("it ends");
    let lines = String::from_utf8_lossy(&output.stderr).into_owned();
    let readable = matches!(output.status.code(), Some(0 | 3));
    assert_eq!(!readable, lines.contains("parsing error"), "{lines}");
    Some(Said { readable, lines })
}

fn generated<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> S::Value {
    strategy
        .new_tree(runner)
        .expect("nothing is filtered")
        .current()
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![
        Kind::Counter,
        Kind::Gauge,
        Kind::Histogram,
        Kind::Summary,
        Kind::Untyped,
    ])
}

/// The end of a metric's name: words that may offend, at most one unit, and a suffix.
fn name() -> impl Strategy<Value = String> {
    let words = "(_foo|_fooBar|_Foo|_gauge|_counter|_histogram|_summary|_gauge_histogram|_GAUGE|_untyped\
                 |_s|_ms|_us|_ns|_sec|_b|_kb|_mb|_gb|_tb|_pb|_m|_h|_d|_S|:x|_discounter|_thermometers|_x1)";
    let units = "(_(pico|nano|micro|milli|centi|deci|deca|hecto|kilo|kibi|mega|mibi|giga|gibi|tera|tebi|peta\
                 |pebi|mebi|)(amperes|bytes|celsius|grams|joules|kelvin|meters|metres|seconds|volts|minutes\
                 |hours|days|weeks|kelvins|fahrenheit|rankine|inches|yards|miles|bits|calories|pounds\
                 |ounces|percent))?";
    let suffix = "(_total|_count|_sum|_bucket|_info|)";
    let name = format!("{words}{{0,2}}{units}{words}?{suffix}");
    prop::string::string_regex(&name).expect("it is a pattern")
}

#[test]
fn the_lints_of_600_metrics_are_those_of_promtool() {
    let labels = "(le|quantile|fooBar|foo|)";
    let family = (name(), kind(), any::<bool>(), labels);
    let mut runner = TestRunner::deterministic();
    let mut text = String::new();
    for i in 0..600 {
        let (name, kind, helped, label) = generated(&family, &mut runner);
        let name = format!("n{i}{name}");
        write::family(&mut text, &name, kind, helped.then_some("Help.")).unwrap();
        let labels = (!label.is_empty()).then_some((label.as_str(), "1"));
        for suffix in kind.suffixes().iter().chain(&[""]) {
            let series = format!("{name}{suffix}");
            write::sample(&mut text, &series, labels, 1.0, None).unwrap();
        }
    }
    let Some(said) = promtool(&text) else { return };
    assert!(said.readable, "{}", said.lines);
    let theirs: BTreeSet<_> = said.lines.lines().map(str::to_owned).collect();
    let exposition = parse(&text).unwrap();
    let ours: BTreeSet<_> = lint(&exposition).iter().map(ToString::to_string).collect();
    assert!(ours.len() > 1000, "{}", ours.len());
    let differ: Vec<_> = ours.symmetric_difference(&theirs).collect();
    assert!(differ.is_empty(), "{differ:#?}");
}

/// Why promtool may refuse what we read.
fn known_refusal(text: &str) -> bool {
    let exposition = parse(text).expect("it was read");
    // It is in order for a reader of one pass, or `validate` says that it is not.
    let refused = [
        Rule::LastLineFeed,
        Rule::OneHelp,
        Rule::OneType,
        Rule::TypeFirst,
        Rule::Bound,
        Rule::Quantile,
        Rule::Part,
    ];
    let problems = admf_exposition::validate(&exposition).err();
    let problems = problems.into_iter().flatten();
    // Blanks end a line by the description of the format, and Prometheus scrapes them.
    let mut samples = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let blanks = samples.any(|line| !line.trim().is_empty() && line.ends_with([' ', '\t']));
    blanks || problems.into_iter().any(|it| refused.contains(&it.rule()))
}

/// Why promtool may read what we refuse: Prometheus does not scrape these, but for the last.
fn known_reading(problem: &str) -> bool {
    // A type in capitals, of a later format, or none.
    problem.contains("unknown type `")
        // A blank behind `# HELP` or `# TYPE`, and no name.
        || problem.ends_with("expected a metric name, but there is nothing more")
        // It keeps one of two bounds of a bucket.
        || problem.ends_with("label `le` is given twice")
        || problem.ends_with("label `quantile` is given twice")
}

const BASE: &str = "# HELP n_seconds A \\\\ b\\nc.
# TYPE n_seconds histogram
n_seconds_bucket{a=\"b\",le=\"0.5\"} 1
n_seconds_bucket{a=\"b\",le=\"+Inf\"} 2
n_seconds_sum{a=\"b\"} 1.5e-1
n_seconds_count{a=\"b\"} 2
# any comment
# TYPE n_calls_total counter
n_calls_total {a=\"\\\"x\\\\\\n\",} 3 1700000000000

n_open NaN -5
n:rule{} +Inf
# TYPE n_q summary
n_q{quantile=\"0.5\"} 1
n_q_sum 1
n_q_count 1
";

/// Puts, cuts or doubles a few characters of a text.
fn mutated() -> impl Strategy<Value = String> {
    let pieces = "[a-z0-9 \t{}=,\"\\\\#+.\u{e9}_:-]|\r|\n|NaN|Inf|nan|inf|-inf|1e9|1e999|0x1|1_0|\\\\n|\\\\t|# |# TYPE |# HELP \
                  |le=\"|a=\"b\",| gauge|TYPE|HELP|__name__|=\"\"";
    let change = (any::<prop::sample::Index>(), 0..4usize, pieces);
    prop::collection::vec(change, 1..3).prop_map(|changes| {
        let mut text: Vec<char> = BASE.chars().collect();
        for (at, cut, piece) in changes {
            let at = at.index(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

#[test]
fn promtool_reads_what_the_parser_reads_and_refuses_what_it_refuses() {
    let mut runner = TestRunner::deterministic();
    let (mut read, mut batched, mut alone, mut known) = (String::new(), 0, Vec::new(), 0);
    let mut taken = BTreeSet::new();
    for i in 0..1500 {
        // A name of its own, so that many texts can be read as one.
        let text = generated(&mutated(), &mut runner);
        let text = text
            .replace("n_", &format!("n{i}_"))
            .replace("n:", &format!("n{i}:"));
        match parse(&text) {
            Err(_) => alone.push(text),
            Ok(_) if known_refusal(&text) => known += 1,
            Ok(_) => {
                // A change may lead to the name of another text.
                let own = names(&text);
                if own.is_disjoint(&taken) {
                    taken.extend(own);
                    read.push_str(&text);
                    batched += 1;
                }
            }
        }
    }
    let Some(said) = promtool(&read) else { return };
    assert!(said.readable, "{}", said.lines);
    assert!(batched > 200 && known > 20, "{batched} {known}");
    assert!(alone.len() > 250, "{}", alone.len());
    // A process for each, of every kind of refusal some.
    let mut kinds: Vec<String> = Vec::new();
    alone.retain(|text| {
        let kind = shape(&parse(text).expect_err("it was refused").to_string());
        kinds.push(kind.clone());
        kinds.iter().filter(|it| **it == kind).count() <= 2
    });
    assert!(alone.len() > 25, "{}", alone.len());
    for text in alone {
        let problem = parse(&text).expect_err("it was refused");
        let said = promtool(&text).expect("it was there");
        let line = format!("in line {}:", problem.line());
        let earlier = text.lines().take(problem.line() - 1);
        let earlier: String = earlier.map(|line| format!("{line}\n")).collect();
        let agreed = !said.readable && (said.lines.contains(&line) || known_refusal(&earlier));
        let known = known_reading(&problem.to_string());
        assert!(agreed || known, "{problem}: {}: {text}", said.lines);
    }
}

/// What the metrics of a text are called, and may be.
fn names(text: &str) -> BTreeSet<String> {
    let exposition = parse(text).expect("it was read");
    let families = exposition.families().iter();
    let named = families.flat_map(|family| {
        let suffixes = ["", "_bucket", "_sum", "_count"];
        suffixes.map(|suffix| format!("{}{suffix}", family.name))
    });
    named.collect()
}

/// A refusal without its line and what it quotes.
fn shape(problem: &str) -> String {
    let (_, said) = problem.split_once(": ").expect("it begins with its line");
    said.split('`').step_by(2).collect()
}

#[test]
fn promtool_agrees_about_every_case_of_the_corpus_but_for_what_is_known() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let mut differ = Vec::new();
    for entry in std::fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_some_and(|it| it == "prom") {
            let text = std::fs::read_to_string(&path).expect("it is text");
            let ours = parse(&text).map_err(|problem| problem.to_string());
            let known = match &ours {
                Ok(_) => known_refusal(&text),
                Err(problem) => known_reading(problem),
            };
            if known {
                continue;
            }
            let Some(said) = promtool(&text) else { return };
            if said.readable != ours.is_ok() {
                differ.push((path, said.lines));
            }
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}
