//! Alerts that end while they are kept quiet.

use super::*;

fn late(integrations: usize) -> Config {
    Config {
        ends_after_quiet: true,
        ..config(integrations)
    }
}

fn silence(run: &mut Run, name: &str, from: f64, to: f64) {
    run.until(from);
    let silence = Silence {
        matchers: vec![matcher("alertname", MatchOp::Equal, name)],
        starts_at: Some(at(from)),
        ends_at: Some(at(to)),
        ..Silence::default()
    };
    let id = || format!("{name} {from}");
    let set = run.notifier.silences_mut().set(silence, at(from), id);
    set.expect("the silence is sound");
}

/// Told at 1 s, silent from 5 s to 55 s, ended at 20 s.
fn ends_in_silence(config: Config) -> Run {
    let mut run = Run::new(config);
    run.post(0.0, "Down", None);
    silence(&mut run, "Down", 5.0, 55.0);
    run.post(20.0, "Down", Some(20.0));
    run
}

#[test]
fn what_ends_while_it_is_quiet_is_not_told_where_nobody_asks_for_it() {
    let mut run = ends_in_silence(config(1));
    run.until(1_000.0);
    assert_eq!(run.told(), [(1.0, 0, "Down", "")]);
    assert_eq!(run.notifier.groups().count(), 0);
}

#[test]
fn what_ends_while_it_is_quiet_is_told_once_it_no_longer_is() {
    let mut run = ends_in_silence(late(1));
    run.until(1_000.0);
    assert_eq!(run.told(), [(1.0, 0, "Down", ""), (61.0, 0, "", "Down")]);
    assert_eq!(run.notifier.groups().count(), 0);
}

#[test]
fn only_who_was_told_that_it_fires_is_told_of_an_end_later() {
    let mut config = late(2);
    config.receivers.get_mut("team").expect("it is there")[1].send_resolved = false;
    let mut run = Run::new(config);
    silence(&mut run, "Unknown", 0.0, 55.0);
    run.post(0.0, "Unknown", None);
    run.post(0.0, "Down", None);
    silence(&mut run, "Down", 5.0, 55.0);
    run.post(20.0, "Unknown", Some(20.0));
    run.post(20.0, "Down", Some(20.0));
    run.until(1_000.0);
    let told = [
        (1.0, 0, "Down", ""),
        (1.0, 1, "Down", ""),
        (61.0, 0, "", "Down"),
    ];
    assert_eq!(run.told(), told);
    assert_eq!(run.notifier.groups().count(), 0);
}

#[test]
fn what_is_told_of_others_meanwhile_does_not_make_an_end_forgotten() {
    let mut run = ends_in_silence(late(1));
    run.post(22.0, "Other", None);
    run.post(42.0, "Other", Some(42.0));
    run.until(1_000.0);
    let told = [
        (1.0, 0, "Down", ""),
        (31.0, 0, "Other", ""),
        (51.0, 0, "", "Other"),
        (61.0, 0, "", "Down"),
    ];
    assert_eq!(run.told(), told);
}

/// The incident of the group was ended meanwhile: who still fires after the silence is told again, as by Alertmanager.
#[test]
fn what_still_fires_after_it_was_quiet_beside_ends_of_others_is_told_again_and_so_is_its_end() {
    for ends in [20.0, 80.0] {
        let mut run = Run::new(late(1));
        run.post(0.0, "Down", None);
        run.post(0.0, "Other", None);
        silence(&mut run, "Down", 5.0, 55.0);
        run.post(7.0, "Other", Some(7.0));
        run.post(ends, "Down", Some(ends));
        run.until(1_000.0);
        let mut told = vec![(1.0, 0, "Down Other", ""), (11.0, 0, "", "Other")];
        if ends > 55.0 {
            told.push((61.0, 0, "Down", ""));
        }
        told.push((ends.max(60.0) + 1.0, 0, "", "Down"));
        assert_eq!(run.told(), told);
    }
}

#[test]
fn what_fires_again_before_its_end_was_told_goes_on_for_who_was_told() {
    let mut run = ends_in_silence(late(1));
    run.post(30.0, "Down", None);
    run.post(100.0, "Down", Some(100.0));
    run.until(1_000.0);
    assert_eq!(run.told(), [(1.0, 0, "Down", ""), (101.0, 0, "", "Down")]);
}

/// Longer than the log remembers what was told: two repeats.
#[test]
fn an_end_is_told_after_a_silence_of_whatever_length_within_the_age_of_what_is_told() {
    for (max_age, told, dropped) in [(30_000, 2, 0), (10_000, 1, 1)] {
        let mut config = late(1);
        config.route.repeat_interval = Some(Duration::from_secs(1_000));
        config.max_age = Duration::from_secs(max_age);
        let mut run = Run::new(config);
        run.post(0.0, "Down", None);
        silence(&mut run, "Down", 5.0, 20_000.0);
        run.post(20.0, "Down", Some(20.0));
        run.until(40_000.0);
        assert_eq!(run.told().len(), told);
        assert_eq!(run.notifier.dropped(), dropped);
        assert_eq!(run.notifier.groups().count(), 0);
    }
}

