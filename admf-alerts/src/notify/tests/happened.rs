//! What a notifier says that it saw and did.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::state::{World, steps, varied};
use super::*;

fn names(alerts: &[Arc<Alert>]) -> Vec<&str> {
    let names = alerts.iter().map(|it| it.labels.get("alertname"));
    names.map(Option::unwrap_or_default).collect()
}

fn said(notifier: &mut Notifier) -> Vec<String> {
    let happened = notifier.take_happened().into_iter();
    let happened = happened.map(|it| match it {
        Happened::Fires(alert) => format!("{} fires", names(&[alert])[0]),
        Happened::Ended(alert) => format!("{} ended", names(&[alert])[0]),
        Happened::Escalated {
            level,
            receivers,
            alerts,
        } => format!("{:?} reached {level}: {receivers:?}", names(&alerts)),
        Happened::GivenUp(batch) => format!("{:?} given up", names(&batch.alerts)),
        Happened::Dropped { group, alerts } => {
            format!("{:?} dropped for {}", names(&alerts), group.receiver)
        }
    });
    happened.collect()
}

fn post(notifier: &mut Notifier, seconds: f64, ends: Option<f64>) {
    let posted = Posted {
        labels: Labels::from_iter([("alertname", "A")]),
        ends_at: ends.map(at),
        ..Posted::default()
    };
    notifier.post(at(seconds), posted).expect("it is sound");
}

#[test]
fn an_alert_fires_and_ends_once_however_often_it_is_posted() {
    let mut notifier = Notifier::new(config(1), || 0.5).expect("it is sound");
    post(&mut notifier, 0.0, Some(5.0));
    assert!(said(&mut notifier).is_empty());
    post(&mut notifier, 1.0, Some(6.0));
    post(&mut notifier, 2.0, Some(7.0));
    assert!(said(&mut notifier).is_empty());
    // Nobody looked when it ended.
    post(&mut notifier, 20.0, Some(30.0));
    assert_eq!(said(&mut notifier), ["A ended", "A fires"]);
    post(&mut notifier, 21.0, Some(21.0));
    post(&mut notifier, 22.0, Some(21.0));
    assert_eq!(said(&mut notifier), ["A ended"]);
    post(&mut notifier, 23.0, Some(25.0));
    notifier.due(at(24.0));
    assert_eq!(said(&mut notifier), ["A fires"]);
    notifier.due(at(25.0));
    assert_eq!(said(&mut notifier), ["A ended"]);
}

#[test]
fn levels_that_are_reached_notices_given_up_and_alerts_dropped_are_told() {
    let mut config = config(1);
    config.max_age = Duration::from_secs(15);
    config.receivers.insert("boss".to_owned(), Vec::new());
    config.ladders.push(Ladder {
        levels: vec![Level {
            delay: Duration::from_secs(3),
            receivers: vec!["boss".to_owned()],
        }],
        ..Ladder::default()
    });
    let mut notifier = Notifier::new(config, || 0.5).expect("it is sound");
    notifier.take_happened();
    post(&mut notifier, 0.0, None);
    let mut all = Vec::new();
    for second in 0_u32..60 {
        if second == 6 {
            post(&mut notifier, 6.0, Some(6.0));
        }
        let now = at(second.into());
        for delivery in notifier.due(now) {
            let again = Outcome::Again {
                after: Duration::ZERO,
            };
            notifier.finished(now, delivery.id, again);
        }
        let said = said(&mut notifier).into_iter();
        all.extend(said.map(|it| format!("{second}: {it}")));
    }
    let wanted = [
        "0: A fires",
        "4: [\"A\"] reached 1: [\"boss\"]",
        "6: A ended",
        "11: [\"A\"] given up",
        "21: [\"A\"] given up",
        "21: [\"A\"] dropped for team",
    ];
    assert_eq!(all, wanted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Who follows what is told knows what fires, over restarts too.
    #[test]
    fn what_is_told_adds_up_to_what_fires(steps in steps(), every in 2_usize..9) {
        let mut world = World::new(|_| Some(Outcome::Sent));
        world.notifier.take_happened();
        let mut firing = BTreeSet::new();
        for (number, step) in steps.iter().enumerate() {
            if number % every == 0 {
                let state = world.notifier.state();
                world.notifier = Notifier::new(varied(false), || 0.5).expect("it is sound");
                world.notifier.take_happened();
                world.notifier.restore(state, world.now);
            }
            world.step(step);
            world.notifier.due(world.now);
            for happened in world.notifier.take_happened() {
                match happened {
                    Happened::Fires(it) => prop_assert!(firing.insert(it.fingerprint())),
                    Happened::Ended(it) => prop_assert!(firing.remove(&it.fingerprint())),
                    _ => {}
                }
            }
            let fires = world.notifier.alerts().filter(|it| !it.is_resolved(world.now));
            let fires: BTreeSet<_> = fires.map(Alert::fingerprint).collect();
            prop_assert_eq!(&firing, &fires);
        }
    }
}
