//! What holds of any text, and of any exposition.

use std::collections::BTreeMap;

use admf_exposition::{Exposition, Kind, Rule, check, lint, parse, validate, write};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

type Labels = BTreeMap<String, String>;

fn labels() -> impl Strategy<Value = Labels> {
    btree_map(
        "[a-dA-D][a-z0-9_]{0,2}",
        "([\\\\\n\"{},= a\u{e9}]|.){0,4}",
        0..4,
    )
}

/// A family that is valid by itself, as it is written.
fn family(name: String) -> impl Strategy<Value = String> {
    let help = prop::option::of("h[\\\\\n\" #\u{e9}]{0,5}");
    let numbers = (any::<f64>(), 0..1_000_000u64, vec(0..100u32, 0..5));
    let series = vec((labels(), numbers, any::<Option<u32>>()), 0..4);
    (0..5usize, help, series).prop_map(move |(kind, help, series)| {
        let kinds = [
            Kind::Counter,
            Kind::Gauge,
            Kind::Histogram,
            Kind::Summary,
            Kind::Untyped,
        ];
        let kind = kinds[kind];
        let mut out = String::new();
        write::family(&mut out, &name, kind, help.as_deref()).unwrap();
        let mut seen = Vec::new();
        for (labels, (value, count, steps), timestamp) in series {
            let distinct: Labels = labels
                .clone()
                .into_iter()
                .filter(|(_, it)| !it.is_empty())
                .collect();
            if seen.contains(&distinct) {
                continue;
            }
            seen.push(distinct);
            let timestamp = timestamp.map(i64::from);
            let mut put = |suffix: &str, more: Option<(&str, String)>, value: f64| {
                let more = more.iter().map(|(name, value)| (*name, value.as_str()));
                let labels = labels
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()));
                let series = format!("{name}{suffix}");
                write::sample(&mut out, &series, labels.chain(more), value, timestamp).unwrap();
            };
            match kind {
                Kind::Counter => put("", None, count as f64),
                Kind::Histogram => {
                    let mut total = 0;
                    for (bound, step) in steps.iter().enumerate() {
                        total += step;
                        put(
                            "_bucket",
                            Some(("le", format!("{bound}.5"))),
                            f64::from(total),
                        );
                    }
                    put("_bucket", Some(("le", "+Inf".to_owned())), f64::from(total));
                    put("_sum", None, count as f64 / 8.0);
                    put("_count", None, f64::from(total));
                }
                Kind::Summary => {
                    put("", Some(("quantile", "0.9".to_owned())), value);
                    put("_sum", None, count as f64 / 8.0);
                    put("_count", None, count as f64);
                }
                _ => put("", None, value),
            }
        }
        out
    })
}

fn exposition() -> impl Strategy<Value = String> {
    let families = vec("[a-z_:]", 0..5).prop_flat_map(|starts| {
        let names = starts.iter().zip('a'..);
        let families = names.map(|(start, i)| family(format!("{start}{i}_x")));
        families.collect::<Vec<_>>()
    });
    families.prop_map(|families| families.concat())
}

/// All that an exposition says, with NaN equal to itself.
fn content(exposition: &Exposition<'_>) -> Vec<String> {
    let families = exposition.families().iter();
    let said = families.map(|family| {
        let samples = family.samples.iter().map(|sample| {
            let labels: Vec<_> = sample.labels.iter().collect();
            let bits = if sample.value.is_nan() {
                0
            } else {
                sample.value.to_bits()
            };
            format!("{} {labels:?} {bits} {:?}", sample.name, sample.timestamp)
        });
        let samples: Vec<_> = samples.collect();
        format!(
            "{} {} {:?} {samples:#?}",
            family.name, family.kind, family.help
        )
    });
    said.collect()
}

/// The same families in reverse order.
fn turned(text: &str) -> String {
    let read = parse(text).expect("it was written");
    let mut lines: Vec<_> = text.lines().collect();
    let mut blocks = Vec::new();
    for family in read.families().iter().rev() {
        blocks.push(lines.split_off(family.line - 1));
    }
    let lines = blocks.concat();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

proptest! {
    #[test]
    fn what_is_written_is_valid_and_is_read_back(text in exposition()) {
        let read = parse(&text).unwrap();
        prop_assert_eq!(validate(&read), Ok(()));
        let written = read.to_string();
        prop_assert_eq!(&written, &text);
        prop_assert_eq!(content(&parse(&written).unwrap()), content(&read));
    }

    #[test]
    fn sorting_keeps_all_that_is_said_and_is_the_same_for_any_order_of_families(text in exposition()) {
        let mut sorted = parse(&text).unwrap();
        sorted.sort();
        let once = sorted.to_string();
        prop_assert_eq!(check(&once), Ok(()));
        let lines = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        prop_assert_eq!(lines(&once), lines(&text));
        // The lines of each series in their order, all else the other way round.
        let turned = turned(&text);
        let mut again = parse(&turned).unwrap();
        again.sort();
        prop_assert_eq!(again.to_string(), once);
    }

    #[test]
    fn any_line_given_twice_is_found(text in exposition(), at in any::<prop::sample::Index>()) {
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        prop_assume!(!lines.is_empty());
        let at = at.index(lines.len());
        let twice: String = lines.iter().enumerate().flat_map(|(i, line)| vec![*line; 1 + usize::from(i == at)]).collect();
        let problems = check(&twice).unwrap_err();
        let expected = match lines[at] {
            line if line.starts_with("# HELP") => Rule::OneHelp,
            line if line.starts_with("# TYPE") => Rule::OneType,
            _ => Rule::OneSeries,
        };
        let found = problems.as_slice().iter().any(|it| it.rule() == expected && it.line() == at + 2);
        prop_assert!(found, "{}", problems);
    }

    #[test]
    fn no_text_makes_it_panic(text in "([a-z{}=,\"\\\\#0-9 \t]|# TYPE |# HELP |histogram\n|_bucket|le=|\n|\u{e9}|.){0,60}") {
        let problems = check(&text).err();
        for problem in problems.into_iter().flatten() {
            prop_assert!(problem.line() >= 1 && problem.line() <= text.split('\n').count());
            prop_assert!(!problem.to_string().contains(char::is_control), "{}", problem);
        }
        if let Ok(mut read) = parse(&text) {
            let _ = lint(&read);
            read.sort();
            prop_assert!(parse(&read.to_string()).is_ok());
        }
    }
}
