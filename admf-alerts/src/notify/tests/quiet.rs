//! Who is kept quiet.

use super::*;

#[test]
fn a_node_is_quiet_in_its_mute_intervals_and_outside_of_its_active_ones() {
    let day = |from, to| TimeInterval {
        times: vec![(from, to)],
        ..TimeInterval::default()
    };
    // 1,700,000,000 s is 22:13:20.
    let [during, before] = [day(22 * 60, 24 * 60), day(0, 22 * 60)];
    for (mute, active, told) in [
        (None, None, 1),
        (Some(&during), None, 0),
        (Some(&before), None, 1),
        (None, Some(&during), 1),
        (None, Some(&before), 0),
    ] {
        let mut config = config(1);
        let mut route = Route::default();
        for (name, interval, names) in [
            ("mute", mute, &mut route.mute_time_intervals),
            ("active", active, &mut route.active_time_intervals),
        ] {
            let Some(interval) = interval else { continue };
            names.push(name.to_owned());
            let intervals = &mut config.time_intervals;
            intervals.insert(name.to_owned(), vec![interval.clone()]);
        }
        config.route.routes.push(route);
        let mut run = Run::new(config);
        run.post(0.0, "Down", None);
        run.until(30.0);
        assert_eq!(run.told().len(), told, "{mute:?} {active:?}");
    }
}

#[test]
fn a_cooldown_is_of_each_receiver() {
    let mut config = config(1);
    config.cooldowns.push(Cooldown {
        matchers: vec![matcher("alertname", MatchOp::Equal, "Flaps")],
        length: Duration::from_secs(100),
    });
    config
        .receivers
        .insert("other".to_owned(), vec![Integration::default()]);
    for receiver in ["team", "other"] {
        let route = Route {
            receiver: Some(receiver.to_owned()),
            r#continue: true,
            ..Route::default()
        };
        config.route.routes.push(route);
    }
    let mut run = Run::new(config);
    for (begin, end) in [(0.0, 5.0), (20.0, 25.0), (200.0, 205.0)] {
        run.post(begin, "Flaps", None);
        run.post(end, "Flaps", Some(end));
        run.until(end + 15.0);
    }
    let times: Vec<f64> = run.told().iter().map(|it| it.0).collect();
    assert_eq!(times, [1.0, 1.0, 11.0, 11.0, 201.0, 201.0, 211.0, 211.0]);
}

#[test]
fn a_cooldown_does_not_hold_back_the_end_of_what_was_told() {
    let mut config = config(1);
    config.cooldowns.push(Cooldown {
        matchers: Vec::new(),
        length: Duration::from_secs(1_000),
    });
    let mut run = Run::new(config);
    run.post(0.0, "Down", None);
    run.post(5.0, "Down", Some(5.0));
    // It fires again before anybody was told of its end.
    run.post(6.0, "Down", None);
    run.post(30.0, "Down", Some(30.0));
    run.until(60.0);
    assert_eq!(run.told(), [(1.0, 0, "Down", ""), (31.0, 0, "", "Down")]);
}

#[test]
fn a_cooldown_does_not_hold_back_the_end_of_what_may_have_been_told() {
    let mut config = config(1);
    config.cooldowns.push(Cooldown {
        matchers: Vec::new(),
        length: Duration::from_secs(1_000),
    });
    let mut run = Run::new(config);
    // It is told, and says that it was not.
    run.answer = |_, now| match now < at(15.0) {
        true => Outcome::Again {
            after: Duration::ZERO,
        },
        false => Outcome::Sent,
    };
    run.post(0.0, "Down", None);
    run.post(5.0, "Down", Some(5.0));
    run.until(60.0);
    let last = run.told().pop().expect("somebody is told");
    assert_eq!((last.2, last.3), ("", "Down"));
    assert_eq!(run.notifier.owed().count(), 0);
}
