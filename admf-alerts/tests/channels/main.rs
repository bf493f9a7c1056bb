//! Channels against servers that answer as services do, over the loopback.

mod authority;
mod common;
mod http;
mod lines;
mod mail;
mod mail_tls;
mod pagerduty;
mod peer;
mod peer_more;
mod proxy;
mod redirects;
mod secrets;
mod smtp;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::channel::config::Channel;
use admf_alerts::channel::io::{Report, Sender, Shared, Wall};
use admf_alerts::notify::{Batch, Config, Integration, Notifier, Posted};
use resilience_core::{Env, ManualClock};

pub(crate) const NOW: Duration = Duration::from_secs(1_795_233_454);

/// What no output may hold.
pub(crate) const PLANTED: &str = "PLANTEDsecret";

/// One alert that fires.
pub(crate) fn batch() -> Arc<Batch> {
    let mut config = Config::default();
    config.route.receiver = Some("team".to_owned());
    config.route.group_wait = Some(Duration::ZERO);
    let integrations = vec![Integration::default()];
    config.receivers.insert("team".to_owned(), integrations);
    let mut notifier = Notifier::new(config, || 0.5).expect("the configuration is sound");
    let labels = [("alertname", "Down"), ("severity", "critical")];
    let posted = Posted {
        labels: Labels::from_iter(labels),
        annotations: [("summary".to_owned(), "it is down".to_owned())].into(),
        ..Posted::default()
    };
    notifier.post(NOW, posted).expect("the alert is sound");
    Arc::clone(&notifier.due(NOW)[0].batch)
}

/// A channel on a clock that stands until it is moved.
pub(crate) fn sender(channel: &Channel) -> (Sender, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let mut shared = Shared::default();
    shared.env = env;
    shared.wall = Wall::new(|| NOW);
    shared.external_url = "http://here".to_owned();
    let sender = Sender::new("team", channel, &shared).expect("the config is sound");
    (sender, clock)
}

/// Sends once; whatever is shown holds no secret.
pub(crate) async fn send(sender: &Sender) -> Report {
    let batch = batch();
    let sent = sender.send(&batch, 0);
    // Who sends does so from any thread.
    let report = is_send(sent).await;
    let shown = format!("{report:?} {sender:?}");
    assert!(!shown.contains("PLANTED"), "{shown}");
    report
}

fn is_send<F: Future + Send>(future: F) -> F {
    future
}
