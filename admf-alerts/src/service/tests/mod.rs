//! A service, by what those whom it tells hear.

mod happened;
mod incident;
mod meta;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use resilience_core::{Clock, Env, Time};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

use super::{AlertService, Phase, ServiceConfig};
use crate::Labels;
use crate::alertmanager_file::{Setup, add, parse};
use crate::channel::config::{Channel, Webhook};
use crate::channel::io::Wall;
use crate::notify::{Outcome, Posted, Silence};
use crate::series::Matcher;

const EPOCH: Duration = Duration::from_secs(1_700_000_000);

/// A receiver that is a file, told at once.
fn setup(file: &Path) -> Setup {
    let text = "
route: {receiver: log, group_by: [alertname], group_wait: 0s, group_interval: 1m}
receivers: [{name: log}]
";
    let setup = parse("alertmanager.yml", text, None).expect("it is sound");
    let second = format!(
        "receivers: [{{name: log, file_configs: [{{path: {}}}]}}]",
        file.display()
    );
    add(setup, "admf.yml", &second, None).expect("it is sound")
}

/// The clock of the runtime, which stands still while there is something to do.
#[derive(Debug)]
struct Paused(Instant);

impl Clock for Paused {
    fn now(&self) -> Time {
        Time::ZERO.after(self.0.elapsed())
    }
}

pub(super) struct Place {
    folder: TempDir,
    began: Instant,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("there is room"),
            began: Instant::now(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("alerts.jsonl")
    }

    pub(super) fn open(&self) -> AlertService {
        self.open_with(setup(&self.file()))
    }

    fn open_with(&self, setup: Setup) -> AlertService {
        let mut config = ServiceConfig::new(self.folder.path().join("alerts.redb"), setup);
        let began = self.began;
        config.shared.env = Env::default().with_clock(Arc::new(Paused(began)));
        config.shared.wall = Wall::new(move || EPOCH + began.elapsed());
        AlertService::open(config).expect("the file is sound")
    }

    /// What was told: `firing` or `resolved`, line by line.
    pub(super) fn told(&self) -> Vec<String> {
        told(&self.file())
    }
}

/// What a file was told.
fn told(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().map(|line| {
        let notice: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
        notice["status"].as_str().unwrap_or_default().to_owned()
    });
    lines.collect()
}

pub(super) fn post(service: &AlertService, name: &str, ends_at: Option<Duration>) {
    let posted = Posted {
        labels: Labels::from_iter([("alertname", name)]),
        starts_at: Some(EPOCH),
        ends_at,
        ..Posted::default()
    };
    assert_eq!(service.post([posted]), [Ok(())]);
}

