//! The store: single calls, and what befalls its connection.

use std::time::Duration;

use redis::Commands;
use resilience_core::{
    Ask, BoxError, Clock, DistributedRateLimiter, DistributedRateLimiterConfig, Env, Gate,
    OnOutage, Outcome, Rejected,
};
use resilience_tower::QueueLayer;
use resilience_tower::redis::{RedisStore, RedisStoreConfig};
use tests::shared_rate::{NEVER, store_config};
use tower::{ServiceBuilder, ServiceExt};

use crate::server::{Server, pass};

/// Ten permits, one back each day, so that the test's own time brings none.
fn days(on_outage: OnOutage) -> DistributedRateLimiterConfig {
    DistributedRateLimiterConfig {
        burst: Some(10),
        batch: Some(4),
        on_outage,
        outage_after: NEVER,
        ..DistributedRateLimiterConfig::new(1, Duration::from_secs(86_400))
    }
}

fn limiter(on_outage: OnOutage) -> DistributedRateLimiter {
    DistributedRateLimiter::new("days", days(on_outage), &Env::default()).unwrap()
}

fn store(server: &Server) -> RedisStore {
    RedisStore::new(server.client(), store_config(), &Env::default()).unwrap()
}

type Answer = Result<(), Rejected>;

async fn take(store: &RedisStore, limiter: &DistributedRateLimiter, cost: u32) -> Answer {
    let permit = store.acquire(limiter, &Ask::default().cost(cost)).await;
    permit.map(|it| it.record(Outcome::Success))
}

#[tokio::test]
async fn single_calls_of_two_clients_share_one_rate_to_the_last_permit() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let (one, other) = (limiter(OnOutage::Closed), limiter(OnOutage::Closed));
    let (here, there) = (store(&server), store(&server));
    for _ in 0..5 {
        take(&here, &one, 1).await.unwrap();
        take(&there, &other, 1).await.unwrap();
    }
    let refused = take(&here, &one, 1).await.unwrap_err();
    let wait = refused.retry_after().unwrap();
    assert!(wait > Duration::from_secs(86_300), "{wait:?}");
    assert!(wait <= Duration::from_secs(86_400), "{wait:?}");
    // Who comes back then is let in, and not before.
    let mut con = server.connection();
    let micros = i64::try_from(wait.as_micros()).unwrap();
    pass(&mut con, "rate:days", micros - 60_000_000);
    assert!(take(&there, &other, 1).await.is_err());
    pass(&mut con, "rate:days", 60_000_000);
    assert!(take(&there, &other, 1).await.is_ok());
    assert!(
        take(&here, &one, 0).await.is_ok(),
        "nothing is always there"
    );
    let never = take(&here, &one, 11).await.unwrap_err();
    assert!(matches!(never, Rejected::NeverFits(it) if it.most == 10));
    let seen = one.snapshot();
    assert_eq!((seen.leased, seen.used, seen.refused), (5, 5, 2));
    server.kill();
}

#[tokio::test]
async fn a_server_that_forgot_the_script_is_given_it_again() {
    let Some(server) = Server::start() else {
        return;
    };
    let (limiter, store) = (limiter(OnOutage::Closed), store(&server));
    for _ in 0..3 {
        take(&store, &limiter, 1).await.unwrap();
        let mut con = server.connection();
        redis::cmd("SCRIPT").arg("FLUSH").exec(&mut con).unwrap();
    }
    assert_eq!(limiter.snapshot().store_errors, 0);
}

#[tokio::test]
async fn all_rates_of_a_store_share_one_connection_made_when_it_is_needed() {
    let Some(server) = Server::start() else {
        return;
    };
    let mut con = server.connection();
    let mut connections = || {
        let list: String = redis::cmd("CLIENT").arg("LIST").query(&mut con).unwrap();
        list.lines().count() - 1
    };
    let store = store(&server);
    assert_eq!(connections(), 0);
    let env = Env::default();
    let rate = |name: &'static str| DistributedRateLimiter::new(name, days(OnOutage::Open), &env);
    let (one, other) = (rate("one").unwrap(), rate("other").unwrap());
    let (a, b) = tokio::join!(take(&store, &one, 10), take(&store, &other, 10));
    assert!(a.is_ok() && b.is_ok(), "each has a rate of its own");
    assert_eq!(connections(), 1);
}

/// Calls until the store answers again.
async fn until_back(store: &RedisStore, limiter: &DistributedRateLimiter) {
    let back = async {
        while limiter.snapshot().store_silent {
            let _ = take(store, limiter, 1).await;
            tokio::task::yield_now().await;
        }
    };
    let guard = Duration::from_secs(60);
    tokio::time::timeout(guard, back)
        .await
        .expect("it is up again");
}

