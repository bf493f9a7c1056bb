//! What rules see of the metrics.

use std::collections::BTreeSet;

use admf_alerts::promql::{Query, Settings};
use admf_alerts::{Engine, Samples};
use admf_metrics::Exporter;

/// The series that rules ask for: a replay looks at them once for each of its dates, and at most has no use for the others.
#[derive(Debug)]
pub(super) enum Wanted {
    All,
    Some {
        names: BTreeSet<String>,
        /// Templates with queries, which name their series somewhere.
        texts: Vec<String>,
    },
}

impl Wanted {
    pub(super) fn new(engine: &Engine) -> Self {
        let (mut names, mut texts) = (BTreeSet::new(), Vec::new());
        for status in engine.rules() {
            let Ok(query) = Query::parse(&status.rule.expr, &Settings::default()) else {
                return Self::All;
            };
            for used in query.uses() {
                match used.name() {
                    Some(name) => names.insert(name.to_owned()),
                    None => return Self::All,
                };
            }
            let templates = status
                .rule
                .labels
                .values()
                .chain(status.rule.annotations.values());
            for text in templates.filter(|text| text.contains("query")) {
                if composes(text) {
                    return Self::All;
                }
                texts.push(text.clone());
            }
        }
        Self::Some { names, texts }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some { names, texts } => {
                names.contains(name) || texts.iter().any(|text| text.contains(name))
            }
        }
    }
}

/// Says whether a template asks for something that is not written in it as it is.
fn composes(text: &str) -> bool {
    let asked = text.split("query").skip(1);
    asked
        .map(str::trim_start)
        .any(|it| !it.starts_with(['"', '`']))
}

/// Reads what is exported now of what is wanted, and of one side only where one is named; what is of no side is of each.
///
/// The one place where rules get their samples.
pub(super) fn scrape(exporter: &Exporter, wanted: &Wanted, side: Option<&str>) -> Samples {
    let text = exporter.render();
    let mut mine = String::with_capacity(text.len());
    // The parts of a histogram stand together for whoever knows that it is one.
    let mut kind = "";
    let mut last = ("", false);
    for line in text.lines() {
        if line.starts_with('#') {
            kind = line;
            continue;
        }
        let end = line.find(['{', ' ']).unwrap_or(line.len());
        let name = &line[..end];
        if name != last.0 {
            last = (name, wanted.has(name));
        }
        if last.1 && side.is_none_or(|side| is_of(line, side)) {
            for line in [std::mem::take(&mut kind), line] {
                mine.push_str(line);
                mine.push('\n');
            }
        }
    }
    Samples::parse(&mine).expect("the exporter writes what the parser reads")
}

/// Says whether a series has this side, or none. Quotes within a value are escaped, so that no value looks like a label.
fn is_of(line: &str, side: &str) -> bool {
    let of = ["{side=\"", ",side=\""].iter().find_map(|label| {
        let (_, rest) = line.split_once(label)?;
        rest.split_once('"')
    });
    of.is_none_or(|(value, _)| value == side)
}

#[cfg(test)]
mod tests {
    use super::*;
    use admf_alerts::Rule;

    fn wanted(rules: impl IntoIterator<Item = Rule>) -> Wanted {
        Wanted::new(&Engine::new(rules).unwrap())
    }

    #[test]
    fn what_no_rule_asks_for_is_left_out_and_what_a_template_asks_for_is_not() {
        let rule = Rule::new("A", "sum(rate(a_total[5m])) > on () b");
        let wanted = wanted([rule.annotation(
            "summary",
            r#"{{ with query "max(c_seconds)" }}{{ . }}{{ end }}"#,
        )]);
        assert!(
            ["a_total", "b", "c_seconds"]
                .iter()
                .all(|it| wanted.has(it))
        );
        assert!(!wanted.has("other") && !wanted.has("a_total_bucket"));
    }

    #[test]
    fn where_it_is_not_known_which_series_are_asked_for_all_are_taken() {
        let any = Rule::new("A", r#"{job="a"} > 1"#);
        let composed = Rule::new("A", "b > 1")
            .annotation("summary", r#"{{ printf "a%s" "b" | query | len }}"#);
        for rule in [any, composed] {
            assert!(wanted([rule]).has("anything"));
        }
    }

    #[test]
    fn a_side_sees_its_own_series_and_those_of_none() {
        for (line, is) in [
            (r#"a{side="stack"} 1"#, true),
            (r#"a{b="c",side="stack",d="e"} 1"#, true),
            (r#"a{side="naive"} 1"#, false),
            (r#"a{b="c,side=\"naive\""} 1"#, true),
            (r#"a{outside="naive"} 1"#, true),
            ("a 1", true),
        ] {
            assert_eq!(is_of(line, "stack"), is, "{line}");
        }
    }
}
