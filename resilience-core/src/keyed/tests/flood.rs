use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::{Config, End};
use Outcome::{Failure, Success};

#[test]
fn trap_30_a_flood_of_a_million_keys_stays_within_the_cap() {
    let (keyed, _) = keyed(permits(1), 50, Some(SECOND));
    for n in 0..1_000_000 {
        assert!(keyed.call(&format!("flood-{n}"), Success));
    }
    let seen = keyed.snapshot();
    assert_eq!((seen.keys, seen.pushed_out), (50, 999_950));
    assert_eq!(keyed.keys()[0], "flood-999950");
}

#[test]
fn trap_30_a_flood_of_failing_keys_stays_within_the_cap_and_stops_nobody() {
    let (keyed, _) = keyed(circuits(1), 50, None);
    for n in 0..20_000 {
        assert!(keyed.call(&format!("flood-{n}"), Failure));
    }
    let seen = keyed.snapshot();
    assert_eq!((seen.keys, seen.overflowed), (50, 19_950));
    assert!(keyed.call("a", Success));
    assert_eq!(keyed.snapshot().keys, 50);
}

#[test]
fn idle_keys_go_a_few_at_each_use_of_others() {
    let (keyed, clock) = keyed(slots(1), 1000, Some(SECOND));
    (0..1000).for_each(|n| drop(keyed.gate(&format!("flood-{n}"))));
    clock.advance(SECOND);
    for _ in 0..500 {
        keyed.call("a", Success);
    }
    // Nobody has read, which would let all of them go at once.
    assert_eq!(keyed.0.kept(), 1);
}

static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// A gate that counts those that are in memory.
#[derive(Clone, Debug)]
struct Counted {
    _life: Arc<Life>,
}

#[derive(Debug)]
struct Life;

impl Life {
    fn new() -> Self {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Debug, PartialEq)]
struct CountedConfig;

impl Gate for Counted {
    type Ticket = ();

    fn check(&self, _: &Ask) -> Result<(), Rejected> {
        Ok(())
    }

    fn try_acquire(&self, _: &Ask) -> Result<(), Rejected> {
        Ok(())
    }

    fn settle(&self, (): (), _: End) {}
}

impl KeyGate for Counted {
    type Config = CountedConfig;

    const KIND: &'static str = "keyed_count";
    const SHARES_OVERFLOW: bool = false;

    fn unlisted(_: Name, _: &CountedConfig, _: &Env, _: Time) -> Result<Self, ConfigError> {
        let _life = Arc::new(Life::new());
        Ok(Self { _life })
    }

    fn may_go(&self) -> bool {
        true
    }

    fn reconfigure(&self, _: &CountedConfig) -> Result<(), ConfigError> {
        Ok(())
    }
}

impl GateConfig for CountedConfig {
    type Gate = Counted;
}

impl Config for CountedConfig {
    fn check(&self) -> Result<(), ConfigError> {
        Ok(())
    }
}

#[test]
fn trap_30_another_million_by_threads_leave_no_gate_and_no_place_above_the_cap() {
    const CAP: usize = 1000;
    const THREADS: usize = 2;
    let (keyed, clock) = keyed(CountedConfig, CAP, Some(SECOND));
    let places = keyed.0.places();
    assert!(places <= 8, "an empty policy keeps {places} places");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (keyed, clock) = (&keyed, &clock);
            scope.spawn(move || {
                for n in 0..500_000_usize {
                    drop(keyed.gate(&format!("{thread}-{n}")));
                    if n % 1024 == 0 {
                        clock.advance(Duration::from_millis(1));
                        // Each thread may have one that it builds and one that it lets go.
                        assert!(ALIVE.load(Ordering::Relaxed) <= CAP + 3 * THREADS);
                    }
                }
            });
        }
    });
    assert!(keyed.0.kept() <= CAP);
    // Values, links and a table of which a quarter is free, each up to twice as large as is needed.
    assert!(keyed.0.places() <= 8 * CAP, "{}", keyed.0.places());
    drop(keyed);
    assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
}