#[tokio::test(start_paused = true)]
async fn an_alert_and_its_end_are_told_over_a_restart_and_each_once() {
    let place = Place::new();
    let service = place.open();
    assert_eq!(service.phase(), Phase::Starting);
    post(&service, "Down", Some(EPOCH + Duration::from_secs(3_600)));
    service.run(sleep(Duration::from_secs(5))).await;
    assert_eq!(place.told(), ["firing"]);
    assert_eq!(service.phase(), Phase::Stopped);
    drop(service);

    let service = place.open();
    service.run(sleep(Duration::from_secs(120))).await;
    assert_eq!(
        place.told(),
        ["firing"],
        "it was told by the process before"
    );
    post(&service, "Down", Some(service.now()));
    service.run(sleep(Duration::from_secs(120))).await;
    assert_eq!(place.told(), ["firing", "resolved"]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_fails_is_shown_and_told_once_it_works_again() {
    let place = Place::new();
    // Nothing can be added to a folder.
    fs::create_dir(place.file()).expect("it is not there");
    let service = place.open();
    post(&service, "Down", Some(EPOCH + Duration::from_secs(3_600)));
    service.run(sleep(Duration::from_secs(30))).await;
    let totals = service.totals();
    let channel = &totals.channels["log"][0];
    assert_eq!(channel.name, "log[0] file");
    assert_eq!(channel.sent, 0);
    assert!(channel.failed > 0 && channel.failing_since.is_some() && channel.said.is_some());
    assert_eq!(totals.undelivered, 1);
    let oldest = totals.oldest_undelivered.expect("there is one");
    assert!(oldest < EPOCH + Duration::from_secs(1), "{oldest:?}");

    fs::remove_dir(place.file()).expect("it is empty");
    service.run(sleep(Duration::from_secs(180))).await;
    let totals = service.totals();
    assert_eq!(place.told(), ["firing"]);
    assert_eq!(totals.channels["log"][0].sent, 1);
    assert_eq!(totals.channels["log"][0].failing_since, None);
    assert_eq!((totals.undelivered, totals.oldest_undelivered), (0, None));
}

#[tokio::test(start_paused = true)]
async fn a_silence_holds_in_the_next_process_and_ends_by_hand() {
    let place = Place::new();
    let service = place.open();
    let silence = Silence {
        matchers: vec![Matcher::equal("alertname", "Down")],
        starts_at: Some(service.now()),
        ends_at: Some(service.now() + Duration::from_secs(3_600)),
        ..Silence::default()
    };
    let id = service.set_silence(silence).expect("it is sound");
    assert_eq!(id.len(), 36);
    drop(service);

    let service = place.open();
    post(&service, "Down", Some(EPOCH + Duration::from_secs(36_000)));
    service.run(sleep(Duration::from_secs(120))).await;
    assert!(place.told().is_empty());
    service.expire_silence(&id).expect("it is there");
    assert!(service.expire_silence("other").is_err());
    service.run(sleep(Duration::from_secs(120))).await;
    assert_eq!(place.told(), ["firing"]);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_is_refused_changes_nothing_and_another_one_is_taken() {
    let place = Place::new();
    let service = place.open();
    let mut wrong = setup(&place.file());
    wrong.notify.route.receiver = Some("nobody".to_owned());
    let problem = service.reload(wrong).expect_err("nobody is no receiver");
    assert!(problem.contains("nobody"), "{problem}");
    post(&service, "Down", Some(EPOCH + Duration::from_secs(3_600)));
    service.run(sleep(Duration::from_secs(5))).await;
    assert_eq!(place.told(), ["firing"]);

    service
        .reload(setup(&place.file()))
        .expect("it is the same as before");
    let channels = service.totals().channels;
    assert_eq!(channels["log"][0].sent, 1, "the channel is the same");
    let other = place.folder.path().join("other.jsonl");
    service.reload(setup(&other)).expect("it is sound");
    assert_eq!(service.totals().channels["log"][0].sent, 0);
    post(&service, "Up", Some(EPOCH + Duration::from_secs(3_600)));
    service.run(sleep(Duration::from_secs(5))).await;
    let told = fs::read_to_string(other).expect("it is told there");
    assert!(told.contains("Up"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn what_a_run_was_dropped_over_is_told_by_the_next() {
    let place = Place::new();
    // It takes connections, and never answers.
    let hangs = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = hangs.local_addr().expect("it is bound");
    let mut setup = setup(&place.file());
    let webhook = Webhook::new(&*format!("http://{address}/"));
    setup
        .channels
        .insert("log".to_owned(), vec![Channel::Webhook(webhook)]);
    setup.integrate();
    let service = place.open_with(setup);
    post(&service, "Down", Some(EPOCH + Duration::from_secs(36_000)));
    let dropped = timeout(Duration::from_secs(3), service.run(std::future::pending()));
    assert!(dropped.await.is_err());
    assert_eq!(service.totals().undelivered, 1);

    service
        .reload(self::setup(&place.file()))
        .expect("it is sound");
    service.run(sleep(Duration::from_secs(120))).await;
    assert_eq!(place.told(), ["firing"]);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_by_hours_holds_nothing_up_and_ends_are_told() {
    let place = Place::new();
    let (began, back) = (place.began, Arc::new(AtomicU64::new(0)));
    let set = Arc::clone(&back);
    let mut config = ServiceConfig::new(
        place.folder.path().join("alerts.redb"),
        setup(&place.file()),
    );
    config.shared.env = Env::default().with_clock(Arc::new(Paused(began)));
    config.shared.wall = Wall::new(move || {
        EPOCH + began.elapsed() - Duration::from_secs(set.load(Ordering::Relaxed))
    });
    let service = AlertService::open(config).expect("it is new");
    let post = |name, ends_at| {
        let starts_at = Some(EPOCH - Duration::from_secs(36_000));
        let labels = Labels::from_iter([("alertname", name)]);
        let posted = Posted {
            labels,
            starts_at,
            ends_at,
            ..Posted::default()
        };
        assert_eq!(service.post([posted]), [Ok(())]);
    };
    post("Down", Some(EPOCH + Duration::from_secs(36_000)));
    service.run(sleep(Duration::from_secs(5))).await;
    assert_eq!(place.told(), ["firing"]);

    back.store(7_200, Ordering::Relaxed);
    post("Up", Some(EPOCH + Duration::from_secs(36_000)));
    service.run(sleep(Duration::from_secs(120))).await;
    post("Down", Some(service.now()));
    post("Up", Some(service.now()));
    service.run(sleep(Duration::from_secs(120))).await;
    let mut told = place.told();
    told.sort();
    assert_eq!(told, ["firing", "firing", "resolved", "resolved"]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_tried_past_its_breaker_and_one_that_leads_elsewhere_has_learned_nothing() {
    let place = Place::new();
    // Nothing can be added to a folder.
    fs::create_dir(place.file()).expect("it is not there");
    let service = place.open();
    post(&service, "Down", Some(EPOCH + Duration::from_secs(36_000)));
    service.run(sleep(Duration::from_secs(20))).await;
    let said = |service: &AlertService| service.totals().channels["log"][0].said.clone();
    let refused = said(&service).expect("it fails");
    assert!(refused.contains("rejected by"), "{refused}");
    fs::remove_dir(place.file()).expect("it is empty");
    let tried = service.test_channel("log").await.expect("there is one");
    assert_eq!(tried[0].report.outcome, Outcome::Sent, "{tried:?}");

    fs::remove_file(place.file()).expect("it was told");
    fs::create_dir(place.file()).expect("it is not there");
    service.run(sleep(Duration::from_secs(20))).await;
    let other = place.folder.path().join("other.jsonl");
    service.reload(setup(&other)).expect("it is sound");
    service.run(sleep(Duration::from_secs(5))).await;
    assert_eq!(told(&other), ["firing"], "{:?}", said(&service));
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_tried_past_routes() {
    let place = Place::new();
    let service = place.open();
    let tried = service.test_channel("log").await.expect("there is one");
    assert_eq!(tried[0].channel, "log[0] file");
    assert_eq!(tried[0].report.outcome, Outcome::Sent);
    assert_eq!(place.told(), ["firing"]);
    assert_eq!(
        service.test_channel("nobody").await,
        Err("there is no receiver `nobody`".to_owned())
    );
}

#[cfg(feature = "leader")]
#[tokio::test(start_paused = true)]
async fn of_two_processes_that_are_posted_the_same_one_tells_and_the_other_once_that_ends() {
    use crate::leader::Leader;

    let (one, other) = (Place::new(), Place::new());
    let lock = one.folder.path().join("leader.lock");
    let leader = || Leader::file(&lock);
    let (first, second) = (one.open(), other.open());
    let (a, b) = (leader(), leader());
    let end = Some(EPOCH + Duration::from_secs(36_000));
    let told = async {
        let first_leads = first.run_as_leader(&a, sleep(Duration::from_secs(60)));
        let second_waits = async {
            sleep(Duration::from_secs(5)).await;
            second
                .run_as_leader(&b, sleep(Duration::from_secs(180)))
                .await;
        };
        let posts = async {
            sleep(Duration::from_secs(10)).await;
            assert_eq!(
                (first.phase(), second.phase()),
                (Phase::Telling, Phase::StandingBy)
            );
            post(&first, "Down", end);
            post(&second, "Down", end);
            sleep(Duration::from_secs(20)).await;
            assert_eq!((one.told().len(), other.told().len()), (1, 0));
            sleep(Duration::from_secs(60)).await;
            assert_eq!(
                (first.phase(), second.phase()),
                (Phase::Stopped, Phase::Telling)
            );
        };
        tokio::join!(first_leads, second_waits, posts)
    };
    told.await;
    // The second was told nothing of what the first had told: at least once.
    assert_eq!(
        (one.told(), other.told()),
        (vec!["firing".to_owned()], vec!["firing".to_owned()])
    );
    assert_eq!(
        happened::happened(&second),
        ["alert_firing", "leader_gained", "notice_sent"]
    );
    assert_eq!(second.phase(), Phase::Stopped);
}
