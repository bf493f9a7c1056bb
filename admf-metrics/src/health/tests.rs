use super::*;
use ComponentState::{Healthy, Unhealthy, Unknown};

const NOW: Duration = Duration::from_secs(1);

#[test]
fn the_verdict_is_that_of_the_critical_ones_before_that_of_the_others() {
    let cases = [
        ([Healthy, Healthy], Healthy, Verdict::Healthy),
        ([Healthy, Healthy], Unknown, Verdict::Healthy),
        ([Healthy, Healthy], Unhealthy, Verdict::Degraded),
        ([Healthy, Unknown], Unhealthy, Verdict::Unknown),
        ([Unknown, Unknown], Healthy, Verdict::Unknown),
        ([Unhealthy, Unknown], Healthy, Verdict::Unhealthy),
        ([Unhealthy, Healthy], Unhealthy, Verdict::Unhealthy),
    ];
    for ([a, b], other, expected) in cases {
        let health = Health::new();
        health.critical("a").unwrap().report(a, NOW, "");
        health.critical("b").unwrap().report(b, NOW, "");
        health.optional("c").unwrap().report(other, NOW, "");
        assert_eq!(health.verdict(), expected, "{a} {b} {other}");
    }
    assert_eq!(Health::new().verdict(), Verdict::Healthy);
}

#[test]
fn since_is_when_the_state_last_changed() {
    let health = Health::new();
    let broker = health.critical("broker").unwrap();
    let seen = || {
        let component = health.components().remove(0);
        (component.state, component.since, component.message)
    };
    assert_eq!(seen(), (Unknown, None, String::new()));
    let steps = [
        (1, Healthy, "", 1),
        (2, Healthy, "slow", 1),
        (3, Unhealthy, "refused", 3),
        // A clock that goes backwards is taken as it is.
        (2, Unhealthy, "timeout", 3),
        (1, Healthy, "", 1),
    ];
    for (at, state, message, since) in steps {
        broker.report(state, Duration::from_secs(at), message);
        assert_eq!(
            seen(),
            (state, Some(Duration::from_secs(since)), message.to_owned())
        );
    }
}

#[test]
fn it_is_ready_between_the_first_pass_and_the_shutdown_while_all_that_is_critical_works() {
    let health = Health::new();
    let broker = health.critical("broker").unwrap();
    let cache = health.optional("cache").unwrap();
    let failing = || match health.readiness() {
        Readiness::Failing(failing) => failing.into_iter().map(|c| c.name).collect(),
        _ => Vec::new(),
    };
    broker.report(Healthy, NOW, "");
    assert_eq!(health.readiness(), Readiness::Starting);
    let feed = health.critical("feed").unwrap();
    health.started();
    assert_eq!(failing(), ["feed"], "it was never checked");
    feed.report(Healthy, NOW, "");
    cache.report(Unhealthy, NOW, "");
    assert_eq!(health.readiness(), Readiness::Ready);
    feed.report(Unhealthy, NOW, "");
    broker.report(Unhealthy, NOW, "");
    assert_eq!(failing(), ["broker", "feed"]);
    feed.report(Healthy, NOW, "");
    broker.report(Healthy, NOW, "");
    health.shutting_down();
    health.started();
    assert_eq!(health.readiness(), Readiness::ShuttingDown);
}

#[test]
fn a_name_is_taken_once_and_not_empty() {
    let health = Health::new();
    health.critical("a").unwrap();
    assert_eq!(
        health.optional("a").unwrap_err().to_string(),
        "component `a` exists already"
    );
    assert_eq!(
        health.critical("").unwrap_err().to_string(),
        "name of a component is empty"
    );
    assert_eq!(health.components().len(), 1);
}

#[test]
fn a_component_that_nobody_reports_any_more_stays_as_it_was() {
    let health = Health::new();
    let broker = health.critical("broker").unwrap();
    broker.report(Unhealthy, NOW, "refused");
    drop(broker);
    assert_eq!(health.verdict(), Verdict::Unhealthy);
}