#[tokio::test]
async fn without_an_answer_single_calls_go_by_the_config_until_the_server_is_back() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let modes = [
        (OnOutage::Open, None, [true; 3]),
        (OnOutage::Closed, None, [false; 3]),
        (OnOutage::Local, Some(2), [true, true, false]),
    ];
    for (on_outage, local_permits, expected) in modes {
        let config = DistributedRateLimiterConfig {
            local_permits,
            ..days(on_outage)
        };
        let limiter = DistributedRateLimiter::new("days", config, &Env::default()).unwrap();
        let store = store(&server);
        redis::cmd("FLUSHALL")
            .exec(&mut server.connection())
            .unwrap();
        take(&store, &limiter, 10).await.unwrap();
        server.kill();
        for admitted in expected {
            let answer = take(&store, &limiter, 1).await;
            assert_eq!(answer.is_ok(), admitted, "{on_outage:?} {answer:?}");
            if let Err(refused) = answer {
                assert!(refused.retry_after().unwrap() > Duration::ZERO);
            }
        }
        let seen = limiter.snapshot();
        let count = expected.iter().filter(|it| **it).count() as u64;
        assert_eq!((seen.outages, seen.admitted_in_outage), (1, count));
        assert_eq!((seen.store_errors, seen.used), (3, 10));
        server.restart();
        until_back(&store, &limiter).await;
        // It forgot what was taken: that is the burst that a loss of its data costs.
        assert!(take(&store, &limiter, 1).await.is_ok());
        assert_eq!(limiter.snapshot().outages, 1);
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_silent_after_the_response_timeout() {
    let Some(server) = Server::start() else {
        return;
    };
    let config = RedisStoreConfig {
        connect_timeout: Duration::from_millis(50),
        response_timeout: Duration::from_millis(50),
        ..store_config()
    };
    let store = RedisStore::new(server.client(), config, &Env::default()).unwrap();
    let limiter = limiter(OnOutage::Open);
    take(&store, &limiter, 1).await.unwrap();
    server.freeze(true);
    let before = limiter.snapshot().admitted_in_outage;
    take(&store, &limiter, 1).await.unwrap();
    assert_eq!(limiter.snapshot().admitted_in_outage, before + 1);
    server.freeze(false);
    until_back(&store, &limiter).await;
}

#[tokio::test]
async fn calls_through_a_queue_wait_for_their_first_permits_and_the_store_refuses_the_rest() {
    let Some(server) = Server::start() else {
        return;
    };
    let limiter = limiter(OnOutage::Closed);
    let queued = ServiceBuilder::new()
        .layer(QueueLayer::new(limiter.clone()))
        .service_fn(async |n: u32| Ok::<_, BoxError>(n));
    let calls = async {
        let mut admitted = 0;
        for n in 0..11 {
            admitted += u32::from(queued.clone().oneshot(n).await.is_ok());
        }
        admitted
    };
    let admitted = tokio::select! {
        biased;
        admitted = calls => admitted,
        never = store(&server).run(limiter.clone()) => match never {},
    };
    assert_eq!((admitted, limiter.snapshot().refused), (10, 1));
}

/// A server that takes connections and says nothing.
async fn mute() -> (tokio::net::TcpListener, redis::Client) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("redis://{}/", listener.local_addr().unwrap());
    (listener, redis::Client::open(address).unwrap())
}

#[tokio::test]
async fn a_connection_that_its_caller_gave_up_is_not_made_again_at_once() {
    let (listener, client) = mute().await;
    let mut config = store_config();
    config.backoff.base = NEVER;
    config.backoff.max = NEVER;
    let store = RedisStore::new(client, config, &Env::default()).unwrap();
    let limiter = limiter(OnOutage::Closed);
    let mut connections = Vec::new();
    for _ in 0..2 {
        tokio::select! {
            biased;
            answer = take(&store, &limiter, 1) => { answer.unwrap_err(); }
            connection = listener.accept() => connections.push(connection),
        }
    }
    assert_eq!(connections.len(), 1);
    assert_eq!(limiter.snapshot().store_errors, 1, "the other found it so");
}

fn sendable<T: Send>(it: T) -> T {
    it
}

