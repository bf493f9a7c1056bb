//! What is kept, what is added up, and what goes.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::labels::Labels;
use crate::notify::{Fingerprint, IntegrationId};
use crate::series::{MatchOp, Matcher};

fn at(seconds: u64) -> Duration {
    Duration::from_secs(1_700_000_000 + seconds)
}

fn failed(channel: &str, text: &str) -> Event {
    let number = channel.trim_matches(|it: char| !it.is_ascii_digit());
    let mut event = Event::new(Kind::NoticeFailed, text);
    event.receiver = "team".to_owned();
    event.integration = number.parse().ok().map(|number| IntegrationId {
        number,
        ..IntegrationId::default()
    });
    event.channel = channel.to_owned();
    event.group = "{}:{}".to_owned();
    event
}

fn of(kind: Kind, event: Event) -> Event {
    Event { kind, ..event }
}

fn told(history: &History, filter: &Filter) -> Vec<(Kind, u64)> {
    let entries = history.select(filter);
    entries.map(|it| (it.event.kind, it.count)).collect()
}

#[test]
fn failures_of_one_channel_and_group_are_one_entry_until_a_notice_gets_through() {
    let mut history = History::default();
    let first = history.note(at(0), failed("team[0] slack", "503"));
    history.note(at(1), failed("team[1] email", "refused"));
    let other = of(
        Kind::NoticeRefused,
        failed("team[0] slack", "took too long"),
    );
    history.note(at(2), other);
    let last = history.note(at(3), failed("team[0] slack", "timed out"));
    assert!(first < last);
    let all: Vec<_> = history.select(&Filter::default()).cloned().collect();
    assert_eq!(all.len(), 3);
    let newest = &all[0];
    assert_eq!((newest.number, newest.count), (last, 2));
    assert_eq!((newest.first, newest.last), (at(0), at(3)));
    assert_eq!(newest.event.text, "timed out");

    history.note(at(4), of(Kind::NoticeSent, failed("team[0] slack", "")));
    history.note(at(5), failed("team[0] slack", "503"));
    history.note(at(6), failed("team[1] email", "refused"));
    let kinds = [
        (Kind::NoticeFailed, 2),
        (Kind::NoticeFailed, 1),
        (Kind::NoticeSent, 1),
        (Kind::NoticeFailed, 2),
        (Kind::NoticeRefused, 1),
    ];
    assert_eq!(told(&history, &Filter::default()), kinds);
}

#[test]
fn a_channel_that_fails_for_days_flushes_nothing_else_out() {
    let mut history = History::new(Limits {
        entries: 10,
        ..Limits::default()
    });
    history.note(at(0), Event::new(Kind::ConfigReloaded, "3 routes"));
    for second in 0..10_000 {
        history.note(at(second), failed("team[0] slack", &second.to_string()));
        let refused = of(Kind::NoticeRefused, failed("team[0] slack", "too long"));
        history.note(at(second), refused);
    }
    assert_eq!(history.len(), 3);
    let all = Filter::default();
    let oldest = history.select(&all).last();
    let oldest = oldest.expect("there are some");
    assert_eq!(oldest.event.kind, Kind::ConfigReloaded);
}

#[test]
fn a_disk_and_a_configuration_that_fail_again_after_they_were_well_are_entries_of_their_own() {
    let mut history = History::default();
    let kinds = [
        Kind::StoreFailing,
        Kind::StoreFailing,
        Kind::StoreWell,
        Kind::StoreFailing,
        Kind::ConfigRefused,
        Kind::ConfigRefused,
        Kind::ConfigReloaded,
        Kind::ConfigRefused,
    ];
    for (second, kind) in (0..).zip(kinds) {
        history.note(at(second), Event::new(kind, ""));
    }
    let newest = [
        (Kind::ConfigRefused, 1),
        (Kind::ConfigReloaded, 1),
        (Kind::ConfigRefused, 2),
        (Kind::StoreFailing, 1),
        (Kind::StoreWell, 1),
        (Kind::StoreFailing, 2),
    ];
    assert_eq!(told(&history, &Filter::default()), newest);
}

#[test]
fn an_entry_that_is_too_long_is_cut_and_says_so() {
    let mut history = History::default();
    let mut event = failed("team[0] slack", &"é\n".repeat(10_000));
    event.labels = Labels::from_iter([("alertname", "Down"), ("blob", &"x".repeat(9_000))]);
    event.alerts = (0..1_000).map(Fingerprint).collect();
    event.group = "g".repeat(10_000);
    history.note(at(0), event);
    let all = Filter::default();
    let entry = history.select(&all).next();
    let event = &entry.expect("it is there").event;
    assert!(event.bytes() <= 4 << 10, "{}", event.bytes());
    assert!(event.cut && event.text.ends_with('…'));
    assert!(!event.text.contains('\n'));
    assert_eq!(event.labels.to_string(), "{alertname=\"Down\"}");
    assert_eq!(event.alerts.len(), 32);
}

