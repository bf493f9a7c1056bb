//! What once went wrong.

use std::time::Duration;

use admf_alerts::notify::{Cooldown, Outcome, Silence};

use super::harness::{Run, at, config, matcher};

const AGAIN: Outcome = Outcome::Again {
    after: Duration::ZERO,
};

fn silence(run: &mut Run, name: &str, from: f64, to: f64) {
    run.until(from);
    let silence = Silence {
        matchers: vec![matcher("alertname", name)],
        starts_at: Some(at(from)),
        ends_at: Some(at(to)),
        ..Silence::default()
    };
    let set = run
        .notifier
        .silences_mut()
        .set(silence, at(from), || "silence".to_owned());
    set.expect("the silence is sound");
}

#[test]
fn what_was_told_is_not_told_again_when_a_silence_of_the_whole_group_ends() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Down", None);
    silence(&mut run, "Down", 5.0, 25.0);
    run.until(100.0);
    assert_eq!(run.told(), [(1.0, 0, "Down", "")]);
    run.post(100.0, "Down", Some(100.0));
    run.until(200.0);
    assert_eq!(run.told()[1..], [(101.0, 0, "", "Down")]);
}

#[test]
fn the_end_of_an_alert_with_a_cooldown_reaches_the_integration_that_was_down_too() {
    let mut config = config(2);
    config.cooldowns.push(Cooldown {
        matchers: Vec::new(),
        length: Duration::from_secs(1_000),
    });
    let mut run = Run::new(config);
    run.answer = |batch, now| {
        let down = at(5.0) < now && now < at(35.0);
        match batch.key.integration.number == 1 && down {
            true => AGAIN,
            false => Outcome::Sent,
        }
    };
    run.post(0.0, "Down", None);
    run.post(6.0, "Down", Some(6.0));
    run.until(100.0);
    let told: Vec<_> = run
        .told()
        .into_iter()
        .map(|it| (it.1, it.2, it.3))
        .collect();
    let wanted = [
        (0, "Down", ""),
        (1, "Down", ""),
        (0, "", "Down"),
        (1, "", "Down"),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn an_alert_that_comes_again_at_the_very_time_of_its_end_is_not_forgotten() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Down", None);
    run.until(10.0);
    run.post_first(11.0, "Down", Some(11.0));
    let open = run.open(11.0);
    run.post_first(11.0, "Down", None);
    for delivery in open {
        run.finish(&delivery, at(11.0), Outcome::Sent);
    }
    run.until(30.0);
    let told = [(1.0, "Down", ""), (11.0, "", "Down"), (21.0, "Down", "")];
    let shown: Vec<_> = run
        .told()
        .into_iter()
        .map(|it| (it.0, it.2, it.3))
        .collect();
    assert_eq!(shown, told);
}

#[test]
fn what_ends_while_it_could_not_be_told_is_told_after_a_reload_too() {
    let mut run = Run::new(config(1));
    run.answer = |_, now| match now < at(9.0) {
        true => AGAIN,
        false => Outcome::Sent,
    };
    run.post(0.0, "Down", None);
    run.post(7.0, "Down", Some(7.0));
    run.notifier
        .reload(config(1), at(8.0))
        .expect("it is the same");
    run.until(100.0);
    let told = run.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(matches!(told[0], (9.0..10.0, 0, "", "Down")), "{told:?}");
}

#[test]
fn a_reload_waits_for_what_is_out_before_it_tells_again() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Down", None);
    let open = run.open(1.0).remove(0);
    for seconds in [2.0, 3.0] {
        run.notifier
            .reload(config(1), at(seconds))
            .expect("it is the same");
        assert!(run.open(seconds).is_empty(), "it is being told");
        assert_eq!(run.notifier.next_due(), None);
    }
    run.finish(&open, at(4.0), Outcome::Sent);
    run.until(100.0);
    assert_eq!(run.told(), [(4.0, 0, "Down", "")]);
}

#[test]
fn what_was_out_at_a_reload_and_did_not_arrive_is_told_by_the_next_flush() {
    for outcome in [AGAIN, Outcome::Refused] {
        let mut run = Run::new(config(1));
        run.post(0.0, "Down", None);
        let open = run.open(1.0).remove(0);
        run.notifier
            .reload(config(1), at(2.0))
            .expect("it is the same");
        run.finish(&open, at(4.0), outcome);
        run.until(100.0);
        assert_eq!(run.told(), [(4.0, 0, "Down", "")]);
    }
}

#[test]
fn what_comes_of_a_delivery_counts_once_and_unknown_ones_do_not() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Down", None);
    let open = run.open(1.0).remove(0);
    for outcome in [Outcome::Refused, AGAIN, Outcome::Sent] {
        run.notifier.finished(at(1.0), open.id + 7, outcome);
    }
    assert_eq!(run.notifier.next_due(), None, "it is still out");
    run.finish(&open, at(2.0), Outcome::Sent);
    let log = run.notifier.log().clone();
    for outcome in [Outcome::Refused, AGAIN, Outcome::Sent] {
        run.notifier.finished(at(3.0), open.id, outcome);
    }
    assert_eq!(run.notifier.log(), &log);
    run.until(100.0);
    assert_eq!(run.told().len(), 1);
}

#[test]
fn times_at_the_end_of_all_time_do_no_harm() {
    let mut config = config(1);
    config.resolve_timeout = Duration::MAX;
    config.retention = Duration::MAX;
    config.max_age = Duration::MAX;
    config.route.group_interval = Some(Duration::MAX);
    config.route.repeat_interval = Some(Duration::MAX);
    let mut run = Run::new(config);
    run.post(0.0, "Down", None);
    let posted = admf_alerts::notify::Posted {
        labels: super::harness::named("Far"),
        ends_at: Some(Duration::MAX),
        ..Default::default()
    };
    run.notifier.post(at(0.0), posted).expect("it is sound");
    let open = run.open(1.0).remove(0);
    let after = Duration::MAX;
    run.finish(&open, at(1.0), Outcome::Again { after });
    assert_eq!(run.notifier.next_due(), Some(Duration::MAX));
    assert!(run.open(2.0).is_empty());
}
