//! Which series of a scrape any rule asks for, and how far back.

use std::time::Duration;

use hashbrown::HashMap as QuickMap;

use super::group::Group;
use super::options::Options;
use crate::labels::Labels;
use crate::promql::Query;
use crate::series::{Limits, Matcher, NAME, Store, Wants};

/// How far back each metric is looked at, and which series of it.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Rules are trusted with the names that they ask for.
    named: QuickMap<String, Asked>,
    /// Whatever its name.
    others: Asked,
    /// Whether it may be any series.
    any: bool,
    /// No metric is looked at less far.
    least: Duration,
}

/// What is asked for by selectors.
#[derive(Debug, Default)]
struct Asked {
    /// How far they look back; `None`: there are none.
    back: Option<Duration>,
    /// A series is selected where all matchers of any of these match.
    by: Vec<Vec<Matcher>>,
}

impl Asked {
    fn look(&mut self, back: Duration, by: &[Vec<Matcher>]) {
        self.back = self.back.max(Some(back));
        self.by.extend_from_slice(by);
    }

    fn selects(&self, labels: &Labels) -> bool {
        let all = |matchers: &Vec<Matcher>| matchers.iter().all(|it| it.matches(labels));
        self.by.iter().any(all)
    }
}

impl Wanted {
    pub(super) fn new(groups: &[Group], options: &Options) -> Self {
        let mut wanted = Self {
            named: QuickMap::new(),
            others: Asked::default(),
            any: false,
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
                self.any = true;
                self.others.look(kept.saturating_add(before), &[]);
            }
            for used in rule.queries().flat_map(Query::uses) {
                let reach = used.reach(&options.promql).unwrap_or(kept);
                let asked = match used.name() {
                    Some(name) => self.named.entry(name.to_owned()).or_default(),
                    None => &mut self.others,
                };
                asked.look(reach.saturating_add(before), used.any);
            }
        }
    }

    /// Has a store keep what is asked for.
    pub(super) fn keep(&self, store: &mut Store) {
        let least = self.others.back.unwrap_or_default().max(self.least);
        let named = self.named.iter();
        let named = named.map(|(name, asked)| (&**name, asked.back.unwrap_or_default().max(least)));
        store.keep(least, named);
    }
}

impl Wants for Wanted {
    fn name(&self, name: &str) -> bool {
        self.others.back.is_some() || self.named.contains_key(name)
    }

    fn series(&self, labels: &Labels) -> bool {
        let named = labels.get(NAME).and_then(|name| self.named.get(name));
        self.any || self.others.selects(labels) || named.is_some_and(|it| it.selects(labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::rule::{Rule, RuleGroup};
    use crate::samples::Samples;

    fn wants(rule: Rule, name: &str) -> bool {
        Engine::new([rule]).unwrap().wanted.name(name)
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

    #[test]
    fn of_a_metric_the_series_are_taken_that_a_selector_matches_and_after_a_reload_those_of_the_others()
     {
        let held = |engine: &Engine| {
            let series = engine.store().select(&[]).into_iter();
            let now = series.filter(|it| it.at(i64::MAX, i64::MIN).is_some());
            let mut now: Vec<_> = now.map(|it| it.labels().to_string()).collect();
            now.sort();
            now
        };
        let scrape = "a{b=\"1\"} 1\na{b=\"2\"} 2\na{b=\"3\"} 3\nc{b=\"1\"} 4\n";
        let scrape = Samples::parse(scrape).unwrap();
        let rules = [r#"a{b="1"} > 9"#, r#"a{b=~"2|4"} + on () a{b="1"} > 9"#];
        let rules = rules.map(|expr| Rule::new("A", expr));
        let mut engine = Engine::new(rules).unwrap();
        engine.step(Duration::from_secs(1), &scrape);
        let one = |b: &str| format!("{{__name__=\"a\",b=\"{b}\"}}");
        assert_eq!(held(&engine), [one("1"), one("2")]);

        let other = Rule::new("B", r#"a{b!="1"} > 9"#);
        engine.reload([RuleGroup::new("rules", [other])]).unwrap();
        engine.step(Duration::from_secs(2), &scrape);
        assert_eq!(held(&engine), [one("2"), one("3")]);
    }
}