#[test]
fn a_filter_asks_for_a_time_kinds_labels_and_so_many_of_the_newest() {
    let mut history = History::default();
    for (second, name) in (0..).zip(["A", "B", "A", "B"]) {
        let mut event = Event::new(Kind::AlertFiring, name);
        event.labels = Labels::from_iter([("alertname", name)]);
        history.note(at(second), event);
    }
    history.note(at(2), failed("team[0] slack", ""));
    history.note(at(9), failed("team[0] slack", ""));
    let seconds = |filter: Filter| -> Vec<u64> {
        let entries = history.select(&filter);
        entries.map(|it| (it.last - at(0)).as_secs()).collect()
    };
    let matcher = Matcher::new("alertname", MatchOp::Equal, "A", false);
    let matchers = vec![matcher.expect("it is no expression")];
    let labels = Filter {
        matchers,
        ..Filter::default()
    };
    assert_eq!(seconds(labels), [2, 0]);
    let kinds = Filter {
        kinds: [Kind::AlertFiring].into(),
        since: Some(at(1)),
        until: Some(at(3)),
        ..Filter::default()
    };
    assert_eq!(seconds(kinds), [2, 1]);
    let during = Filter {
        since: Some(at(4)),
        until: Some(at(5)),
        ..Filter::default()
    };
    assert_eq!(seconds(during), [9]);
    let limit = Filter {
        limit: Some(2),
        ..Filter::default()
    };
    assert_eq!(seconds(limit), [9, 3]);
}

#[test]
fn each_kind_is_found_by_its_name_and_is_written_as_such() {
    for &kind in Kind::ALL {
        assert_eq!(Kind::named(kind.as_str()), Some(kind));
        let json = serde_json::to_string(&kind).expect("it is a text");
        assert_eq!(json, format!("{:?}", kind.as_str()));
    }
    assert_eq!(Kind::named("AlertFiring"), None);
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Back(u64),
    Note(Kind, u8, usize),
    Collect,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop::sample::select(vec![
        Kind::AlertFiring,
        Kind::NoticeSent,
        Kind::NoticeFailed,
        Kind::NoticeRefused,
        Kind::StoreFailing,
        Kind::StoreWell,
    ]);
    let step = prop_oneof![
        8 => (kind, 0_u8..3, 0_usize..400).prop_map(|(kind, of, long)| Step::Note(kind, of, long)),
        3 => (0_u64..30).prop_map(Step::Wait),
        1 => (0_u64..30).prop_map(Step::Back),
        1 => Just(Step::Collect),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..60)
}

/// All that was ever noted, in order; each look goes through all of it.
#[derive(Default)]
struct Model {
    entries: Vec<Entry>,
}

impl Model {
    fn note(&mut self, number: u64, now: Duration, event: Event) {
        let mut entry = Entry {
            number,
            first: now,
            last: now,
            count: 1,
            event,
        };
        if entry.event.kind.repeats() {
            let key = |it: &Event| {
                let place = it.integration.clone();
                (it.receiver.clone(), place, it.group.clone())
            };
            let mine = key(&entry.event);
            let of = self.entries.iter().rposition(|it| {
                key(&it.event) == mine
                    && (it.event.kind == entry.event.kind
                        || it.event.kind.ends().contains(&entry.event.kind))
            });
            let before = of.filter(|at| self.entries[*at].event.kind == entry.event.kind);
            if let Some(at) = before {
                let before = self.entries.remove(at);
                entry.first = before.first.min(now);
                entry.count += before.count;
            }
        }
        self.entries.push(entry);
    }

    fn trim(&mut self, limits: &Limits, now: Duration) {
        let much = |it: &Self| {
            let bytes = it.entries.iter().map(|it| 128 + it.event.bytes());
            it.entries.len() > limits.entries || bytes.sum::<usize>() > limits.bytes
        };
        while !self.entries.is_empty() && (much(self) || self.entries[0].last + limits.age <= now) {
            self.entries.remove(0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// What a store is handed makes up the same; a process that begins from it goes on alike.
    #[test]
    fn it_holds_what_a_naive_list_does_and_hands_on_what_changed(steps in steps()) {
        let limits = Limits { entries: 12, bytes: 3_000, entry_bytes: 300, age: Duration::from_secs(60) };
        let (mut history, mut model) = (History::new(limits.clone()), Model::default());
        let mut kept = std::collections::BTreeMap::new();
        let (mut now, mut greatest) = (at(0), 0);
        for step in steps {
            match step {
                Step::Wait(seconds) => now += Duration::from_secs(seconds),
                Step::Back(seconds) => now = now.saturating_sub(Duration::from_secs(seconds)).max(at(0)),
                Step::Note(kind, of, long) => {
                    let mut event = failed(&of.to_string(), &"t".repeat(long));
                    event.kind = kind;
                    let number = history.note(now, event.clone());
                    prop_assert!(number > greatest);
                    greatest = number;
                    model.note(number, now, event.within(limits.entry_bytes));
                    model.trim(&limits, now);
                }
                Step::Collect => {
                    history.collect(now);
                    model.trim(&limits, now);
                }
                Step::Restart => {
                    let changes = history.take_changes();
                    let next = changes.next;
                    apply(&mut kept, changes);
                    history = History::new(limits.clone());
                    history.restore(kept.values().cloned(), next, now);
                    model.trim(&limits, now);
                }
            }
            let held: Vec<_> = history.select(&Filter::default()).cloned().collect();
            let wanted: Vec<_> = model.entries.iter().rev().cloned().collect();
            prop_assert_eq!(&held, &wanted);
            prop_assert_eq!(history.len(), held.len());
            apply(&mut kept, history.take_changes());
            prop_assert!(kept.values().eq(wanted.iter().rev()));
        }
    }
}

fn apply(kept: &mut std::collections::BTreeMap<u64, Entry>, changes: Changes) {
    if changes.whole {
        kept.clear();
    }
    for (number, entry) in changes.entries {
        match entry {
            Some(entry) => drop(kept.insert(number, entry)),
            None => drop(kept.remove(&number)),
        }
    }
}
