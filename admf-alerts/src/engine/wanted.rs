//! Which series of a scrape any rule asks for, and how far back.

use std::collections::HashMap;
use std::time::Duration;

use super::group::Group;
use super::options::Options;
use crate::series::{Limits, Store};

/// How far back each metric is looked at.
#[derive(Debug)]
pub(super) struct Wanted {
    named: HashMap<String, Duration>,
    /// What has no name here is looked at as far; `None`: it is not.
    others: Option<Duration>,
    /// No metric is looked at less far.
    least: Duration,
}

impl Wanted {
    pub(super) fn new(groups: &[Group], options: &Options) -> Self {
        let mut wanted = Self {
            named: HashMap::new(),
            others: None,
            // Chunks end at an eighth of it, so that it is to be more than that of milliseconds.
            least: options.promql.lookback.max(Duration::from_millis(8)),
        };
        for group in groups {
            wanted.add(group, options);
        }
        wanted
    }

    /// Takes what the rules of a group ask for. Where it depends on when that is asked, or on code, how far they look
    /// back, that is as far as the limits say.
    fn add(&mut self, group: &Group, options: &Options) {
        let kept = Limits::kept(&options.limits);
        // A slot is evaluated within an interval of it, and is not the newest time by then.
        let late = group.config.interval.unwrap_or_default();
        let before = group.config.query_offset.saturating_add(late);
        for rule in group.rules.iter().map(|rule| &rule.compiled) {
            if rule.asks_any() {
                self.look(None, kept.saturating_add(before));
            }
            for used in rule.queries().flat_map(|query| query.uses()) {
                let reach = used.reach(&options.promql).unwrap_or(kept);
                self.look(used.name(), reach.saturating_add(before));
            }
        }
    }

    fn look(&mut self, name: Option<&str>, back: Duration) {
        let furthest = match name {
            Some(name) => self.named.entry(name.to_owned()).or_default(),
            None => self.others.get_or_insert_default(),
        };
        *furthest = back.max(*furthest);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.others.is_some() || self.named.contains_key(name)
    }

    /// Has a store keep what is asked for.
    pub(super) fn keep(&self, store: &mut Store) {
        let least = self.others.unwrap_or_default().max(self.least);
        let named = self.named.iter();
        store.keep(least, named.map(|(name, back)| (&**name, least.max(*back))));
    }
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
