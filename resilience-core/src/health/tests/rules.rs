//! What checks do, rule by rule.

use super::*;
use crate::recent::REMEMBERED;
use crate::testing::{Panicking, Recorder};
use HealthStatus::{Degraded, Healthy, Unhealthy, Unknown};

#[test]
fn the_first_check_decides_at_once_either_way() {
    for (letter, status) in [("G", Healthy), ("D", Degraded), ("B", Unhealthy)] {
        let (health, _) = health(&[("db", component(true, 3, 3))]);
        assert_eq!(health.status("db"), Some(Unknown));
        assert_eq!(health.checks("db", letter), status);
    }
}

#[test]
fn a_status_changes_after_enough_checks_in_a_row_and_not_before() {
    let (health, _) = health(&[("db", component(true, 3, 2))]);
    for (letters, status) in [
        ("G", Healthy),
        ("BB", Healthy),
        ("GBB", Healthy),
        ("B", Unhealthy),
        ("GBG", Unhealthy),
        ("G", Healthy),
    ] {
        assert_eq!(health.checks("db", letters), status, "{letters}");
    }
}

#[test]
fn a_degraded_check_is_good_enough_to_be_up_and_is_damped_too() {
    let (health, _) = health(&[("db", component(true, 3, 2))]);
    for (letters, status) in [
        ("GDD", Healthy),
        ("D", Degraded),
        ("GBB", Degraded),
        ("DG", Degraded),
        ("G", Healthy),
        // Not as it should be five times, down twice in a row.
        ("DDDBB", Degraded),
        ("B", Unhealthy),
        ("D", Unhealthy),
        ("G", Degraded),
        ("G", Healthy),
    ] {
        assert_eq!(health.checks("db", letters), status, "{letters}");
    }
}

#[test]
fn what_is_certain_decides_at_once_and_checks_in_a_row_begin_anew() {
    let (health, clock) = health(&[("db", component(true, 3, 2))]);
    assert_eq!(health.checks("db", "GBB"), Healthy);
    clock.advance(SECOND);
    health.report_certain("db", true).unwrap();
    let seen = health.snapshot();
    let db = seen.component("db").unwrap();
    assert_eq!((db.since, db.checks), (Time::ZERO, 4), "nothing changed");
    assert_eq!(health.checks("db", "BB"), Healthy, "the row begins anew");
    health.report_certain("db", degraded()).unwrap();
    assert_eq!(health.status("db"), Some(Degraded));
    health.report_certain("db", false).unwrap();
    assert_eq!(health.system(), Unhealthy);
    assert_eq!(health.checks("db", "G"), Unhealthy);
    assert_eq!(health.checks("db", "G"), Healthy);
    assert_eq!(health.snapshot().changes, 4);
    assert!(health.report_certain("bd", true).is_err());
}

#[test]
fn the_system_is_as_its_worst_critical_component() {
    let parts = [
        ("db", component(true, 1, 1)),
        ("api", component(true, 1, 1)),
        ("cache", component(false, 1, 1)),
    ];
    for (db, api, cache, system) in [
        ("", "", "", Unknown),
        ("G", "", "", Unknown),
        ("G", "", "B", Unknown),
        ("B", "", "G", Unhealthy),
        ("G", "G", "", Healthy),
        ("G", "G", "B", Degraded),
        ("G", "G", "D", Degraded),
        ("G", "D", "G", Degraded),
        ("G", "D", "B", Degraded),
        ("G", "G", "G", Healthy),
        ("G", "B", "G", Unhealthy),
    ] {
        let (health, _) = health(&parts);
        health.checks("db", db);
        health.checks("api", api);
        health.checks("cache", cache);
        assert_eq!(health.system(), system, "{db} {api} {cache}");
        let ready = health.snapshot().failing().next().is_none();
        assert_eq!(ready, system.is_up(), "{db} {api} {cache}");
    }
    let (nothing, _) = self::health(&[]);
    assert_eq!(nothing.system(), Healthy);
}

#[test]
fn a_report_about_an_unknown_component_says_so_and_changes_nothing() {
    let (health, _) = health(&[("db", component(true, 1, 1))]);
    let error = health.report("bd", true).unwrap_err();
    assert_eq!(error.to_string(), "app watches no component named `bd`");
    assert_eq!(health.remove("bd"), Err(error));
    assert_eq!(health.status("bd"), None);
    assert_eq!(health.snapshot().components.len(), 1);
}

