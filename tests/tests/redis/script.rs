//! The script alone: what it grants, and what it leaves behind.

use redis::{Commands, Connection, RedisResult, Script};

use crate::server::{Server, kept, pass};

const KEY: &str = "it";
/// 365 days in microseconds, the longest that a burst may take to come back.
const YEAR: u64 = 365 * 86_400 * 1_000_000;
/// A day of the clock that is set, in microseconds.
const DAY: i64 = 86_400 * 1_000_000;

/// A rate, and how many are wanted and needed of it.
#[derive(Clone, Copy, Debug)]
struct Call {
    each: u64,
    burst: u64,
    want: u64,
    need: u64,
}

impl Call {
    fn new(each: u64, burst: u64, want: u64, need: u64) -> Self {
        Self {
            each,
            burst,
            want,
            need,
        }
    }

    /// Returns the permits granted, and the microseconds to wait.
    fn ask(self, con: &mut Connection) -> RedisResult<(u64, u64)> {
        let script = Script::new(include_str!("../../../resilience-tower/src/redis/gcra.lua"));
        let mut call = script.key(KEY);
        let Self {
            each,
            burst,
            want,
            need,
        } = self;
        call.arg(each).arg(burst).arg(want).arg(need).invoke(con)
    }

    /// Returns what a naive model of the algorithm grants at `now`, and the tail then.
    fn model(self, tail: u64, now: u64) -> (u64, u64) {
        let span = self.each * self.burst;
        let tail = tail.clamp(now, now + span);
        let free = (0..=self.want)
            .rev()
            .find(|count| tail + count * self.each <= now + span);
        let granted = free.filter(|it| *it >= self.need).unwrap_or(0);
        (granted, tail + granted * self.each)
    }
}

fn now(con: &mut Connection) -> u64 {
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query(con).unwrap();
    seconds * 1_000_000 + micros
}

#[test]
fn as_many_are_granted_as_there_are_and_none_below_the_need() {
    let Some(server) = Server::start() else {
        return;
    };
    let con = &mut server.connection();
    // A permit a day, so that the test's own time is none.
    let day = 86_400 * 1_000_000;
    let of_ten = |want, need| Call::new(day, 10, want, need);
    assert_eq!(of_ten(4, 1).ask(con).unwrap(), (4, 0));
    let (granted, wait) = of_ten(8, 7).ask(con).unwrap();
    assert_eq!(granted, 0, "six are there");
    assert!(
        (day - 60_000_000..=day).contains(&wait),
        "{wait} until there are seven"
    );
    let (granted, wait) = of_ten(8, 5).ask(con).unwrap();
    assert_eq!(granted, 6);
    assert!(
        (day - 60_000_000..=day).contains(&wait),
        "{wait} until the next"
    );
    let (granted, wait) = of_ten(10, 10).ask(con).unwrap();
    assert_eq!(granted, 0);
    assert!((10 * day - 60_000_000..=10 * day).contains(&wait), "{wait}");
}

#[test]
fn a_refusal_writes_nothing_and_a_grant_lasts_until_all_are_back() {
    let Some(server) = Server::start() else {
        return;
    };
    let con = &mut server.connection();
    let day = 86_400 * 1_000_000;
    let before = now(con);
    Call::new(day, 3, 2, 1).ask(con).unwrap();
    let (tail, span) = kept(con, KEY).unwrap();
    assert_eq!(span, 3 * day);
    assert!((before + 2 * day..=now(con) + 2 * day).contains(&tail));
    let ends: u64 = redis::cmd("PEXPIRETIME").arg(KEY).query(con).unwrap();
    assert!(
        (tail.div_ceil(1_000)..=tail.div_ceil(1_000) + 1).contains(&ends),
        "{ends} of {tail}"
    );
    assert_eq!(Call::new(day, 3, 3, 3).ask(con).unwrap().0, 0);
    assert_eq!(kept(con, KEY), Some((tail, span)));
    con.del::<_, ()>(KEY).unwrap();
    assert_eq!(
        Call::new(day, 3, 4, 4).ask(con).unwrap().0,
        0,
        "it never fits"
    );
    assert!(!con.exists::<_, bool>(KEY).unwrap());
}

