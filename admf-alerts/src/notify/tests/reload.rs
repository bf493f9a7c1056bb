//! What goes on when the configuration becomes another, and in a process that has another one.

use super::*;

#[test]
fn what_arrives_after_a_reload_is_not_told_again() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Down", None);
    let out = run.notifier.due(at(1.0)).remove(0);
    run.notifier
        .reload(config(1), at(2.0))
        .expect("it is the same");
    run.notifier.finished(at(2.0), out.id, Outcome::Sent);
    run.until(100.0);
    assert_eq!(run.told(), []);
}

#[test]
fn a_configuration_that_is_refused_changes_nothing() {
    let mut run = Run::new(config(1));
    let mut bad = config(1);
    bad.route.receiver = Some("nobody".to_owned());
    let refused = run.notifier.reload(bad, at(0.0)).unwrap_err();
    assert_eq!(refused, "undefined receiver `nobody` used in route");
    run.post(0.0, "Down", None);
    run.until(5.0);
    assert_eq!(run.told(), [(1.0, 0, "Down", "")]);
}

/// What a team is told by integrations of these names.
fn named(names: &[&str]) -> Config {
    let mut config = config(0);
    let integrations = names.iter().map(|name| Integration {
        name: (*name).to_owned(),
        ..Integration::default()
    });
    let integrations = integrations.collect();
    config.receivers.insert("team".to_owned(), integrations);
    config
}

