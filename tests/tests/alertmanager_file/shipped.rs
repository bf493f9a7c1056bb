//! The file that comes with the trading service.

use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::alertmanager_file::parse;
use admf_alerts::notify::{Notifier, Posted};

use crate::amtool::accepted;

const FILE: &str = include_str!("../../../examples/trading-service/alertmanager.yml");
const NOW: Duration = Duration::from_secs(1_700_000_000);

fn notifier() -> Notifier {
    let setup = parse("alertmanager.yml", FILE, None).expect("it is good");
    Notifier::new(setup.notify, || 0.5).expect("it is good")
}

#[test]
fn amtool_accepts_it_and_each_severity_has_a_receiver_of_its_own() {
    let file = ("alertmanager.yml".to_owned(), FILE.to_owned());
    if let Some(accepted) = accepted(&[file].into()) {
        assert!(accepted["alertmanager.yml"]);
    }
    for severity in ["critical", "warning", "info"] {
        let labels = Labels::from_iter([("severity", severity)]);
        let notifier = notifier();
        let receivers: Vec<_> = notifier.destinations(&labels).map(|it| it.1).collect();
        assert_eq!(receivers, [severity]);
    }
}

#[test]
fn amtool_accepts_the_file_by_which_the_service_tells_by_itself() {
    let text = include_str!("../../../examples/trading-service/notify/alertmanager.yml");
    let file = ("alertmanager.yml".to_owned(), text.to_owned());
    if let Some(accepted) = accepted(&[file].into()) {
        assert!(accepted["alertmanager.yml"]);
    }
}

#[test]
fn of_one_condition_of_one_thing_the_critical_alert_keeps_the_warning_quiet() {
    let alert = |severity, condition, side| {
        Labels::from_iter([
            ("alertname", severity),
            ("severity", severity),
            ("condition", condition),
            ("side", side),
        ])
    };
    let mut notifier = notifier();
    for condition in ["drawdown", ""] {
        let posted = Posted {
            labels: alert("critical", condition, "stack"),
            ..Posted::default()
        };
        notifier.post(NOW, posted).expect("it has labels");
    }
    for (condition, side, quiet) in [
        ("drawdown", "stack", true),
        ("drawdown", "naive", false),
        ("component_health", "stack", false),
        ("", "stack", false),
    ] {
        let warning = alert("warning", condition, side);
        let by = notifier.inhibited_by(&warning, NOW).count();
        assert_eq!(by > 0, quiet, "{condition} {side}");
    }
}

#[test]
fn while_all_instances_are_down_none_is_told_of_by_itself() {
    let mut notifier = notifier();
    let down = |severity, name, instance: Option<&'static str>| {
        let labels = [
            ("alertname", name),
            ("severity", severity),
            ("condition", "service_down"),
            ("job", "trading-service"),
        ];
        let instance = instance.map(|it| ("instance", it));
        Labels::from_iter(labels.into_iter().chain(instance))
    };
    let one = down("warning", "ServiceUnavailableWarning", Some("a:1"));
    assert_eq!(notifier.inhibited_by(&one, NOW).count(), 0);
    let labels = down("critical", "SystemDownCritical", None);
    let posted = Posted {
        labels,
        ..Posted::default()
    };
    notifier.post(NOW, posted).expect("it is sound");
    assert_eq!(notifier.inhibited_by(&one, NOW).count(), 1);
}
