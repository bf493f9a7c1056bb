use std::path::Path;

use clap::Parser;
use proptest::prelude::*;

use super::*;
use crate::settings::Cli;
use crate::testing::{FakeTrader, FakeVenue, first_dates, poll_times};

/// A side on fakes whose disk and venues outlive it.
struct Bench {
    settings: Settings,
    bars: Bars,
    venues: [FakeVenue; 2],
    folder: tempfile::TempDir,
    client: Client,
}

impl Bench {
    fn new(dates: usize, client: Client) -> Self {
        let cli = Cli::try_parse_from(["trading-service"]).unwrap();
        Self {
            settings: Settings::try_from(cli.args).unwrap(),
            bars: first_dates(dates),
            venues: FakeVenue::pair(),
            folder: tempfile::tempdir().unwrap(),
            client,
        }
    }

    /// Starts the side on what is on the disk, and kills it after so many polls.
    fn run(&self, polls: usize, stop: &Stop) -> Option<Result<SideReport, Error>> {
        let Self { settings, bars, .. } = self;
        let identity = settings.identity(bars);
        let ledger = Ledger::open(&self.ledger(), &identity).unwrap();
        let side = Side {
            client: self.client,
            settings,
            bars,
            stop,
            live: Live::default(),
        };
        let trader = FakeTrader(self.venues.clone());
        poll_times(
            side.trade(&trader, &self.venues, ledger, identity.word()),
            polls,
        )
    }

    fn finish(&self) -> SideReport {
        self.run(usize::MAX, &Stop::default()).unwrap().unwrap()
    }

    fn ledger(&self) -> std::path::PathBuf {
        self.folder.path().join("ledger.sqlite")
    }
}

fn timers() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

fn assert_sound(report: &SideReport) {
    assert!(report.is_counted(), "{report:?}");
    assert!(report.is_agreed(), "{report:?}");
}

#[test]
fn every_signal_ends_once_and_the_books_agree() {
    let timers = timers();
    let _entered = timers.enter();
    let report = Bench::new(400, Client::Stack).finish();
    assert_sound(&report);
    assert!(
        report.filled > 50 && report.cancelled > 10 && report.refused_unsent > 10,
        "{report:?}"
    );
    assert!(report.risk_rejected > 10, "{report:?}");
}

#[test]
fn a_run_killed_at_any_step_and_started_again_loses_and_doubles_nothing() {
    let timers = timers();
    let _entered = timers.enter();
    let steps = (1..)
        .find(|polls| {
            Bench::new(150, Client::Stack)
                .run(*polls, &Stop::default())
                .is_some()
        })
        .unwrap();
    assert!(steps > 40, "{steps} steps are too few to kill at");
    let undisturbed = Bench::new(150, Client::Stack).finish();
    for polls in 0..steps {
        let bench = Bench::new(150, Client::Stack);
        assert!(bench.run(polls, &Stop::default()).is_none());
        let report = bench.finish();
        assert_sound(&report);
        assert_eq!(
            report.orders, undisturbed.orders,
            "killed after {polls} polls"
        );
    }
}

#[test]
fn a_finished_run_started_again_reports_the_same_and_sends_nothing() {
    let timers = timers();
    let _entered = timers.enter();
    let bench = Bench::new(100, Client::Stack);
    let first = bench.finish();
    let books = bench
        .venues
        .clone()
        .map(|venue| venue.book.lock().unwrap().clone());
    assert_eq!(bench.finish(), first);
    assert_eq!(
        bench
            .venues
            .clone()
            .map(|venue| venue.book.lock().unwrap().clone()),
        books
    );
}

#[test]
fn a_stopped_run_reports_what_it_did_and_goes_on_later() {
    let timers = timers();
    let _entered = timers.enter();
    let (bench, stop) = (Bench::new(100, Client::Stack), Stop::default());
    assert!(bench.run(20, &stop).is_none());
    stop.request(15);
    let stopped = bench.run(usize::MAX, &stop).unwrap().unwrap();
    assert_sound(&stopped);
    assert!(stopped.interrupted && stopped.bars > 0 && stopped.bars < bench.bars.all.len() as u64);
    let finished = bench.finish();
    assert_sound(&finished);
    assert!(!finished.interrupted);
    assert_eq!(finished.bars, bench.bars.all.len() as u64);
}

#[test]
fn a_fill_that_only_a_venue_knows_is_reported_as_lost() {
    let timers = timers();
    let _entered = timers.enter();
    let bench = Bench::new(40, Client::Stack);
    bench.finish();
    let run = bench.settings.identity(&bench.bars).word();
    let stray = Order {
        client_id: format!("{run}-3-stray-AAPL"),
        symbol: "AAPL".to_owned(),
        side: crate::broker::Side::Buy,
        quantity: 1,
        price: 100,
        at: 3,
    };
    bench.venues[1].enter(&stray, crate::broker::Status::Filled);
    let report = bench.finish();
    assert_eq!(
        (report.lost, report.duplicated, report.positions_agree),
        (1, 0, false)
    );
    assert!(!report.is_agreed());
}

#[test]
fn the_bare_client_takes_what_a_kill_left_open_for_cancelled() {
    let timers = timers();
    let _entered = timers.enter();
    let mut lost = 0;
    for polls in 0..20 {
        let bench = Bench::new(100, Client::Naive);
        assert!(bench.run(polls, &Stop::default()).is_none());
        lost = lost.max(bench.finish().lost);
    }
    assert!(lost > 0);
}

#[test]
fn a_folder_of_another_run_is_refused_in_one_line() {
    let bench = Bench::new(5, Client::Stack);
    let open =
        |settings: &Settings, path: &Path| Ledger::open(path, &settings.identity(&bench.bars));
    open(&bench.settings, &bench.ledger()).unwrap();
    let other = Settings {
        seed: 7,
        ..bench.settings.clone()
    };
    let error = open(&other, &bench.ledger()).unwrap_err();
    let folder = bench.folder.path().display();
    assert_eq!(
        error.to_string(),
        format!("--state: {folder} belongs to a run with seed 42, got seed 7")
    );
    assert_eq!(error.exit_code(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_run_killed_again_and_again_loses_and_doubles_nothing(kills in proptest::collection::vec(0..60_usize, 1..6)) {
        let timers = timers();
        let _entered = timers.enter();
        let bench = Bench::new(150, Client::Stack);
        for polls in kills {
            bench.run(polls, &Stop::default());
        }
        let report = bench.finish();
        prop_assert!(report.is_counted() && report.is_agreed(), "{:?}", report);
    }
}
