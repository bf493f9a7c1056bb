//! Evaluation as a whole: on, off, and how it does.

use super::*;
use crate::engine::Health;

#[test]
fn s2_012_nothing_is_evaluated_or_sent_while_evaluation_is_off() {
    let mut manager = manager();
    manager.add_template(template("a", "x > 1")).unwrap();
    manager.add_template(template("b", "y > 1")).unwrap();
    let (one, both) = (scrape("x 2\n"), scrape("x 2\ny 2\n"));
    assert_eq!(manager.step(seconds(0), &one).len(), 1);
    assert_eq!(manager.notices(seconds(0)).len(), 1);
    manager.set_evaluating(false);
    assert_eq!(
        manager.health().to_string(),
        "evaluation is switched off; 2 rules"
    );
    assert_eq!(manager.step(seconds(100), &both), []);
    assert_eq!(manager.advance(seconds(150)), []);
    assert_eq!(manager.notices(seconds(200)), []);
    let a = manager.get("a").unwrap().status.unwrap();
    assert_eq!((a.state, a.evaluations), (Some(AlertState::Firing), 1));

    manager.set_evaluating(true);
    assert!(manager.health().evaluating);
    let fired = manager.step(seconds(300), &both);
    assert_eq!(
        told(&fired),
        [r#"FIRING   b{severity="warning"} value=2 since 300s"#]
    );
    assert_eq!(manager.notices(seconds(300)).len(), 2);
    let resolved = manager.step(seconds(310), &scrape("z 1\n"));
    assert_eq!(resolved.len(), 2);
}

#[test]
fn health_names_what_fails() {
    let mut manager = manager();
    manager.add_template(template("good", "x > 1")).unwrap();
    manager
        .add_template(template("off", "x > 1").enabled(false))
        .unwrap();
    let twice = r#"label_replace(x, "a", "", "a", ".*") > 1"#;
    manager.add_template(template("twice", twice)).unwrap();
    manager.step(seconds(0), &scrape("x{a=\"1\"} 2\nx{a=\"2\"} 2\n"));
    let health = manager.health();
    assert_eq!((health.rules, health.disabled, health.failing), (2, 1, 1));
    let line = health.to_string();
    assert!(
        line.starts_with("2 rules, 1 disabled, 1 failing: `twice`: query failed: "),
        "{line}"
    );
    let status = manager.get("twice").unwrap().status.unwrap();
    assert_eq!(status.health, Health::Err);
    // One that fails keeps none of the others from firing.
    let good = manager.get("good").unwrap().status.unwrap();
    assert_eq!(good.state, Some(AlertState::Firing));
}

#[test]
fn changes_are_made_while_evaluation_is_off() {
    let mut manager = manager();
    let slow = |id| template(id, "x > 1").timeframe(seconds(60));
    manager.add_template(slow("a")).unwrap();
    let high = scrape("x 2\n");
    manager.step(seconds(0), &high);
    manager.set_evaluating(false);
    manager.add_template(slow("b")).unwrap();
    assert_eq!(manager.disable("a").unwrap(), []);
    manager.enable("a").unwrap();
    manager.set_evaluating(true);
    assert_eq!(manager.step(seconds(100), &high), []);
    assert_eq!(manager.step(seconds(160), &high).len(), 2);
}

/// Nobody knows whether it held meanwhile: it is as if the process had ended and begun again.
#[test]
fn s2_012_the_time_without_evaluation_counts_for_no_pending_alert() {
    let mut manager = manager();
    for (id, minutes) in [("short", 5), ("long", 30)] {
        let slow = template(id, "x > 1").timeframe(seconds(minutes * 60));
        manager.add_template(slow).unwrap();
    }
    let high = scrape("x 2\n");
    let step = |manager: &mut Manager, minute: u64| {
        let events = manager.step(seconds(minute * 60), &high);
        events
            .iter()
            .map(|it| it.alert().name().to_owned())
            .collect::<Vec<_>>()
    };
    for minute in 0..=4 {
        assert_eq!(step(&mut manager, minute), [] as [&str; 0]);
    }
    manager.set_evaluating(false);
    for minute in 5..40 {
        assert_eq!(step(&mut manager, minute), [] as [&str; 0]);
    }
    manager.set_evaluating(true);
    // One of less than ten minutes begins anew; of the other 4 of 30 minutes were over.
    for minute in 40..100 {
        let expected: &[&str] = match minute {
            45 => &["short"],
            66 => &["long"],
            _ => &[],
        };
        assert_eq!(step(&mut manager, minute), expected, "at {minute}");
    }
    // What is not switched off goes on, said twice or not.
    manager.set_evaluating(true);
    manager.set_evaluating(false);
    manager.set_evaluating(true);
    assert_eq!(step(&mut manager, 100), [] as [&str; 0]);
    assert_eq!(
        manager
            .engine()
            .alerts()
            .filter(|it| it.state == AlertState::Firing)
            .count(),
        2
    );
}
