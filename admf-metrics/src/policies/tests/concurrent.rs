use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;

/// Circuits are built, used and dropped by two threads while two scrape.
#[test]
fn scrapes_of_policies_that_come_and_go_show_each_in_one_state_and_counts_that_never_fall() {
    let bench = Bench::new();
    let stays = bench.breaker("stays");
    let done = AtomicBool::new(false);
    let look = || {
        let mut last: Option<Scrape> = None;
        let mut scrapes = 0;
        while !done.load(Ordering::Relaxed) || scrapes < 2 {
            let scrape = bench.scrape();
            assert_eq!(scrape.states("stays").len(), 1);
            for name in ["0", "1"] {
                assert!(scrape.states(name).len() <= 1, "{name}");
            }
            for (series, before) in last.iter().flat_map(|it| &it.0) {
                let falls = series.contains("_total{") && scrape.0[series] < *before;
                assert!(!falls, "{series}");
            }
            last = Some(scrape);
            scrapes += 1;
        }
    };
    thread::scope(|scope| {
        let looking = [scope.spawn(look), scope.spawn(look)];
        let work = ["0", "1"].map(|name| {
            let (bench, stays) = (&bench, stays.clone());
            scope.spawn(move || {
                for _ in 0..50 {
                    // A scrape may hold the one before for a moment.
                    let config = CircuitBreakerConfig::default();
                    let own = CircuitBreaker::get_or_new(name, config, &bench.env).unwrap();
                    own.reset();
                    for _ in 0..5 {
                        if let Ok(permit) = own.permit(&Ask::default()) {
                            permit.record(Outcome::Failure);
                        }
                    }
                    call(&stays, Outcome::Success);
                }
            })
        });
        let work = work.map(thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Relaxed);
        work.into_iter()
            .chain(looking.map(thread::ScopedJoinHandle::join))
            .for_each(Result::unwrap);
    });
    let scrape = bench.scrape();
    assert_eq!(scrape.calls("stays", "success"), Some(100.0));
    for name in ["0", "1"] {
        // Each went from closed to open 50 times, whoever held it meanwhile.
        assert_eq!(scrape.moved(name, "closed", "open"), Some(50.0));
        assert!(scrape.states(name).is_empty());
    }
    assert!(scrape.0["admf_metrics_hook_panics_total"] == 0.0);
}
