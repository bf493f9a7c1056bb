//! The rate compared with `redis-cell`, on the same sequence of calls.
//!
//! With `ADMF_REDIS_CELL`, the path of its module, both answer and are compared; otherwise ours is
//! compared with the answers of `redis-cell` in `cell.txt`, which a run with `ADMF_RECORD` wrote. Time is
//! driven: the moment that either keeps is moved back by as much as passes.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use redis::{Commands, Connection};
use resilience_core::{Ask, DistributedRateLimiter, DistributedRateLimiterConfig, Env};
use resilience_tower::redis::RedisStore;
use tests::daemon::missing;
use tests::shared_rate::store_config;

use crate::server::{Server, kept, pass};

/// Burst, time of a permit in seconds, and of what time passes by.
const RATES: [(u32, u64, u64); 4] = [
    (15, 1_000, 100),
    (1, 1_000, 250),
    (100, 600, 60),
    (3, 90_000, 9_000),
];
const CALLS: u32 = 250;

/// What is answered to a call: that of `redis-cell`, in seconds rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    limited: bool,
    remaining: i64,
    retry_after: i64,
    reset_after: i64,
}

impl Answer {
    /// Says whether both decided the same, `apart` seconds from each other. Each rounds down, and so
    /// did the clock.
    fn agrees(&self, other: &Self, apart: i64) -> bool {
        let near = |a: i64, b: i64| (a - b).abs() <= apart + 2;
        self.limited == other.limited
            && self.remaining == other.remaining
            && near(self.retry_after, other.retry_after)
            && near(self.reset_after, other.reset_after)
    }
}

/// Costs and the seconds that pass before them, the same each time.
fn calls(burst: u32, step: u64) -> impl Iterator<Item = (u32, u64)> {
    let mut seed = u64::from(burst) + 7;
    (0..CALLS).map(move |_| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let cost = (seed >> 33) as u32 % burst.min(6) + 1;
        // Mostly little, so that the rate is used up.
        let passes = [0, 0, 0, 1, 2, 5, 10, 40][(seed >> 40) as usize % 8] * step;
        (cost, passes)
    })
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).expect("it is short")
}

/// Lets seconds pass for the moment that `redis-cell` keeps, in nanoseconds.
fn pass_theirs(con: &mut Connection, seconds: u64) {
    if con.exists("theirs").expect("it is up") {
        let back = signed(seconds) * 1_000_000_000;
        let _: i64 = con.decr("theirs", back).expect("it is a number");
    }
}

fn theirs(con: &mut Connection, burst: u32, permit: u64, cost: u32) -> Answer {
    let mut call = redis::cmd("CL.THROTTLE");
    call.arg("theirs")
        .arg(burst - 1)
        .arg(1)
        .arg(permit)
        .arg(cost);
    let [limited, _, remaining, retry_after, reset_after]: [i64; 5] =
        call.query(con).expect("the module is loaded");
    Answer {
        limited: limited == 1,
        remaining,
        retry_after,
        reset_after,
    }
}

async fn ours(
    store: &RedisStore,
    limiter: &DistributedRateLimiter,
    con: &mut Connection,
    permit: u64,
    cost: u32,
) -> Answer {
    let answer = store.acquire(limiter, &Ask::default().cost(cost)).await;
    let retry_after = match &answer {
        Ok(_) => -1,
        Err(refused) => signed(refused.retry_after().expect("it fits some day").as_secs()),
    };
    let tail = kept(con, &format!("rate:{}", limiter.name())).map(|it| signed(it.0));
    let now = time(con);
    let debt = (tail.unwrap_or(now) - now).max(0);
    let permit = signed(permit) * 1_000_000;
    let span = permit * i64::from(limiter.snapshot().burst);
    Answer {
        limited: answer.is_err(),
        remaining: (span - debt) / permit,
        retry_after,
        reset_after: debt / 1_000_000,
    }
}

/// Returns the server's time in microseconds.
fn time(con: &mut Connection) -> i64 {
    let (seconds, micros): (i64, i64) = redis::cmd("TIME").query(con).expect("it is up");
    seconds * 1_000_000 + micros
}

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/redis/cell.txt")
}

fn line(burst: u32, call: (u32, u64), answer: &Answer) -> String {
    let (cost, passes) = call;
    let Answer {
        limited,
        remaining,
        retry_after,
        reset_after,
    } = answer;
    let limited = u8::from(*limited);
    format!("{burst} {passes} {cost} {limited} {remaining} {retry_after} {reset_after}")
}

/// Reads the answer that was recorded to a call.
fn read(line: &str, burst: u32, call: (u32, u64)) -> Answer {
    let numbers: Vec<i64> = line
        .split(' ')
        .map(|it| it.parse().expect("it is a number"))
        .collect();
    let asked = [i64::from(burst), signed(call.1), i64::from(call.0)];
    assert_eq!(numbers[..3], asked, "the record is of other calls");
    Answer {
        limited: numbers[3] == 1,
        remaining: numbers[4],
        retry_after: numbers[5],
        reset_after: numbers[6],
    }
}

#[tokio::test]
async fn the_rate_decides_each_call_as_redis_cell_does() {
    let module = std::env::var_os("ADMF_REDIS_CELL").map(PathBuf::from);
    if module.is_none() {
        missing("redis-cell", "ADMF_REQUIRE_SERVERS");
    }
    let Some(server) = Server::start_with(module.as_deref()) else {
        return;
    };
    let record = std::env::var_os("ADMF_RECORD").is_some();
    let before = std::fs::read_to_string(recorded()).unwrap_or_default();
    let mut before = before.lines();
    let mut after = String::new();
    let mut con = server.connection();
    let env = Env::default();
    let store = RedisStore::new(server.client(), store_config(), &env).unwrap();
    let mut refused = 0;
    for (burst, permit, step) in RATES {
        let config = DistributedRateLimiterConfig {
            burst: Some(burst),
            ..DistributedRateLimiterConfig::new(1, Duration::from_secs(permit))
        };
        let limiter = DistributedRateLimiter::new(format!("{burst}"), config, &env).unwrap();
        let _: () = con.del("theirs").unwrap();
        // What passes on a busy machine, beside the time that is driven.
        let began = time(&mut con);
        for call @ (cost, passes) in calls(burst, step) {
            pass(
                &mut con,
                &format!("rate:{burst}"),
                signed(passes) * 1_000_000,
            );
            let asked = time(&mut con);
            let ours = ours(&store, &limiter, &mut con, permit, cost).await;
            refused += usize::from(ours.limited);
            if module.is_some() {
                pass_theirs(&mut con, passes);
                let theirs = theirs(&mut con, burst, permit, cost);
                let apart = (time(&mut con) - asked) / 1_000_000;
                assert!(
                    ours.agrees(&theirs, apart),
                    "{call:?} of {burst}: {ours:?}, {theirs:?}"
                );
                writeln!(after, "{}", line(burst, call, &theirs)).unwrap();
                if record {
                    continue;
                }
            }
            let theirs = read(before.next().expect("it is recorded"), burst, call);
            let apart = (time(&mut con) - began) / 1_000_000;
            assert!(
                ours.agrees(&theirs, apart),
                "{call:?} of {burst}: {ours:?}, recorded {theirs:?}"
            );
        }
    }
    assert!((200..800).contains(&refused), "{refused}");
    if record {
        std::fs::write(recorded(), after).unwrap();
    }
}
