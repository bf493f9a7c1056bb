//! What is posted, and how it is routed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::notify::{
    Config, GroupBy, GroupStatus, InhibitRule, Integration, Notifier, Outcome, Posted, Route,
};
use admf_alerts::series::{MatchOp, Matcher};
use serde_json::json;
use tests::alertmanager::{send, stamp};
use tests::chance::Chance;

/// How long the stream is.
pub(crate) const SECONDS: f64 = 40.0;
/// How many label sets there are.
const ALERTS: u64 = 600;

/// A post: an alert begins, goes on, or ends.
pub(crate) struct Step {
    pub(crate) seconds: f64,
    pub(crate) labels: Labels,
    pub(crate) fires: bool,
}

impl Step {
    /// Posts to an Alertmanager, or to what is as one, that it begins or ends now.
    pub(crate) fn send(&self, address: &str) {
        let labels: BTreeMap<_, _> = self.labels.iter().collect();
        let when = if self.fires { "startsAt" } else { "endsAt" };
        send(
            address,
            "alerts",
            &json!([{ "labels": labels, when: stamp(0.0) }]),
        );
    }

    pub(crate) fn at(&self) -> Duration {
        time(self.seconds)
    }

    pub(crate) fn posted(&self) -> Posted {
        Posted {
            labels: self.labels.clone(),
            starts_at: self.fires.then(|| self.at()),
            ends_at: (!self.fires).then(|| self.at()),
            ..Posted::default()
        }
    }
}

pub(crate) fn time(seconds: f64) -> Duration {
    Duration::from_secs(1_700_000_000) + Duration::from_secs_f64(seconds)
}

/// What the notifier is told of [`alertmanager_yml`].
pub(crate) fn notifier() -> Notifier {
    let matcher = |name, op, value| Matcher::new(name, op, value, false).expect("it is sound");
    let by = |names: &[&str]| {
        Some(GroupBy::Labels(
            names.iter().map(|it| (*it).to_owned()).collect(),
        ))
    };
    let mut root = Route::default();
    root.receiver = Some("rest".to_owned());
    root.group_by = by(&["alertname"]);
    root.group_wait = Some(Duration::from_secs(1));
    root.group_interval = Some(Duration::from_secs(1));
    let mut page = Route::default();
    page.receiver = Some("page".to_owned());
    page.matchers = vec![matcher("severity", MatchOp::Equal, "critical")];
    page.group_by = by(&["alertname", "zone"]);
    page.r#continue = true;
    let mut book = Route::default();
    book.receiver = Some("book".to_owned());
    book.matchers = vec![matcher("zone", MatchOp::Matches, "so.o")];
    book.group_by = Some(GroupBy::All);
    root.routes = vec![page, book];
    let mut config = Config::default();
    config.route = root;
    for receiver in ["rest", "page", "book"] {
        let integration = Integration {
            send_resolved: receiver != "page",
            ..Integration::default()
        };
        config
            .receivers
            .insert(receiver.to_owned(), vec![integration]);
    }
    config.inhibit_rules = vec![InhibitRule {
        source: vec![matcher("severity", MatchOp::Equal, "critical")],
        target: vec![matcher("severity", MatchOp::MatchesNot, "critical")],
        equal: ["alertname".to_owned(), "zone".to_owned()].into(),
    }];
    Notifier::new(config, || 0.5).expect("it is sound")
}

pub(crate) fn alertmanager_yml(port: u16) -> String {
    let receiver = |name: &str, resolved: bool| {
        format!(
            "- name: {name}\n  webhook_configs:\n  - url: http://127.0.0.1:{port}/\n    send_resolved: {resolved}\n"
        )
    };
    let receivers = receiver("rest", true) + &receiver("page", false) + &receiver("book", true);
    format!(
        "route:
  receiver: rest
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  routes:
  - receiver: page
    matchers: ['severity=\"critical\"']
    group_by: [alertname, zone]
    continue: true
  - receiver: book
    matchers: ['zone=~\"so.o\"']
    group_by: ['...']
inhibit_rules:
- source_matchers: ['severity=\"critical\"']
  target_matchers: ['severity!~\"critical\"']
  equal: [alertname, zone]
receivers:
{receivers}"
    )
}

