//! Alerts that our channel posts to a real Alertmanager.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use admf_alerts::Labels;
use admf_alerts::channel::config::{Alertmanager as Config, Channel};
use admf_alerts::channel::io::{Sender, Shared};
use admf_alerts::notify::{self, Batch, Integration, Notifier, Outcome, Posted};
use jiff::Timestamp;
use serde_json::Value;
use tests::prometheus::get;

use crate::server::{Alertmanager, now};

#[tokio::test]
async fn an_alertmanager_shows_what_it_is_sent_as_active_and_no_more_once_it_has_ended() {
    let yml = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";
    let Some(server) = Alertmanager::start(yml) else {
        return;
    };
    // Nobody is at the first address: it is enough that one of all takes it.
    let urls = [
        "http://127.0.0.1:1".to_owned(),
        format!("http://{}", server.address()),
    ];
    let urls = urls.iter().map(String::as_str);
    let channel = Channel::Alertmanager(Config::new(urls));
    let shared = Shared::default();
    let sender = Sender::new("other", &channel, &shared).expect("the config is sound");
    let began = now();

    let fires = batch(began, None);
    let report = sender.send(&fires, 0).await;
    assert_eq!(report.outcome, Outcome::Sent, "{report:?}");
    let said = report.said.expect("it says that one is not there");
    assert!(said.starts_with("http://127.0.0.1:1: "), "{said}");
    let shown = alerts(&server);
    assert_eq!(shown.as_array().map(Vec::len), Some(1));
    assert_eq!(shown[0]["labels"]["alertname"], "Down");
    assert_eq!(shown[0]["annotations"]["summary"], "it is down");
    assert_ne!(shown[0]["status"]["state"], "suppressed");
    let fingerprint = fires.alerts[0].fingerprint().to_string();
    assert_eq!(shown[0]["fingerprint"], fingerprint.as_str());
    let until: Timestamp = shown[0]["endsAt"]
        .as_str()
        .and_then(|it| it.parse().ok())
        .expect("a time");
    let held = (fires.at + shared.holds).as_secs();
    assert_eq!(u64::try_from(until.as_second()), Ok(held));

    let report = sender.send(&batch(began, Some(now())), 0).await;
    assert_eq!(report.outcome, Outcome::Sent, "{report:?}");
    assert_eq!(alerts(&server), serde_json::json!([]));
}

fn alerts(server: &Alertmanager) -> Value {
    let page = get(&server.address(), "/api/v2/alerts").expect("it is up");
    serde_json::from_str(&page).expect("it is JSON")
}

/// One alert that began, and may have ended.
fn batch(began: SystemTime, ended: Option<SystemTime>) -> Arc<Batch> {
    let since = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        since.expect("it is after the epoch")
    };
    let mut config = notify::Config::default();
    config.route.receiver = Some("other".to_owned());
    config.route.group_wait = Some(Duration::ZERO);
    let integrations = vec![Integration::default()];
    config.receivers.insert("other".to_owned(), integrations);
    let mut notifier = Notifier::new(config, || 0.5).expect("the configuration is sound");
    let mut posted = Posted {
        labels: Labels::from_iter([("alertname", "Down")]),
        annotations: [("summary".to_owned(), "it is down".to_owned())].into(),
        starts_at: Some(since(began)),
        ..Posted::default()
    };
    let mut at = since(began);
    notifier
        .post(at, posted.clone())
        .expect("the alert is sound");
    let mut due = notifier.due(at);
    if let Some(ended) = ended.map(since) {
        notifier.finished(at, due[0].id, Outcome::Sent);
        posted.ends_at = Some(ended);
        notifier.post(ended, posted).expect("the alert is sound");
        at = notifier.next_due().expect("there is a group");
        due = notifier.due(at);
    }
    Arc::clone(&due[0].batch)
}
