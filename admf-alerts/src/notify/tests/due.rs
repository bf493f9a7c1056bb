//! What is found without asking all is what would be found by asking all.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::state::{World, steps};
use super::*;
use crate::notify::timed::Timed;

/// When something is due, by asking every group and every climb.
fn asked(notifier: &Notifier) -> Option<Duration> {
    let groups = notifier.groups.values().filter_map(Timed::due);
    let climbs = notifier.climbs.values().filter_map(Timed::due);
    let changed = notifier.silences.changed;
    let changed = changed.filter(|_| !notifier.climbs.is_empty());
    groups.chain(climbs).chain(changed).min()
}

fn inhibiting(
    labels: &Labels,
    rules: &[InhibitRule],
    alerts: &Notifier,
    now: Duration,
) -> Vec<Fingerprint> {
    let all = |matchers: &[Matcher], labels: &Labels| matchers.iter().all(|it| it.matches(labels));
    let mut found = Vec::new();
    for rule in rules.iter().filter(|it| all(&it.target, labels)) {
        for alert in alerts.alerts().filter(|it| !it.is_resolved(now)) {
            let both = all(&rule.target, &alert.labels) && all(&rule.source, labels);
            let equal = rule
                .equal
                .iter()
                .all(|it| labels.get(it) == alert.labels.get(it));
            if all(&rule.source, &alert.labels) && equal && !both {
                found.push(alert.fingerprint());
            }
        }
    }
    found.sort_unstable();
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn it_is_due_when_a_group_or_a_climb_is(steps in steps()) {
        let mut world = World::new(|tries| match tries % 5 {
            0 => Some(Outcome::Refused),
            1 => Some(AGAIN),
            2 => None,
            _ => Some(Outcome::Sent),
        });
        for step in &steps {
            world.step(step);
            prop_assert_eq!(world.notifier.next_due(), asked(&world.notifier));
            world.notifier.restore(world.notifier.state(), world.now);
            prop_assert_eq!(world.notifier.next_due(), asked(&world.notifier));
        }
    }

    #[test]
    fn an_alert_is_kept_quiet_by_those_that_fire_and_no_other(
        posts in prop::collection::vec((0..12_u32, 0..30_u32, 0..4_u32), 1..60),
    ) {
        let rule = |source, target, equal: &[&str]| InhibitRule {
            source: vec![matcher("level", MatchOp::Matches, source)],
            target: vec![matcher("level", MatchOp::Matches, target)],
            equal: equal.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>(),
        };
        let mut config = config(1);
        config.inhibit_rules = vec![rule("0", "1|2", &["zone"]), rule("0|1", "1|2", &[]), rule("2", "0|3", &["zone"])];
        let rules = config.inhibit_rules.clone();
        let mut notifier = Notifier::new(config, || 0.5).expect("it is sound");
        let labels = |number: u32| Labels::from_iter([
            ("alertname", format!("A{number}")),
            ("level", (number % 4).to_string()),
            ("zone", (number / 4 % 2).to_string()),
        ]);
        let mut now = at(0.0);
        for (number, length, wait) in posts {
            // Past what is known of what has ended, now and then.
            now += Duration::from_secs(if wait == 3 { 2_000 } else { wait.into() });
            let ends_at = Some(now + Duration::from_secs(length.into()));
            let posted = Posted { labels: labels(number), starts_at: Some(now), ends_at, ..Posted::default() };
            notifier.post(now, posted).expect("it is sound");
            for delivery in notifier.due(now) {
                notifier.finished(now, delivery.id, Outcome::Sent);
            }
            for number in 0..12 {
                let labels = labels(number);
                let mut found: Vec<_> = notifier.inhibited_by(&labels, now).collect();
                found.sort_unstable();
                prop_assert_eq!(found, inhibiting(&labels, &rules, &notifier, now));
            }
        }
    }
}
