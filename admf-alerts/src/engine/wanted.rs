//! Which series of a scrape any rule asks for.

use hashbrown::HashSet;

use super::group::Group;
use crate::promql::{Query, Settings};

#[derive(Debug)]
pub(super) enum Wanted {
    All,
    Named(HashSet<String>),
}

impl Wanted {
    pub(super) fn new(groups: &[Group], settings: &Settings) -> Self {
        let rules = groups.iter().flat_map(|group| &group.rules);
        let mut names = HashSet::new();
        for rule in rules.map(|rule| &rule.compiled) {
            let (labels, annotations) = (&rule.rule.labels, &rule.rule.annotations);
            let mut texts = labels.values().chain(annotations.values());
            let named = rule.rule.closure.is_none()
                && rule.queries().all(|query| name(query, &mut names))
                && texts.all(|text| asked(text, settings, &mut names));
            if !named {
                return Self::All;
            }
        }
        Self::Named(names)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
        }
    }
}

/// Takes the names of the series that a query asks for; `false` where one is not by its name.
fn name(query: &Query, names: &mut HashSet<String>) -> bool {
    query.uses().iter().all(|used| {
        let name = used.name().map(str::to_owned);
        name.map(|name| names.insert(name)).is_some()
    })
}

/// Does so with the queries of a template; `false` where one may be put together only when the template is rendered.
fn asked(text: &str, settings: &Settings, names: &mut HashSet<String>) -> bool {
    text.split("query").skip(1).all(|rest| {
        let rest = rest.trim_start();
        let Some(quote) = rest.chars().next().filter(|it| ['"', '`'].contains(it)) else {
            return false;
        };
        let Some((expr, _)) = rest[1..].split_once(quote) else {
            return false;
        };
        // What is escaped may be anything, a quote among it.
        let query = Query::parse(expr, settings);
        !expr.contains('\\') && query.is_ok_and(|query| name(&query, names))
    })
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::rule::Rule;

    fn wants(rule: Rule, name: &str) -> bool {
        Engine::new([rule]).unwrap().wanted.has(name)
    }

    #[test]
    fn what_no_rule_asks_for_is_left_out_and_what_a_template_asks_for_is_not() {
        let rule = Rule::new("A", "sum(rate(a_total[5m])) > on () b").annotation(
            "summary",
            r#"{{ with query "max(c_seconds) + d" }}{{ . }}{{ end }}{{ query `e{f="g"}` }}"#,
        );
        for (name, is) in [
            ("a_total", true),
            ("b", true),
            ("c_seconds", true),
            ("d", true),
            ("e", true),
            ("f", false),
            ("max", false),
            ("a_total_bucket", false),
        ] {
            assert_eq!(wants(rule.clone(), name), is, "{name}");
        }
    }

    #[test]
    fn where_it_is_not_known_which_series_are_asked_for_all_are_taken() {
        assert!(wants(Rule::new("A", r#"{job="a"} > 1"#), "anything"));
        for template in [
            r#"{{ printf "a%s" "b" | query | len }}"#,
            r#"{{ query "{job=\"a\"}" | len }}"#,
            r#"{{ query `{job="a"}` | len }}"#,
        ] {
            let rule = Rule::new("A", "b > 1").annotation("summary", template);
            assert!(wants(rule, "anything"), "{template}");
        }
    }
}
