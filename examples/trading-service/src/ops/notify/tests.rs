use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use admf_alerts::notify::{Notifier, Outcome, Posted};
use admf_alerts::promql::Settings;
use admf_alerts::rule_file;
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

/// Whom a run tells, and of what: by name, and whether it fires.
struct People {
    notifier: Notifier,
    now: Duration,
}

impl People {
    fn new() -> Self {
        let setup = NotifyConfig::default().read(Path::new("/run"), &Own::new());
        Self {
            notifier: Notifier::new(setup.unwrap().notify, || 0.5).unwrap(),
            now: NOW,
        }
    }

    fn post(&mut self, labels: &Labels, ends: bool) {
        let ends_at = if ends {
            self.now
        } else {
            self.now + post::HOLDS
        };
        let posted = Posted {
            labels: labels.clone(),
            starts_at: Some(NOW),
            ends_at: Some(ends_at),
            ..Posted::default()
        };
        self.notifier.post(self.now, posted).unwrap();
    }

    /// What is told within a second.
    fn told(&mut self) -> BTreeSet<(String, bool)> {
        let mut told = BTreeSet::new();
        for _ in 0..20 {
            self.now += Duration::from_millis(50);
            for delivery in self.notifier.due(self.now) {
                for alert in &delivery.batch.alerts {
                    let name = alert.labels.get("alertname").unwrap().to_owned();
                    told.insert((name, alert.ends_at.is_none()));
                }
                self.notifier.finished(self.now, delivery.id, Outcome::Sent);
            }
        }
        told
    }
}

/// The alerts of each condition of the rules that come with the program, critical and warning, of one thing.
fn conditions() -> BTreeMap<String, [Labels; 2]> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut conditions = BTreeMap::<_, [Labels; 2]>::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "yml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let groups = rule_file::parse("rules", &text, &Settings::default()).unwrap();
        for rule in groups.into_iter().flat_map(|group| group.rules) {
            let Some(condition) = rule.labels.get("condition") else {
                continue;
            };
            let of = ["side", "instance", "job", "component", "model", "feature"];
            let mut labels = Labels::from_iter(of.map(|name| (name, "the same")));
            for (name, value) in &rule.labels {
                labels.insert(name, value);
            }
            labels.insert("alertname", &rule.name);
            let at = usize::from(rule.labels["severity"] != "critical");
            conditions.entry(condition.clone()).or_default()[at] = labels;
        }
    }
    conditions
}

#[test]
fn a_warning_is_not_told_while_the_critical_alert_of_its_condition_fires() {
    let conditions = conditions();
    assert!(conditions.len() >= 5, "{conditions:?}");
    for (condition, [critical, warning]) in conditions {
        let name = |labels: &Labels| labels.get("alertname").unwrap().to_owned();
        let (stronger, weaker) = (name(&critical), name(&warning));
        let mut people = People::new();
        people.post(&warning, false);
        people.post(&critical, false);
        let mut other = warning.clone();
        let of = if condition == "service_down" {
            "job"
        } else {
            "instance"
        };
        other.insert(of, "another");
        other.insert("alertname", "Other");
        people.post(&other, false);
        let expected = [("Other".to_owned(), true), (stronger.clone(), true)];
        assert_eq!(people.told(), expected.into(), "{condition}");
        people.post(&critical, true);
        let expected = [(stronger, false), (weaker, true)];
        assert_eq!(people.told(), expected.into(), "{condition}");
    }
}

#[test]
fn a_warning_that_was_told_and_ends_while_it_is_kept_quiet_is_told_as_ended_in_the_end() {
    let [critical, warning] = conditions().remove("drawdown").unwrap();
    let mut people = People::new();
    let alert = |name: &str, fires| BTreeSet::from([(name.to_owned(), fires)]);
    people.post(&warning, false);
    assert_eq!(people.told(), alert("DrawdownRatioWarning", true));
    people.post(&critical, false);
    assert_eq!(people.told(), alert("DrawdownPercentCritical", true));
    people.post(&warning, true);
    assert_eq!(people.told(), BTreeSet::new());
    people.post(&critical, true);
    let mut both = alert("DrawdownPercentCritical", false);
    both.extend(alert("DrawdownRatioWarning", false));
    assert_eq!(people.told(), both);
}

#[test]
fn what_keeps_a_warning_quiet_is_the_same_here_and_on_an_alertmanager() {
    let setup = NotifyConfig::default().read(Path::new("/run"), &Own::new());
    let text = include_str!("../../../alertmanager.yml");
    let other = admf_alerts::alertmanager_file::parse("alertmanager.yml", text, None).unwrap();
    let [ours, theirs] = [setup.unwrap(), other].map(|it| format!("{:?}", it.notify.inhibit_rules));
    assert_eq!(ours, theirs);
    assert_eq!(ours.matches("InhibitRule").count(), 2, "{ours}");
}
