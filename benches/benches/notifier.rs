//! What the notifier costs beside ten, a hundred and a thousand groups of ten alerts each: it is to be no more for what
//! is not due.

use std::hint::black_box;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::notify::{
    Config, GroupBy, InhibitRule, Integration, Notifier, Outcome, Posted, Silence,
};
use admf_alerts::series::{MatchOp, Matcher};
use criterion::{Criterion, criterion_group, criterion_main};

const START: Duration = Duration::from_secs(1_700_000_000);
const INTERVAL: Duration = Duration::from_secs(300);
const ALERTS: usize = 10;

fn config() -> Config {
    let mut config = Config::default();
    // Nothing ends, and nothing is told twice.
    config.resolve_timeout = 1_000_000 * INTERVAL;
    config.retention = 1_000_000 * INTERVAL;
    config.route.receiver = Some("team".to_owned());
    config.route.group_by = Some(GroupBy::Labels(["service".to_owned()].into()));
    config.route.group_wait = Some(Duration::from_secs(1));
    config.route.group_interval = Some(INTERVAL);
    config.route.repeat_interval = Some(1_000_000 * INTERVAL);
    let integrations = vec![Integration::default()];
    config.receivers.insert("team".to_owned(), integrations);
    let severity = |value| Matcher::new("severity", MatchOp::Equal, value, false);
    config.inhibit_rules.push(InhibitRule {
        source: vec![severity("critical").expect("it is sound")],
        target: vec![severity("warning").expect("it is sound")],
        equal: ["alertname".to_owned()].into(),
    });
    config
}

fn posted(group: usize, alert: usize) -> Posted {
    let severity = if alert.is_multiple_of(2) {
        "critical"
    } else {
        "warning"
    };
    Posted {
        labels: Labels::from_iter([
            ("alertname", format!("Alert{alert}")),
            ("service", format!("service-{group}")),
            ("severity", severity.to_owned()),
        ]),
        ..Posted::default()
    }
}

/// All groups were told of, and are flushed one after the other within each interval.
fn notifier(groups: usize) -> Notifier {
    let mut notifier = Notifier::new(config(), || 0.5).expect("it is sound");
    for group in 0..groups {
        let now = START + INTERVAL * u32::try_from(group).expect("few") / groups as u32;
        for alert in 0..ALERTS {
            let taken = notifier.post(now, posted(group, alert));
            taken.expect("it is sound");
        }
    }
    while notifier.next_due().expect("there are groups") < START + 3 * INTERVAL {
        step(&mut notifier);
    }
    notifier
}

/// Goes to the next time at which something is due, and does it.
fn step(notifier: &mut Notifier) -> Duration {
    let now = notifier.next_due().expect("there are groups");
    for delivery in notifier.due(now) {
        notifier.finished(now, delivery.id, Outcome::Sent);
    }
    now
}

fn costs(criterion: &mut Criterion) {
    for groups in [10, 100, 1_000] {
        let mut notifier = notifier(groups);
        criterion.bench_function(&format!("when is it due, of {groups} groups"), |bencher| {
            bencher.iter(|| black_box(notifier.next_due()));
        });
        criterion.bench_function(&format!("a flush of one of {groups} groups"), |bencher| {
            bencher.iter(|| step(&mut notifier));
        });
        let mut now = notifier.next_due().expect("there are groups");
        let again = posted(groups / 2, 3);
        criterion.bench_function(&format!("a post beside {groups} groups"), |bencher| {
            bencher.iter(|| {
                now += Duration::from_nanos(1);
                notifier.post(now, again.clone())
            });
        });
        let labels = posted(groups / 2, 3).labels;
        criterion.bench_function(&format!("who keeps quiet, of {groups} groups"), |bencher| {
            bencher.iter(|| notifier.inhibited_by(black_box(&labels), now).count());
        });
    }
}

/// What must not grow with the square of anything: 10,000 alerts in 1,000 groups, from the first post to the last end.
fn whole(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a life");
    group.sample_size(10);
    for groups in [100, 1_000] {
        group.bench_function(format!("of {} alerts", groups * ALERTS), |bencher| {
            bencher.iter(|| life(groups));
        });
    }
}

fn life(groups: usize) {
    let mut notifier = notifier(groups);
    let mut now = notifier.next_due().expect("there are groups");
    let silence = Silence {
        matchers: vec![
            Matcher::new("service", MatchOp::Equal, "service-1", false).expect("it is sound"),
        ],
        starts_at: Some(now),
        ends_at: Some(now + INTERVAL),
        ..Silence::default()
    };
    let set = notifier.silences_mut().set(silence, now, String::new);
    set.expect("it is sound");
    for group in 0..groups {
        for alert in 0..ALERTS {
            let ends_at = Some(now);
            let taken = notifier.post(
                now,
                Posted {
                    ends_at,
                    ..posted(group, alert)
                },
            );
            taken.expect("it is sound");
        }
    }
    while notifier.next_due().is_some() {
        now = step(&mut notifier);
    }
    notifier.due(now + 100 * INTERVAL);
    assert_eq!(notifier.alerts().count(), 0);
}

criterion_group!(benches, costs, whole);
criterion_main!(benches);