/// What is told: seconds, integration, names that fire, names that ended.
type Told = (f64, &'static str, &'static str, &'static str);

/// Runs it, and says what each integration was told.
fn told(run: &mut Run, seconds: f64) -> Vec<(f64, String, String, String)> {
    run.told.clear();
    let mut names = Vec::new();
    while let Some(now) = run.notifier.next_due().filter(|due| *due <= at(seconds)) {
        for delivery in run.notifier.due(now) {
            let integration = &delivery.batch.key.integration;
            names.push(format!("{} {}", integration.name, integration.number));
            run.take(&delivery.batch, now);
            run.notifier.finished(now, delivery.id, Outcome::Sent);
        }
    }
    let told = run.told.drain(..).zip(names);
    told.map(|((at, _, firing, ended), name)| (at, name, firing, ended))
        .collect()
}

fn is(told: &[(f64, String, String, String)], wanted: &[Told]) {
    let told = told.iter();
    let told: Vec<(f64, &str, &str, &str)> =
        told.map(|it| (it.0, &*it.1, &*it.2, &*it.3)).collect();
    assert_eq!(told, wanted);
}

/// How a configuration becomes another: in one process, or from one to the next.
fn become_of(run: &mut Run, names: &[&str], seconds: f64, restart: bool) {
    let config = named(names);
    if restart {
        let mut next = Notifier::new(config, || 0.5).expect("it is sound");
        next.restore(run.notifier.state(), at(seconds));
        run.notifier = next;
    } else {
        let reloaded = run.notifier.reload(config, at(seconds));
        reloaded.expect("it is sound");
    }
}

/// Told at 1 s that it fires; then others tell; it ends at 30 s.
fn others(before: &[&str], after: &[&str], wanted: &[Told]) {
    for restart in [false, true] {
        let mut run = Run::new(named(before));
        run.post(0.0, "Down", None);
        told(&mut run, 1.0);
        become_of(&mut run, after, 2.0, restart);
        let mut all = told(&mut run, 29.0);
        // Groups are made anew by a reload, and go on from one process to the next.
        all.iter_mut().for_each(|it| it.0 = 20.0);
        run.notifier
            .post(
                at(30.0),
                Posted {
                    labels: Labels::from_iter([("alertname", "Down")]),
                    ends_at: Some(at(30.0)),
                    ..Posted::default()
                },
            )
            .expect("it is sound");
        let mut ends = told(&mut run, 100.0);
        ends.iter_mut().for_each(|it| it.0 = 40.0);
        all.extend(ends);
        is(&all, wanted);
    }
}

#[test]
fn one_that_is_put_in_front_of_others_is_told_what_fires_and_those_nothing_again() {
    let wanted = [
        (20.0, "hook 0", "Down", ""),
        (40.0, "hook 0", "", "Down"),
        (40.0, "mail 0", "", "Down"),
    ];
    others(&["mail"], &["hook", "mail"], &wanted);
    // Of the same name too: those of one name are told apart by their order alone.
    let wanted = [
        (20.0, "mail 1", "Down", ""),
        (40.0, "mail 0", "", "Down"),
        (40.0, "mail 1", "", "Down"),
    ];
    others(&["mail"], &["mail", "mail"], &wanted);
}

#[test]
fn those_that_are_left_when_one_is_gone_know_what_they_were_told() {
    let wanted = [(40.0, "mail 0", "", "Down")];
    others(&["hook", "mail"], &["mail"], &wanted);
    others(&["mail", "hook"], &["mail"], &wanted);
}

#[test]
fn those_that_change_places_know_what_they_were_told() {
    let wanted = [(40.0, "hook 0", "", "Down"), (40.0, "mail 0", "", "Down")];
    others(&["mail", "hook"], &["hook", "mail"], &wanted);
}

#[test]
fn one_that_takes_the_place_of_another_is_told_of_no_end_that_it_was_not_told_the_beginning_of() {
    let wanted = [(20.0, "page 0", "Down", ""), (40.0, "page 0", "", "Down")];
    others(&["hook"], &["page"], &wanted);
    let mut run = Run::new(named(&["hook"]));
    run.post(0.0, "Down", None);
    told(&mut run, 1.0);
    run.post(5.0, "Down", Some(5.0));
    become_of(&mut run, &["page"], 6.0, false);
    is(&told(&mut run, 100.0), &[]);
}

/// The delivery to the hook is out while it is replaced; the mail's, while it is moved.
#[test]
fn what_becomes_of_a_delivery_of_one_that_is_gone_is_booked_to_no_other() {
    let mut run = Run::new(named(&["hook", "mail"]));
    run.post(0.0, "Down", None);
    let [hook, mail] = <[Delivery; 2]>::try_from(run.notifier.due(at(1.0))).expect("two are told");
    become_of(&mut run, &["mail", "page"], 2.0, false);
    run.notifier.finished(at(2.5), mail.id, Outcome::Sent);
    run.notifier.finished(at(2.6), hook.id, Outcome::Sent);
    let knows: Vec<_> = run
        .notifier
        .log()
        .iter()
        .map(|(key, _)| key.clone())
        .collect();
    assert_eq!(knows, std::slice::from_ref(&mail.batch.key));
    is(&told(&mut run, 20.0), &[(2.0, "page 0", "Down", "")]);
    // Nobody knows whether the hook was told: it comes back, and is told.
    become_of(&mut run, &["hook", "mail"], 20.0, false);
    is(&told(&mut run, 40.0), &[(20.0, "hook 0", "Down", "")]);
}

#[test]
fn a_delivery_that_is_out_holds_back_no_group_that_it_is_not_told_of_any_more() {
    let mut run = Run::new(named(&["hook"]));
    run.post(0.0, "Down", None);
    let hook = run.notifier.due(at(1.0)).remove(0);
    become_of(&mut run, &["page"], 2.0, false);
    is(&told(&mut run, 10.0), &[(2.0, "page 0", "Down", "")]);
    run.notifier.finished(at(11.0), hook.id, Outcome::Refused);
    run.post(12.0, "Down", Some(12.0));
    is(&told(&mut run, 100.0), &[(22.0, "page 0", "", "Down")]);
}

#[test]
fn a_notice_has_one_key_whatever_stands_beside_its_integration() {
    let key = |names: &[&str], next: &[&str]| {
        let mut run = Run::new(named(names));
        run.post(0.0, "Down", None);
        drop(run.notifier.due(at(1.0)));
        become_of(&mut run, next, 2.0, true);
        let due = run.notifier.due(at(2.0));
        let mut mine = due
            .iter()
            .filter(|it| it.batch.key.integration.name == "mail");
        let mail = mine.next().expect("it is told again");
        mail.batch.idempotency_key.clone()
    };
    let alone = key(&["mail"], &["mail"]);
    assert_eq!(alone, key(&["mail"], &["hook", "mail"]));
    assert_eq!(alone, key(&["hook", "mail"], &["mail", "page"]));
}