#[test]
fn nothing_is_rounded_at_the_bounds_of_what_a_config_can_say() {
    let Some(server) = Server::start() else {
        return;
    };
    let con = &mut server.connection();
    let rates = [
        (1, u64::from(u32::MAX)),
        (YEAR, 1),
        (YEAR / 1_000_003, 1_000_003),
        (7_342, u64::from(u32::MAX)),
        (YEAR / 2, 2),
    ];
    let mut seed = 1_u64;
    for (each, burst) in rates {
        let span = each * burst;
        assert!(span <= YEAR);
        for round in 0..40 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(3);
            // Now and then exactly full, empty, and a permit's time from either.
            let debt = [seed % (span + 1), span, 0, span - each, span.min(each)][round % 5];
            let want = (seed >> 20) % burst.min(50) + 1;
            let call = Call::new(each, burst, want, want / 2 + 1);
            let tail = now(con) + debt;
            con.set::<_, _, ()>(KEY, format!("{tail} {span}")).unwrap();
            let from = now(con);
            let (granted, _) = call.ask(con).unwrap();
            let to = now(con);
            let (least, most) = (call.model(tail, from), call.model(tail, to));
            let between = (least.0..=most.0).contains(&granted);
            assert!(
                between,
                "{call:?} {debt}: {granted} of {least:?} to {most:?}"
            );
            let after = kept(con, KEY).map(|it| it.0);
            // What ends sooner may be gone by now.
            if tail > to + 60_000_000 {
                assert_eq!(after, Some(tail + granted * each), "{call:?} {debt}");
            }
        }
    }
}

#[test]
fn a_clock_that_is_set_back_costs_the_time_of_a_burst_and_no_more() {
    let Some(server) = Server::start() else {
        return;
    };
    let con = &mut server.connection();
    let day = 86_400 * 1_000_000;
    let of_three = Call::new(day, 3, 3, 1);
    assert_eq!(of_three.ask(con).unwrap(), (3, 0));
    pass(con, KEY, -100 * DAY);
    assert_eq!(of_three.ask(con).unwrap(), (0, day), "not a hundred days");
    // A day later, though it refused in between.
    pass(con, KEY, DAY);
    assert_eq!(of_three.ask(con).unwrap().0, 1);
}

#[test]
fn a_smaller_burst_waits_for_the_permits_that_a_bigger_one_took_and_forgives_none() {
    let Some(server) = Server::start() else {
        return;
    };
    let con = &mut server.connection();
    let day = 86_400 * 1_000_000;
    let (big, small) = (Call::new(day, 10, 10, 1), Call::new(day, 2, 2, 1));
    assert_eq!(big.ask(con).unwrap(), (10, 0));
    let (granted, wait) = small.ask(con).unwrap();
    assert_eq!(granted, 0);
    assert!((9 * day - 60_000_000..=9 * day).contains(&wait), "{wait}");
    assert_eq!(big.ask(con).unwrap().0, 0, "they are still taken");
}

#[test]
fn what_is_kept_by_mistake_counts_as_nothing() {
    let Some(server) = Server::start() else {
        return;
    };
    let con = &mut server.connection();
    let day = 86_400 * 1_000_000;
    let all = Call::new(day, 3, 3, 1);
    for nonsense in ["", "soon", "-1", "nan", "inf", "1e300", "9 9 9", "inf inf"] {
        con.set::<_, _, ()>(KEY, nonsense).unwrap();
        assert_eq!(all.ask(con).unwrap(), (3, 0), "{nonsense}");
    }
    con.del::<_, ()>(KEY).unwrap();
    con.rpush::<_, _, ()>(KEY, "of another type").unwrap();
    assert_eq!(all.ask(con).unwrap(), (3, 0));
    // So far off that it cannot be written at all.
    let nines = "9".repeat(400);
    con.set::<_, _, ()>(KEY, format!("{nines} {nines}"))
        .unwrap();
    assert_eq!(all.ask(con).unwrap(), (0, YEAR - 2 * day));
}
