use std::time::Duration;

use admf_alerts::{AlertEvent, Labels, Rule, Samples};

use super::post::Change;
use super::*;

const NOW: Duration = Duration::from_secs(1_800_000_000);
const DAY: Duration = Duration::from_secs(86_400);

/// What fires on a date of 2008, and ends on the next.
fn events() -> [AlertEvent; 2] {
    let rule = Rule::parse("Drawdown", "drawdown > 1").unwrap();
    let mut engine = Engine::new([rule.annotation("summary", "lost")]).unwrap();
    let date = Duration::from_secs(1_221_177_600);
    let samples = |text: &str| Samples::parse(text).unwrap();
    let mut events = engine.step(date, &samples("drawdown 2\n"));
    events.extend(engine.step(date + DAY, &samples("drawdown 0\n")));
    events.try_into().unwrap()
}

#[test]
fn what_changes_by_the_dates_of_a_side_is_told_as_of_now_with_its_date_and_side() {
    let [fired, ended] = events();
    let told = Change::of_date(&fired, "naive", "2008-09-12", NOW);
    let labels = Labels::from_iter([("alertname", "Drawdown"), ("side", "naive")]);
    assert_eq!(told.posted.labels, labels);
    assert_eq!(told.posted.starts_at, Some(NOW));
    assert_eq!(told.posted.ends_at, Some(NOW + post::HOLDS));
    assert_eq!(told.posted.annotations["trading_date"], "2008-09-12");
    assert_eq!(told.posted.annotations["summary"], "lost");
    assert!(!told.ended && told.alone);

    let later = NOW + Duration::from_millis(1);
    let told = Change::of_date(&ended, "naive", "2008-09-13", later);
    assert_eq!(
        (told.posted.labels, told.posted.ends_at),
        (labels, Some(later))
    );
    assert!(told.ended);
}

#[test]
fn the_watchdog_leaves_by_a_channel_of_its_own_and_all_else_by_three() {
    let own = Own::new();
    let read = NotifyConfig::default().read(Path::new("/run"), &own);
    let setup = read.unwrap();
    let kinds = |receiver: &str| -> Vec<_> {
        let channels = setup.channels[receiver].iter();
        channels
            .map(admf_alerts::channel::config::Channel::kind)
            .collect()
    };
    assert_eq!(kinds("day"), ["webhook", "console", "file"]);
    assert_eq!(kinds("watchdog"), ["webhook"]);
    assert_eq!(kinds("operator"), ["console"]);
    assert_eq!(setup.channels.len(), 3);
    assert_eq!(setup.meta.failures, ["day", "operator"]);
    let routes = admf_alerts::notify::Routes::new(&setup.notify.route).unwrap();
    let to = |name: &str| -> Vec<_> {
        let labels = Labels::from_iter([("alertname", name)]);
        let nodes = routes.matching(&labels);
        nodes.map(|(_, node)| node.receiver.clone()).collect()
    };
    assert_eq!(to("Watchdog"), ["watchdog"]);
    assert_eq!(to("Drawdown"), ["day"]);
    assert!(!format!("{setup:?}").contains(&own.token));
}

#[test]
fn a_run_tells_at_the_pace_of_its_dates_and_a_service_at_that_of_people() {
    let own = Own::new();
    for (stays_up, interval) in [(false, 100), (true, 5_000)] {
        let config = NotifyConfig {
            stays_up,
            ..NotifyConfig::default()
        };
        let route = config.read(Path::new("/run"), &own).unwrap().notify.route;
        assert_eq!(route.group_interval, Some(Duration::from_millis(interval)));
        let watchdog = &route.routes[0];
        assert_eq!(watchdog.group_interval, Some(Duration::from_secs(60)));
    }
}
