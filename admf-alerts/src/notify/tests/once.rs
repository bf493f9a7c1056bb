//! Things that happened, told of once.

use super::*;

fn happened(run: &mut Run, seconds: f64, name: &str) {
    run.until(seconds);
    let posted = Posted {
        labels: Labels::from_iter([("alertname", name)]),
        starts_at: Some(at(seconds)),
        ..Posted::default()
    };
    let posted = run.notifier.post_once(at(seconds), posted);
    posted.expect("it is sound");
}

#[test]
fn what_happened_is_told_once_and_has_no_end() {
    let mut run = Run::new(config(1));
    happened(&mut run, 0.0, "Deployed");
    happened(&mut run, 0.0, "Deployed"); // the same
    run.until(100_000.0);
    assert_eq!(run.told(), [(1.0, 0, "Deployed", "")]);
    assert_eq!(run.notifier.groups().count(), 0);
}

#[test]
fn what_happens_again_is_told_again_also_beside_alerts_that_fire() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Down", None);
    happened(&mut run, 0.0, "Deployed");
    happened(&mut run, 5.0, "Deployed");
    run.post(25.0, "Down", Some(25.0));
    run.until(100.0);
    let told = [
        (1.0, 0, "Deployed Down", ""),
        (11.0, 0, "Deployed Down", ""),
        (31.0, 0, "", "Down"),
    ];
    assert_eq!(run.told(), told);
}

#[test]
fn an_integration_that_was_told_what_happened_is_not_told_again_for_the_sake_of_another() {
    let mut run = Run::new(config(2));
    run.answer = |batch, now| match batch.key.integration.number == 1 && now < at(20.0) {
        true => Outcome::Refused,
        false => Outcome::Sent,
    };
    happened(&mut run, 0.0, "Trained");
    run.until(1_000.0);
    let told = [(1.0, 0, "Trained", ""), (21.0, 1, "Trained", "")];
    assert_eq!(run.told(), told);
}

#[test]
fn what_happened_without_labels_is_refused() {
    let mut run = Run::new(config(1));
    let refused = run.notifier.post_once(at(0.0), Posted::default());
    assert_eq!(refused.unwrap_err(), "at least one label pair required");
}
