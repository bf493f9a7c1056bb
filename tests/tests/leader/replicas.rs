//! Replicas that are posted the same, each with a file of its own: one tells, and the next one goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::alertmanager_file::parse;
use admf_alerts::channel::io::Wall;
use admf_alerts::history::{Filter, Kind};
use admf_alerts::leader::Leader;
use admf_alerts::notify::{Posted, Silence, SilenceState};
use admf_alerts::series::{MatchOp, Matcher};
use admf_alerts::service::{AlertService, Phase, ServiceConfig};
use tempfile::TempDir;
use tests::postgres::Postgres;

use super::people::{People, said};
use super::postgres::{ask, run};
use super::{EVERY, soon};

const DAY: Duration = Duration::from_secs(86_400);

struct Replica {
    service: AlertService,
    leader: Leader,
    _folder: TempDir,
}

/// A clock that goes on when it is told to.
type Seconds = Arc<AtomicU64>;

fn clock() -> Seconds {
    Arc::new(AtomicU64::new(1_800_000_000))
}

impl Replica {
    fn new(postgres: &Postgres, people: &People, clock: &Seconds) -> Self {
        let port = people.port;
        let config = format!(
            "
route: {{receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 1m}}
receivers: [{{name: team, webhook_configs: [{{url: 'http://127.0.0.1:{port}/hook'}}]}}]
"
        );
        let setup = parse("alertmanager.yml", &config, None).expect("it is sound");
        let folder = tempfile::tempdir().expect("there is room");
        let mut config = ServiceConfig::new(folder.path().join("alerts.redb"), setup);
        let clock = Arc::clone(clock);
        config.shared.wall = Wall::new(move || Duration::from_secs(clock.load(Ordering::SeqCst)));
        let leader = Leader::postgres(&postgres.url(), 1).expect("the url is one");
        Self {
            service: AlertService::open(config).expect("the file is sound"),
            leader: leader.every(EVERY),
            _folder: folder,
        }
    }

    async fn run(&self) {
        let forever = std::future::pending();
        self.service.run_as_leader(&self.leader, forever).await;
    }

    /// Lets it run for as long as something takes; dropped then, it is as good as killed.
    async fn runs<T>(&self, what: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            done = what => done,
            () = self.run() => panic!("it never stops"),
        }
    }

    async fn is(&self, phase: Phase) {
        until(async || self.service.phase() == phase).await;
    }

    fn has(&self, kind: Kind) -> bool {
        let history = self.service.history(&Filter::default());
        history.iter().any(|it| it.event.kind == kind)
    }
}

async fn until(look: impl AsyncFn() -> bool) {
    let mut again = tokio::time::interval(EVERY);
    let looks = async {
        while !look().await {
            again.tick().await;
        }
    };
    soon(looks).await;
}

/// Waits until so many rows of a kind are written.
async fn rows(postgres: &Postgres, kind: &str, count: i64) {
    let question = format!("SELECT count(*) FROM admf_told WHERE kind = '{kind}'");
    until(async || ask(postgres, &question).await == count).await;
}

fn alert(name: &str, now: Duration) -> Posted {
    Posted {
        labels: Labels::from_iter([("alertname", name)]),
        starts_at: Some(now),
        ends_at: Some(now + DAY),
        ..Posted::default()
    }
}

fn silence(name: &str, now: Duration) -> Silence {
    let matcher = Matcher::new("alertname", MatchOp::Equal, name, false);
    Silence {
        matchers: vec![matcher.expect("it is no expression")],
        starts_at: Some(now),
        ends_at: Some(now + DAY),
        ..Silence::default()
    }
}