#[test]
fn an_end_that_waits_is_told_after_a_reload_and_by_the_next_process() {
    let mut run = ends_in_silence(late(1));
    run.until(30.0);
    let reloaded = run.notifier.reload(late(1), at(30.0));
    reloaded.expect("it is sound");
    run.until(40.0);
    let mut next = Notifier::new(late(1), || 0.5).expect("it is sound");
    next.restore(run.notifier.state(), at(40.0));
    run.notifier = next;
    run.until(1_000.0);
    let told = run.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(matches!(told[1], (55.0..66.0, 0, "", "Down")), "{told:?}");
}

/// Alertmanager knows no levels, so that there is nothing to be like.
#[test]
fn a_level_that_was_told_is_told_of_an_end_that_came_while_it_was_quiet() {
    let mut config = config(1);
    let boss = vec![Integration::default()];
    config.receivers.insert("boss".to_owned(), boss);
    config.ladders.push(Ladder {
        levels: vec![Level {
            delay: Duration::ZERO,
            receivers: vec!["boss".to_owned()],
        }],
        ..Ladder::default()
    });
    let mut run = ends_in_silence(config);
    assert_eq!(
        run.notifier
            .told_of(Fingerprint::of([("alertname", "Down")]))
            .count(),
        2
    );
    run.until(1_000.0);
    // The team by its route, the boss by the level.
    assert_eq!(
        run.told(),
        [
            (1.0, 0, "Down", ""),
            (1.0, 0, "Down", ""),
            (61.0, 0, "", "Down")
        ]
    );
    assert_eq!(run.notifier.groups().count(), 0);
}

/// What each batch says was missed, by name.
fn missed(run: &mut Run, from: f64, seconds: f64) -> Vec<(f64, Vec<String>)> {
    let mut all = Vec::new();
    while let Some(now) = run.notifier.next_due().filter(|due| *due <= at(seconds)) {
        let now = now.max(at(from));
        for delivery in run.notifier.due(now) {
            let batch = &delivery.batch;
            let mine = batch.alerts.iter();
            let mine = mine.filter(|it| batch.missed.contains(&it.fingerprint()));
            let names = mine.filter_map(|it| it.labels.get("alertname"));
            let names = names.map(str::to_owned).collect();
            all.push(((now - START).as_secs_f64(), names));
            let outcome = (run.answer)(batch, now);
            run.notifier.finished(now, delivery.id, outcome);
        }
    }
    all
}

fn ends(run: &mut Run, name: &str, seconds: f64) {
    let posted = Posted {
        labels: Labels::from_iter([("alertname", name)]),
        ends_at: Some(at(seconds)),
        ..Posted::default()
    };
    run.notifier.post(at(seconds), posted).expect("it is sound");
}

#[test]
fn what_a_process_was_about_to_tell_and_has_ended_before_the_next_one_is_told_as_missed() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Stays", None);
    run.post(5.0, "Down", None);
    // Killed, whether it was sent or not.
    assert_eq!(run.notifier.due(at(11.0)).len(), 1);
    let mut next = Notifier::new(config(1), || 0.5).expect("it is sound");
    next.restore(run.notifier.state(), at(12.0));
    run.notifier = next;
    ends(&mut run, "Down", 12.0);
    let told = missed(&mut run, 12.0, 40.0);
    assert_eq!(told, [(12.0, vec!["Down".to_owned()])]);
}

#[test]
fn what_began_and_ended_between_two_notices_is_told_as_missed_and_no_other_end_is() {
    let mut run = Run::new(config(1));
    for name in ["Stays", "Told"] {
        run.post(0.0, name, None);
    }
    run.post(2.0, "Blip", None);
    for name in ["Blip", "Told"] {
        ends(&mut run, name, 4.0);
    }
    let told = missed(&mut run, 4.0, 40.0);
    assert_eq!(told, [(11.0, vec!["Blip".to_owned()])]);
}

/// One of two is told of an end, which the group keeps for the sake of the other.
fn told_by_one_of_two() -> Run {
    let mut run = Run::new(config(2));
    run.answer = |batch, _| match batch.key.integration.number == 1 {
        true => Outcome::Refused,
        false => Outcome::Sent,
    };
    run.post(0.0, "Stays", None);
    run.post(0.0, "Down", None);
    run.post(4.0, "Down", Some(4.0));
    run.post(12.0, "More", None);
    run
}

#[test]
fn an_end_that_is_told_again_for_the_sake_of_others_is_not_missed_but_a_later_one_is() {
    let mut run = told_by_one_of_two();
    run.until(20.0);
    let all = missed(&mut run, 20.0, 21.0);
    let down = || vec!["Down".to_owned()];
    // The other one was told nothing, as far as anybody knows.
    assert_eq!(all, [(21.0, vec![]), (21.0, down())]);
    run.post(23.0, "Down", None);
    ends(&mut run, "Down", 25.0);
    run.post(26.0, "Last", None);
    let all = missed(&mut run, 26.0, 31.0);
    assert_eq!(all, [(31.0, down()), (31.0, down())]);
}

#[test]
fn a_later_one_that_is_posted_after_the_flush_in_which_it_would_have_been_told_is_missed_too() {
    let mut run = told_by_one_of_two();
    run.until(21.0);
    let late = Posted {
        labels: Labels::from_iter([("alertname", "Down")]),
        starts_at: Some(at(20.2)),
        ends_at: Some(at(20.8)),
        ..Posted::default()
    };
    run.notifier.post(at(22.0), late).expect("it is sound");
    run.post(23.0, "Last", None);
    let all = missed(&mut run, 23.0, 31.0);
    let down = || vec!["Down".to_owned()];
    assert_eq!(all, [(31.0, down()), (31.0, down())]);
}
