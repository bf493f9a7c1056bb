//! The same through the service, on a paused clock: channels, disk and history.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use admf_alerts::alertmanager_file::{add, parse};
use admf_alerts::channel::io::Wall;
use admf_alerts::notify::Posted;
use admf_alerts::service::{AlertService, ServiceConfig};
use resilience_core::{Clock, Env, Time};
use tokio::time::{Instant, sleep};

use crate::harness::{START, named};

const COUNT: usize = 10_000;

/// The clock of the runtime, which stands still while there is something to do.
#[derive(Debug)]
struct Paused(Instant);

impl Clock for Paused {
    fn now(&self) -> Time {
        Time::ZERO.after(self.0.elapsed())
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_alerts_reach_the_channel_that_works_beside_one_that_never_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let silent = silent.local_addr().expect("it is bound");
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("alerts.jsonl");
    let text = format!(
        "
route: {{receiver: team, group_by: ['...'], group_wait: 0s, group_interval: 5m}}
receivers: [{{name: team, webhook_configs: [{{url: 'http://{silent}/'}}]}}]
"
    );
    let setup = parse("alertmanager.yml", &text, None).expect("it is sound");
    let second = format!(
        "receivers: [{{name: team, file_configs: [{{path: {}}}]}}]",
        file.display()
    );
    let setup = add(setup, "admf.yml", &second, None).expect("it is sound");
    let mut config = ServiceConfig::new(folder.path().join("alerts.redb"), setup);
    let began = Instant::now();
    config.shared.env = Env::default().with_clock(Arc::new(Paused(began)));
    config.shared.wall = Wall::new(move || START + began.elapsed());
    let service = AlertService::open(config).expect("the file is sound");
    let posts = (0..COUNT).map(|number| Posted {
        labels: named(&format!("A{number}")),
        ends_at: Some(START + Duration::from_secs(3_600)),
        ..Posted::default()
    });
    assert!(service.post(posts).iter().all(Result::is_ok));
    service.run(sleep(Duration::from_secs(60))).await;

    let totals = service.totals();
    let [dead, works] = <[_; 2]>::try_from(totals.channels["team"].clone()).expect("there are two");
    assert_eq!((dead.sent, works.sent, works.failed), (0, COUNT as u64, 0));
    // Not later than the first try of the other one is given up.
    let last = works.last_sent.expect("it was told");
    assert!(last <= START + Duration::from_secs(10), "{last:?}");
    assert_eq!((totals.undelivered, totals.dropped), (COUNT, 0));
    let told = std::fs::read_to_string(&file).expect("it is there");
    let names = told.lines().map(|line| {
        let notice: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
        notice["alerts"][0]["labels"]["alertname"]
            .as_str()
            .map(str::to_owned)
    });
    let names: Vec<Option<String>> = names.collect();
    let different: BTreeSet<_> = names.iter().collect();
    assert_eq!((names.len(), different.len()), (COUNT, COUNT));
    assert!(!different.contains(&None));
}