#[tokio::test]
async fn what_happened_once_is_told_by_the_next_one_if_the_one_before_did_not_manage_to() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let (mut people, clock) = (People::new(), clock());
    let (first, second) = (
        Replica::new(&postgres, &people, &clock),
        Replica::new(&postgres, &people, &clock),
    );
    let now = first.service.now();
    let happens = |name| {
        for replica in [&first, &second] {
            let posted = replica.service.post_once(alert(name, now));
            posted.expect("it is sound");
        }
    };
    let pending = first.runs(async {
        first.is(Phase::Telling).await;
        let told = async {
            second.is(Phase::StandingBy).await;
            happens("Deployed");
            assert_eq!(said(&people.told().await), "firing Deployed");
            rows(&postgres, "log", 1).await;
            people.answers(false);
            happens("Scaled");
            people.told().await
        };
        second.runs(told).await
    });
    let pending = pending.await;
    assert_eq!(said(&pending), "firing Scaled");
    people.answers(true);
    second
        .runs(async {
            let again = people.told().await;
            assert_eq!((said(&again), again.key), (said(&pending), pending.key));
            second.service.post([alert("Last", now)]);
            assert_eq!(said(&people.told().await), "firing Last");
        })
        .await;
    assert!(people.is_told_no_more());
}

#[tokio::test]
async fn silences_and_who_takes_care_hold_at_the_next_one_as_they_did_at_the_one_before() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let (mut people, clock) = (People::new(), clock());
    let (first, second) = (
        Replica::new(&postgres, &people, &clock),
        Replica::new(&postgres, &people, &clock),
    );
    let now = first.service.now();
    let both = |name| {
        first.service.post([alert(name, now)]);
        second.service.post([alert(name, now)]);
        alert(name, now).labels
    };
    let print = |labels: &Labels| admf_alerts::notify::Fingerprint::of(labels.iter());
    let taken = |replica: &Replica, alert| {
        let look = |it: &admf_alerts::notify::Notifier, now| it.acknowledged(now, alert).is_some();
        replica.service.look(look)
    };
    let [down, slow] = [both("Down"), both("Slow")].map(|it| print(&it));
    first
        .runs(async {
            first.is(Phase::Telling).await;
            let told = [people.told().await, people.told().await];
            let told = told.each_ref().map(said);
            assert!(told.contains(&"firing Down".to_owned()), "{told:?}");
            for (name, ends) in [("Noisy", false), ("Loud", true)] {
                let id = first.service.set_silence(silence(name, now));
                if ends {
                    clock.fetch_add(1, Ordering::SeqCst);
                    let ended = first.service.expire_silence(&id.expect("it is sound"));
                    ended.expect("it is there");
                }
            }
            for alert in [down, slow] {
                let taken = first.service.acknowledge(alert, "me", "");
                taken.expect("it fires");
            }
            // Who stands by shows it too.
            let shown = async || taken(&second, down) && taken(&second, slow);
            second.runs(until(shown)).await;
            clock.fetch_add(1, Ordering::SeqCst);
            let back = first.service.unacknowledge(slow);
            back.expect("somebody has it");
            let gone = "SELECT count(*) FROM admf_told WHERE kind = 'acknowledgements' AND value LIKE '%\"until\":{%'";
            until(async || ask(&postgres, gone).await == 1).await;
        })
        .await;
    second
        .runs(async {
            second.is(Phase::Telling).await;
            assert!(taken(&second, down));
            assert!(!taken(&second, slow));
            let states = second.service.look(|it, now| {
                let all = it.silences().iter();
                let mut all: Vec<_> = all
                    .map(|it| (it.matchers[0].value().to_owned(), it.state(now)))
                    .collect();
                all.sort_by(|a, b| a.0.cmp(&b.0));
                all
            });
            let expected = [
                ("Loud".to_owned(), SilenceState::Expired),
                ("Noisy".to_owned(), SilenceState::Active),
            ];
            assert_eq!(states, expected);
            second.service.post([alert("Noisy", now)]);
            second.service.post([alert("Loud", now)]);
            assert_eq!(said(&people.told().await), "firing Loud");
        })
        .await;
    assert!(people.is_told_no_more());
}