/// Makes posts. Groups begin at whole seconds, so that this is when they are flushed; whatever else happens to a group
/// happens at half seconds: half a second away from every flush it does not matter who is a little faster.
///
/// What has ended does not come again: when a group that is empty is gone is not the same for all.
pub(crate) fn stream(seed: u64) -> Vec<Step> {
    let mut chance = Chance::new(seed);
    let mut notifier = notifier();
    let mut steps = Vec::new();
    let mut seen = BTreeSet::new();
    // Of each alert whether it fires; not there: it never will again.
    let mut alive: BTreeMap<u64, bool> = (0..ALERTS).map(|number| (number, false)).collect();
    for half in 0.. {
        let seconds = f64::from(half) / 2.0;
        if seconds > SECONDS {
            return steps;
        }
        tick(&mut notifier, time(seconds));
        let before = seen.clone();
        for _ in 0..10 {
            let number = chance.below(ALERTS);
            let Some(&fires) = alive.get(&number) else {
                continue;
            };
            let labels = labels(number);
            let groups = keys(&notifier, &labels);
            let begin = half % 2 == 0;
            let may = match begin {
                true => groups.is_disjoint(&before) && alone(&notifier, &before, &labels),
                false => groups.is_subset(&there(&notifier)),
            };
            if !may {
                continue;
            }
            let ends = fires && !begin && chance.one_in(2);
            match ends {
                true => alive.remove(&number),
                false => alive.insert(number, true),
            };
            let step = Step {
                seconds,
                labels,
                fires: !ends,
            };
            seen.extend(groups);
            notifier
                .post(step.at(), step.posted())
                .expect("it is sound");
            steps.push(step);
        }
    }
    unreachable!("it returns")
}

fn tick(notifier: &mut Notifier, until: Duration) {
    while let Some(now) = notifier.next_due().filter(|due| *due <= until) {
        for delivery in notifier.due(now) {
            notifier.finished(now, delivery.id, Outcome::Sent);
        }
    }
}

/// Says whether an alert keeps nothing quiet in a group that was there before, and is kept quiet by nothing in one.
fn alone(notifier: &Notifier, before: &BTreeSet<Key>, labels: &Labels) -> bool {
    let related = |other: &Labels| {
        let mut equal = ["alertname", "zone"].iter();
        equal.all(|name| labels.get(name) == other.get(name))
    };
    let old = notifier
        .groups()
        .filter(|group| before.contains(&key(group)));
    !old.flat_map(|group| group.alerts())
        .any(|alert| related(&alert.labels))
}

fn there(notifier: &Notifier) -> BTreeSet<Key> {
    notifier.groups().map(|group| key(&group)).collect()
}

pub(crate) fn key(group: &GroupStatus<'_>) -> Key {
    (group.key(), group.node().receiver.clone())
}

/// The key of a group, and its receiver.
pub(crate) type Key = (String, String);

pub(crate) fn keys(notifier: &Notifier, labels: &Labels) -> BTreeSet<Key> {
    let keys = notifier.destinations(labels);
    keys.map(|(key, receiver)| (key, receiver.to_owned()))
        .collect()
}

fn labels(number: u64) -> Labels {
    let zone = ["a", "b", "c"][(number / 2 % 3) as usize];
    let severity = if number.is_multiple_of(2) {
        "critical"
    } else {
        "warning"
    };
    // One in five has nothing to do with the others, and a group of its own.
    let (name, zone) = match number % 5 {
        0 => (format!("Solo{number}"), "solo"),
        _ => (format!("Alert{}", number / 6 % 20), zone),
    };
    Labels::from_iter([
        ("alertname", name),
        ("zone", zone.to_owned()),
        ("severity", severity.to_owned()),
        ("instance", format!("host{}", number / 120)),
    ])
}