#[test]
fn the_snapshot_tells_since_when_the_last_check_its_age_and_the_last_error() {
    let (health, clock) = health(&[("db", component(true, 2, 1))]);
    health.checks("db", "G");
    clock.advance(10 * SECOND);
    let result: Result<(), _> = Err("connection refused");
    health.report_timed("db", result, SECOND / 4).unwrap();
    clock.advance(20 * SECOND);
    let seen = health.snapshot();
    let db = seen.component("db").unwrap();
    assert_eq!((db.status, db.since), (Healthy, Time::ZERO));
    assert_eq!((db.checks, db.failures, db.failures_in_a_row), (2, 1, 1));
    assert_eq!(db.last_check, Some(Time::ZERO.after(10 * SECOND)));
    assert_eq!(db.age, Some(20 * SECOND));
    assert_eq!(db.last_took, Some(SECOND / 4));
    assert_eq!(db.last_error.as_deref(), Some("connection refused"));
    assert_eq!(db.last_error_at, Some(Time::ZERO.after(10 * SECOND)));

    clock.advance(3600 * SECOND);
    let seen = health.snapshot();
    let db = seen.component("db").unwrap();
    assert_eq!(db.status, Healthy, "checks that stay away change nothing");
    assert_eq!(db.age, Some(3620 * SECOND));
    clock.set(Time::ZERO);
    let seen = health.snapshot();
    assert_eq!(seen.component("db").unwrap().age, Some(Duration::ZERO));
}

#[test]
fn every_change_is_remembered_and_told_in_order() {
    let recorder = Arc::new(Recorder::default());
    let (env, clock) = Env::manual();
    let env = env.with_observer(recorder.clone());
    let parts = [("db", component(true, 1, 1)), ("x", component(false, 1, 1))];
    let health = Health::new("app", config(&parts), &env).unwrap();
    health.checks("db", "GG");
    clock.advance(SECOND);
    health.checks("db", "BB");
    health.checks("x", "D");
    let history = health.history();
    let told: Vec<_> = history
        .iter()
        .map(|it| (it.number, it.at, it.component.as_str(), it.from, it.to))
        .collect();
    let later = Time::ZERO.after(SECOND);
    let expected = [
        (1, Time::ZERO, "db", Unknown, Healthy),
        (2, later, "db", Healthy, Unhealthy),
        (3, later, "x", Unknown, Degraded),
    ];
    assert_eq!(told, expected);
    assert_eq!(history[1].reason, "gone");
    assert_eq!(
        history[2].to_string(),
        "x was unknown and is degraded, slow"
    );
    let systems: Vec<_> = history.iter().map(|it| it.system).collect();
    assert_eq!(systems, [Healthy, Unhealthy, Unhealthy]);
    let heard = recorder.take().into_iter();
    let events: Vec<_> = heard.map(|(_, event)| event).collect();
    let told: Vec<_> = history.into_iter().map(Event::HealthChanged).collect();
    assert_eq!(events, told);
}

#[test]
fn the_history_keeps_the_last_changes_and_counts_all() {
    let (health, _) = health(&[("db", component(true, 1, 1))]);
    let rounds = REMEMBERED as u64;
    for _ in 0..rounds {
        health.checks("db", "GB");
    }
    let history = health.history();
    assert_eq!(history.len(), REMEMBERED);
    assert_eq!(history[0].number, rounds + 1);
    assert_eq!(health.snapshot().changes, 2 * rounds);
    assert_eq!(health.snapshot().last_change.as_ref(), history.last());
}

#[test]
fn a_long_reason_is_cut_between_letters() {
    let (health, _) = health(&[("db", component(true, 1, 1))]);
    let text = format!("a{}", "ü".repeat(1000));
    health.report("db", Finding::Unhealthy(text)).unwrap();
    let seen = health.history().remove(0).reason;
    assert_eq!(seen, format!("a{}", "ü".repeat(511)));
}

#[test]
fn trap_9_an_observer_may_panic_and_the_change_stands() {
    let env = Env::manual().0.with_observer(Arc::new(Panicking));
    let parts = [("db", component(true, 1, 1))];
    let health = Health::new("app", config(&parts), &env).unwrap();
    assert_eq!(health.checks("db", "GB"), Unhealthy);
}