#[tokio::test]
async fn a_single_call_ends_at_its_deadline_and_a_late_one_asks_nobody() {
    let (listener, client) = mute().await;
    let store = RedisStore::new(client, store_config(), &Env::default()).unwrap();
    let (env, clock) = Env::manual();
    let limiter = DistributedRateLimiter::new("days", days(OnOutage::Open), &env).unwrap();
    let deadline = clock.now().after(Duration::from_millis(20));
    let by = || Ask::default().deadline(deadline);
    // A spawned task can wait for it too.
    let call = sendable(store.acquire(&limiter, &by()));
    let late = call.await.unwrap_err();
    assert!(matches!(late, Rejected::DeadlinePassed(_)), "{late}");
    let _connection = listener.accept().await.unwrap();
    clock.advance(Duration::from_millis(20));
    let late = store.acquire(&limiter, &by()).await.unwrap_err();
    assert!(matches!(late, Rejected::DeadlinePassed(_)), "{late}");
    let seen = limiter.snapshot();
    assert_eq!((seen.refused, seen.store_errors, seen.used), (2, 0, 0));
}

#[tokio::test]
async fn keys_have_rates_of_their_own_and_a_flood_of_them_ends_by_itself() {
    let Some(server) = Server::start() else {
        return;
    };
    let config = DistributedRateLimiterConfig {
        burst: Some(2),
        ..DistributedRateLimiterConfig::new(1, Duration::from_secs(3_600))
    };
    let limiter = DistributedRateLimiter::new("tenant", config, &Env::default()).unwrap();
    let store = store(&server);
    let one = Ask::default();
    for key in ["a", "b", "", "a][b", "\u{0}\r\n"] {
        for admitted in [true, true, false] {
            let answer = store.acquire_for(&limiter, key, &one).await;
            assert_eq!(answer.is_ok(), admitted, "{key:?}");
        }
    }
    for key in 0..500 {
        let key = key.to_string();
        assert!(store.acquire_for(&limiter, &key, &one).await.is_ok());
    }
    let mut con = server.connection();
    let keys: Vec<String> = con.keys("*").unwrap();
    assert_eq!(keys.len(), 505);
    for key in keys {
        let ends: i64 = con.pttl(&key).unwrap();
        assert!(
            (1..=2 * 3_600_000 + 2).contains(&ends),
            "{key} ends in {ends} ms"
        );
    }
    // Refusals in an outage are for all keys alike, and nothing is kept of them here.
    assert_eq!(limiter.snapshot().used, 510);
}

#[tokio::test]
async fn a_gate_with_a_driver_gets_its_permits_and_a_call_given_up_harms_nobody() {
    let Some(server) = Server::start() else {
        return;
    };
    let (limiter, store) = (limiter(OnOutage::Closed), store(&server));
    let guard = Duration::from_secs(60);
    let leased = async {
        while limiter.try_acquire(&Ask::default()).is_err() {
            tokio::task::yield_now().await;
        }
    };
    let driven = async {
        tokio::select! {
            biased;
            () = leased => {}
            _ = store.clone().run(limiter.clone()) => {}
        }
    };
    tokio::time::timeout(guard, driven)
        .await
        .expect("the server is up");
    assert_eq!(limiter.snapshot().leased, 4);
    assert_eq!(limiter.snapshot().left, 3);
    // Dropped at each await point in turn, a single call leaves the store as good as it was.
    for polls in 0..4 {
        let mut call = Box::pin(take(&store, &limiter, 1));
        for _ in 0..polls {
            let waker = std::task::Waker::noop();
            let _ = call
                .as_mut()
                .poll(&mut std::task::Context::from_waker(waker));
            tokio::task::yield_now().await;
        }
    }
    // Three of them may have cost a permit each.
    take(&store, &limiter, 1).await.unwrap();
    assert_eq!(limiter.snapshot().store_errors, 0);
}

#[test]
fn a_store_with_no_time_for_an_answer_is_refused_by_name() {
    let client = || redis::Client::open("redis://127.0.0.1:1/").unwrap();
    let short = Duration::from_micros(999);
    let connect = RedisStoreConfig {
        connect_timeout: short,
        ..Default::default()
    };
    let response = RedisStoreConfig {
        response_timeout: Duration::ZERO,
        ..Default::default()
    };
    let mut backoff = RedisStoreConfig::default();
    backoff.backoff.factor = f64::NAN;
    let refused = [
        (connect, "connect_timeout"),
        (response, "response_timeout"),
        (backoff, "factor"),
    ];
    for (config, field) in refused {
        let error = RedisStore::new(client(), config, &Env::default()).unwrap_err();
        assert_eq!(error.field(), field);
    }
    let long = RedisStoreConfig {
        connect_timeout: Duration::MAX,
        response_timeout: Duration::MAX,
        ..Default::default()
    };
    assert!(RedisStore::new(client(), long, &Env::default()).is_ok());
}
