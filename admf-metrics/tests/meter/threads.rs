//! Resolving, removing, counting by macro and scraping at once, held against a model at the end.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use admf_exposition::{check, parse};
use admf_metrics::{Catalogue, Exporter, Label, Metric};

const CAP: usize = 4;
const MOST: usize = 12;
const TICKS: Metric = Metric::counter("s_ticks_total", "Ticks.")
    .labels(&[
        Label::capped("symbol", CAP),
        Label::one_of("side", &["buy", "sell"]),
        Label::capped("venue", CAP),
    ])
    .at_most(MOST);
const SYMBOLS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "_other"];
const SIDES: [&str; 3] = ["buy", "sell", "short"];

/// Numbers that look random and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn of<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }
}

/// One thread that counts, by a lookup or by a macro, and removes.
fn work(exporter: &Exporter, seed: u64, rounds: usize, counted: &AtomicU64) {
    let mut chance = Chance(seed);
    let ticks = exporter.meter().counters(&TICKS).unwrap();
    for _ in 0..rounds {
        let values = [chance.of(&SYMBOLS), chance.of(&SIDES), chance.of(&SYMBOLS)];
        match chance.below(8) {
            0 => drop(ticks.remove(values)),
            1 => drop(exporter.meter().remove_where(&[("symbol", values[0])])),
            2..5 => {
                let [symbol, side, venue] = values;
                metrics::with_local_recorder(exporter.meter(), || {
                    // In either order of labels, which is one key.
                    match chance.below(2) {
                        0 => metrics::counter!("s_ticks_total", "symbol" => symbol, "side" => side, "venue" => venue),
                        _ => metrics::counter!("s_ticks_total", "venue" => venue, "side" => side, "symbol" => symbol),
                    }
                    .increment(1);
                });
                counted.fetch_add(1, Ordering::Relaxed);
            }
            _ => {
                ticks.with(values).increment(1);
                counted.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// What must hold of every scrape, whatever goes on.
fn within_bounds(exporter: &Exporter) -> f64 {
    let text = exporter.render();
    assert_eq!(check(&text), Ok(()), "{text}"); // no series twice
    assert_eq!(
        exporter.meter().catalogue().check_exposed(&text),
        Ok(()),
        "{text}"
    );
    let read = parse(&text).unwrap();
    let shown: Vec<_> = read
        .samples()
        .filter(|it| it.name == "s_ticks_total")
        .collect();
    assert!(shown.len() <= MOST + 1, "{text}");
    for label in ["symbol", "venue"] {
        let values: BTreeSet<_> = shown.iter().filter_map(|it| it.labels.get(label)).collect();
        let own = values.iter().filter(|it| *it != "_other").count();
        assert!(own <= CAP, "{text}");
    }
    shown.iter().map(|it| it.value).sum()
}

/// After any past, an emptied metric behaves as a new one: no place has leaked, no key is stale.
fn like_new(exporter: &Exporter) {
    for symbol in SYMBOLS {
        exporter.meter().remove_where(&[("symbol", symbol)]);
    }
    assert!(!exporter.render().contains("s_ticks_total{"));
    let count = |symbol: &str, venue: &str| {
        let (symbol, venue) = (symbol.to_owned(), venue.to_owned());
        metrics::with_local_recorder(exporter.meter(), || {
            metrics::counter!("s_ticks_total", "symbol" => symbol, "side" => "buy", "venue" => venue)
                .increment(1);
        });
    };
    for symbol in &SYMBOLS[..CAP] {
        for venue in &SYMBOLS[..MOST / CAP] {
            count(symbol, venue);
            let line =
                format!("s_ticks_total{{symbol=\"{symbol}\",side=\"buy\",venue=\"{venue}\"}} 1");
            assert!(crate::shows(exporter, &line), "{line}");
        }
    }
    count("a", "d");
    let last = "s_ticks_total{symbol=\"_other\",side=\"_other\",venue=\"_other\"} 1";
    assert!(crate::shows(exporter, last));
}

fn run(seed: u64, rounds: usize) {
    let exporter = Exporter::local(Catalogue::new([TICKS]).unwrap());
    let (counted, over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|threads| {
        let scraper = threads.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                within_bounds(&exporter);
            }
        });
        let workers: Vec<_> = (1..=4)
            .map(|i| {
                let (exporter, counted) = (&exporter, &counted);
                threads.spawn(move || work(exporter, seed * 8 + i, rounds, counted))
            })
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
        over.store(true, Ordering::Relaxed);
        scraper.join().unwrap();
    });
    assert!(within_bounds(&exporter) <= counted.into_inner() as f64);
    like_new(&exporter);
}

#[test]
fn no_place_leaks_and_no_key_is_stale_whatever_four_threads_do() {
    // `ADMF_STRESS` makes it longer.
    let runs = std::env::var("ADMF_STRESS").map_or(6, |runs| runs.parse().expect("a number"));
    for seed in 1..=runs {
        run(seed, 500);
    }
}

#[test]
fn overflow_is_counted_once_for_each_lookup_of_each_thread() {
    let exporter = Exporter::local(Catalogue::new([TICKS]).unwrap());
    let ticks = exporter.meter().counters(&TICKS).unwrap();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..1000 {
                    ticks.with(["a", "short", "b"]).increment(1);
                    ticks.with(["a", "buy", "b"]).increment(1);
                }
            });
        }
    });
    for line in [
        "s_ticks_total{symbol=\"a\",side=\"_other\",venue=\"b\"} 4000",
        "s_ticks_total{symbol=\"a\",side=\"buy\",venue=\"b\"} 4000",
        "admf_metrics_overflow_total{metric=\"s_ticks_total\"} 4000",
    ] {
        assert!(crate::shows(&exporter, line), "{line}");
    }
}