#[tokio::test]
async fn who_stands_by_forgets_what_comes_and_goes() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let (mut people, clock) = (People::new(), clock());
    let (first, second) = (
        Replica::new(&postgres, &people, &clock),
        Replica::new(&postgres, &people, &clock),
    );
    let known = |replica: &Replica| {
        let look = |it: &admf_alerts::notify::Notifier, _| (it.alerts().len(), it.groups().count());
        replica.service.look(look)
    };
    let comes_and_goes = async {
        for round in 0..10 {
            let now = first.service.now();
            let alerts = |ended: bool| {
                (0..1_000).map(move |number| {
                    let mut posted = alert("Many", now);
                    posted
                        .labels
                        .insert("instance", format!("{round}-{number}"));
                    posted.ends_at = posted
                        .ends_at
                        .filter(|_| !ended)
                        .or(Some(now + Duration::from_secs(60)));
                    posted
                })
            };
            for (ended, status) in [(false, "firing Many"), (true, "resolved Many")] {
                first.service.post(alerts(ended));
                second.service.post(alerts(ended));
                assert_eq!(said(&people.told().await), status);
                clock.fetch_add(61, Ordering::SeqCst);
            }
            // All is forgotten half an hour after its end, looked at each quarter of one.
            clock.fetch_add(15 * 60, Ordering::SeqCst);
            until(async || known(&second).1 == 0).await;
            assert!(known(&second).0 <= 4 * 1_000, "{:?}", known(&second));
        }
    };
    first
        .runs(async {
            first.is(Phase::Telling).await;
            second.runs(comes_and_goes).await;
        })
        .await;
}

#[tokio::test]
async fn who_loses_its_session_while_it_sends_is_followed_under_the_same_key() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let (mut people, clock) = (People::new(), clock());
    let (first, second) = (
        Replica::new(&postgres, &people, &clock),
        Replica::new(&postgres, &people, &clock),
    );
    people.answers(false);
    let now = first.service.now();
    let story = async {
        first.is(Phase::Telling).await;
        second.is(Phase::StandingBy).await;
        first.service.post([alert("Down", now)]);
        second.service.post([alert("Down", now)]);
        let pending = people.told().await;
        people.answers(true);
        let terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks \
            WHERE locktype = 'advisory' AND granted";
        assert_eq!(ask(&postgres, terminate).await, 1);
        // Whoever of the two leads then.
        let again = people.told().await;
        assert_eq!((said(&again), &again.key), (said(&pending), &pending.key));
        until(async || first.has(Kind::LeaderLost)).await;
        rows(&postgres, "log", 1).await;
        rows(&postgres, "owed", 0).await;
    };
    let both = async {
        let follows = async {
            first.is(Phase::Telling).await;
            second.run().await;
        };
        tokio::join!(first.run(), follows);
    };
    tokio::select! {
        biased;
        () = story => {}
        () = both => panic!("they never stop"),
    }
    assert!(people.is_told_no_more());
}

#[tokio::test]
async fn who_has_the_lock_no_more_writes_nothing_and_tells_nobody() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    // Nobody can free another session's lock, so it can be hidden.
    let hideable = "
        ALTER ROLE admf SET search_path = public, pg_catalog;
        CREATE TABLE public.hidden (it int);
        CREATE VIEW public.pg_locks AS
            SELECT * FROM pg_catalog.pg_locks WHERE NOT EXISTS (SELECT FROM public.hidden)";
    run(&postgres, hideable).await;
    let (mut people, clock) = (People::new(), clock());
    let mut replica = Replica::new(&postgres, &people, &clock);
    // It does not look for itself.
    replica.leader = replica.leader.every(DAY);
    replica
        .runs(async {
            replica.is(Phase::Telling).await;
            rows(&postgres, "about", 1).await;
            let written = "SELECT value::bigint FROM admf_told WHERE kind = 'about'";
            run(&postgres, "INSERT INTO hidden VALUES (1)").await;
            let before = ask(&postgres, written).await;
            replica.service.post([alert("Down", replica.service.now())]);
            replica.is(Phase::StandingBy).await;
            assert!(replica.has(Kind::LeaderLost));
            assert_eq!(ask(&postgres, written).await, before);
            rows(&postgres, "owed", 0).await;
        })
        .await;
    assert!(people.is_told_no_more());
}
