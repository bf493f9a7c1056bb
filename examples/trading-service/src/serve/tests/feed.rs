//! Whether the feed turns, by what it has to wait for.

use admf_metrics::{Health, Routes};
use futures_util::FutureExt;
use serde_json::json;

use super::super::feed::Feed;
use super::*;
use crate::engine::Watcher;
use crate::pulse::{Pulse, Turning};
use crate::settings::FeedTrouble;

const LIMIT: Duration = Duration::from_secs(30);

/// Hears of nothing but the loops.
struct Watched(Pulse);

impl Watcher for Watched {
    fn turning(&self, name: &str) -> Turning {
        self.0.begin(name)
    }
}

/// An API whose feed is watched, and what asks whether it is alive.
fn watched() -> (Served, Pulse, Router) {
    let pulse = Pulse::new(LIMIT);
    let served = served_live(&[], Live::new(Watched(pulse.clone())));
    let routes = Routes::new(
        &Exporter::local(Catalogue::new(admf_metrics::http::METRICS).unwrap()),
        &Health::new(),
    );
    let routes = routes.unwrap().heartbeat(pulse.heartbeat()).router();
    (served, pulse, routes)
}

async fn health(routes: &Router) -> (u16, String) {
    let request = Request::get("/health").body(Body::empty()).unwrap();
    let answer = routes.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    (status, body["status"].as_str().unwrap().to_owned())
}

fn alive() -> (u16, String) {
    (200, "ok".to_owned())
}

/// Runs the feed for so many seconds, and asks in each whether it is alive.
async fn run(
    feed: &Feed<'_, Script>,
    pulse: &Pulse,
    routes: &Router,
    seconds: u64,
) -> Vec<(u16, String)> {
    let mut answers = Vec::new();
    let asking = async {
        for _ in 0..seconds {
            tokio::time::sleep(Duration::from_secs(1)).await;
            answers.push(health(routes).await);
        }
    };
    let running = async {
        tokio::select! {
            biased;
            ended = feed.run() => panic!("{ended:?}"),
            () = asking => {}
        }
    };
    pulse.beside(running).await;
    answers
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_waits_minutes_for_the_next_date_is_alive_and_so_is_one_whose_dates_are_over() {
    for pace in [Duration::from_secs(600), Duration::from_millis(10)] {
        let (served, pulse, routes) = watched();
        let feed = Feed::new(&served.desk, &[], pace, &FeedTrouble::default());
        let answers = run(&feed, &pulse, &routes, 700).await;
        assert!(answers.iter().all(|it| *it == alive()), "{pace:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_feed_is_alive_while_nobody_tells_it_what_became_of_an_order() {
    let (served, pulse, routes) = watched();
    served.script.lines().fates.push_back(Some(Fate::InDoubt));
    let order =
        json!({ "client_id": "a", "symbol": "IBM", "side": "buy", "quantity": 1, "price": 10_000 });
    assert_eq!(served.post(&order).await.body["status"], "in_doubt");
    served.script.lines().settles_never = true;
    let pace = Duration::from_millis(10);
    let feed = Feed::new(&served.desk, &[], pace, &FeedTrouble::default());
    let answers = run(&feed, &pulse, &routes, 200).await;
    assert!(answers.iter().all(|it| *it == alive()), "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_is_stuck_is_503_after_the_limit_though_its_task_turns() {
    let (served, pulse, routes) = watched();
    let trouble = FeedTrouble {
        hangs: Some(2),
        ..FeedTrouble::default()
    };
    let feed = Feed::new(&served.desk, &[], Duration::from_secs(10), &trouble);
    let answers = run(&feed, &pulse, &routes, 100).await;
    let stalled = (503, "stalled".to_owned());
    // It has turned in the 20th second for the last time.
    assert!(answers[..48].iter().all(|it| *it == alive()), "{answers:?}");
    assert!(answers[52..].iter().all(|it| *it == stalled), "{answers:?}");
    // Who has given it up waits for it no more.
    assert_eq!(
        pulse.beside(async { pulse.due() }).now_or_never().unwrap(),
        ["main task"]
    );
    assert_eq!(health(&routes).await, alive());
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_fails_and_is_not_run_again_stops_nobody_from_being_alive() {
    let (served, pulse, routes) = watched();
    let trouble = FeedTrouble {
        fails: vec![1],
        ..FeedTrouble::default()
    };
    let feed = Feed::new(&served.desk, &[], Duration::from_secs(1), &trouble);
    let given_up = async {
        let error = feed.run().await.unwrap_err();
        assert_eq!(error.to_string(), "told to fail before date 1");
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(health(&routes).await, alive());
        }
    };
    pulse.beside(given_up).await;
}