#[test]
fn components_come_and_go_and_keep_what_is_known() {
    let (health, _) = health(&[("db", component(true, 3, 1))]);
    health.checks("db", "GBB");
    health.add("api", component(true, 1, 1)).unwrap();
    assert_eq!(health.system(), Unknown);
    health.add("db", component(true, 4, 1)).unwrap();
    assert_eq!(health.checks("db", "B"), Healthy);
    assert_eq!(health.checks("db", "B"), Unhealthy);
    assert!(health.remove("db").is_ok());
    assert_eq!(health.status("db"), None);
    assert_eq!(health.checks("api", "G"), Healthy);
    assert_eq!(health.system(), Healthy);
    health.add("db", component(true, 1, 1)).unwrap();
    assert_eq!(health.status("db"), Some(Unknown), "it begins anew");
}

#[test]
fn another_config_keeps_the_rows_that_stay() {
    let (health, _) = health(&[
        ("db", component(true, 3, 1)),
        ("old", component(true, 1, 1)),
    ]);
    health.checks("db", "GBB");
    let next = [
        ("db", component(false, 3, 1)),
        ("new", component(true, 1, 1)),
    ];
    health.reconfigure(config(&next)).unwrap();
    let names = health.snapshot().components.into_iter().map(|it| it.name);
    assert!(names.eq([Name::from("db"), Name::from("new")]));
    assert_eq!(health.checks("db", "B"), Unhealthy);
    health.checks("new", "G");
    assert_eq!(health.system(), Degraded);
    let bad = config(&[("db", component(true, 0, 1))]);
    assert_eq!(health.reconfigure(bad).unwrap_err().field(), "down_after");
    assert_eq!(health.system(), Degraded);
}

#[test]
fn disabled_checks_make_everything_unknown_and_count_nowhere() {
    let parts = [("db", component(true, 3, 3))];
    let (health, _) = health(&parts);
    health.checks("db", "G");
    let off = HealthConfig {
        enabled: false,
        ..config(&parts)
    };
    health.reconfigure(off.clone()).unwrap();
    assert_eq!(
        (health.system(), health.status("db")),
        (Unknown, Some(Unknown))
    );
    let change = health.history().pop().unwrap();
    assert_eq!(
        (change.to, change.reason.as_str()),
        (Unknown, "checks are disabled")
    );
    assert_eq!(health.checks("db", "BB"), Unknown);
    assert!(health.report("bd", true).is_err());
    health.reconfigure(off).unwrap();
    assert_eq!(health.snapshot().changes, 2);

    health.reconfigure(config(&parts)).unwrap();
    assert_eq!(health.checks("db", "B"), Unhealthy, "the first decides");
}

#[test]
fn trap_4_zero_and_the_most_of_every_number() {
    let good = ComponentConfig::default();
    let nano = Duration::from_nanos(1);
    let cases: [(ComponentConfig, Option<&str>); 9] = [
        (component(true, 0, 1), Some("down_after")),
        (component(true, 1, 0), Some("up_after")),
        (component(true, 1, 1), None),
        (component(true, u32::MAX, u32::MAX), None),
        (
            ComponentConfig {
                interval: Duration::ZERO,
                ..good.clone()
            },
            Some("interval"),
        ),
        (
            ComponentConfig {
                interval: SECOND / 1000 - nano,
                ..good.clone()
            },
            Some("interval"),
        ),
        (
            ComponentConfig {
                interval: SECOND / 1000,
                timeout: nano,
                ..good.clone()
            },
            None,
        ),
        (
            ComponentConfig {
                timeout: Duration::ZERO,
                ..good.clone()
            },
            Some("timeout"),
        ),
        (
            ComponentConfig {
                interval: Duration::MAX,
                timeout: Duration::MAX,
                ..good
            },
            None,
        ),
    ];
    for (component, field) in cases {
        let (health, _) = health(&[]);
        let added = health.add("db", component.clone());
        assert_eq!(added.as_ref().err().map(ConfigError::field), field);
        let env = Env::manual().0;
        let built = Health::new("app", config(&[("db", component)]), &env);
        assert_eq!(built.err().map(|it| it.field()), field);
        if field.is_none() {
            health.checks("db", "GBGBDG");
        }
    }
}

#[test]
fn it_is_listed_and_its_name_is_its_own() {
    let (env, _) = Env::manual();
    let one = Health::new("app", config(&[("db", component(true, 1, 1))]), &env).unwrap();
    assert_eq!(
        Health::new("app", HealthConfig::default(), &env)
            .unwrap_err()
            .field(),
        "name"
    );
    let same = Health::get_or_new("app", HealthConfig::default(), &env).unwrap();
    same.checks("db", "B");
    let listed = env.registry().find("health", "app").unwrap();
    assert_eq!(listed.snapshot(), crate::Snapshot::Health(one.snapshot()));
    assert_eq!(one.system(), Unhealthy);
}
