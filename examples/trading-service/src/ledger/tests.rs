use tempfile::TempDir;

use super::*;
use crate::broker::{Execution, Side, Status};
use crate::trader::{Direction, Switch};

fn open(folder: &TempDir) -> Ledger {
    Ledger::open(&folder.path().join("ledger.sqlite"), &identity("42")).unwrap()
}

fn identity(seed: &str) -> Identity {
    Identity::new([("seed", seed.to_owned()), ("scenario", "calm".to_owned())])
}

fn order(at: u64) -> Order {
    Order {
        client_id: format!("run-{at}"),
        symbol: "AAPL".to_owned(),
        side: if at.is_multiple_of(2) {
            Side::Buy
        } else {
            Side::Sell
        },
        quantity: 10,
        price: 1_000,
        at,
    }
}

fn intent(at: u64) -> Intent {
    Intent {
        order: order(at),
        breach: None,
        rejected: false,
    }
}

fn filled(at: u64) -> Fate {
    let Order {
        client_id,
        symbol,
        side,
        quantity,
        price,
        ..
    } = order(at);
    Fate::Filled(Execution {
        client_id,
        symbol,
        side,
        quantity,
        price,
        status: Status::Filled,
        venue: "primary".to_owned(),
    })
}

fn end(at: u64, fate: Fate) -> End {
    End {
        client_id: format!("run-{at}"),
        fate,
        latency: Some(Duration::from_micros(at)),
    }
}

#[test]
fn what_was_written_is_read_by_the_next_process() {
    let folder = TempDir::new().unwrap();
    let trader = TraderSummary {
        retries: 3,
        breaker_trips: 1,
        switches: vec![Switch {
            at: 2,
            after: Duration::from_millis(5),
            direction: Direction::Failover,
            reason: "breaker open".to_owned(),
        }],
    };
    let mut ledger = open(&folder);
    let rejected = Intent {
        order: Order {
            quantity: 0,
            ..order(3)
        },
        breach: Some(Breach::Drawdown),
        rejected: true,
    };
    ledger
        .begin_day(4, &[intent(0), intent(1), intent(2), rejected])
        .unwrap();
    ledger
        .finish_day(
            &[
                end(0, filled(0)),
                end(1, Fate::Cancelled),
                end(2, Fate::InDoubt),
            ],
            &trader,
        )
        .unwrap();
    // Not closed, as by a kill.
    std::mem::forget(ledger);

    let ledger = open(&folder);
    assert_eq!(ledger.replayed().unwrap(), 4);
    assert_eq!(ledger.trader().unwrap(), trader);
    assert_eq!(ledger.unsettled().unwrap(), [order(2)]);
    let fills = ledger.fills().unwrap();
    assert_eq!(
        fills
            .iter()
            .map(|fill| Fate::Filled(fill.execution.clone()))
            .collect::<Vec<_>>(),
        [filled(0)]
    );
    assert_eq!(
        ledger.latencies().unwrap(),
        [0, 1, 2].map(Duration::from_micros)
    );
    let tally = ledger.tally().unwrap();
    let counts =
        ["filled", "cancelled", "in_doubt", "risk_rejected", "open"].map(|fate| tally.of(fate));
    assert_eq!(counts, [1, 1, 1, 1, 0]);
    assert_eq!(
        tally.by_breach.into_iter().collect::<Vec<_>>(),
        [("drawdown".to_owned(), 1)]
    );
}

#[test]
fn a_day_is_written_whole_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(&folder);
    ledger.begin_day(2, &[intent(1)]).unwrap();
    let repeated = ledger
        .begin_day(4, &[intent(2), intent(1)])
        .unwrap_err()
        .to_string();
    assert!(
        repeated.starts_with("ledger: UNIQUE constraint failed"),
        "{repeated}"
    );
    assert_eq!(ledger.replayed().unwrap(), 2);
    assert_eq!(ledger.unsettled().unwrap(), [order(1)]);
}

#[test]
fn an_end_is_final() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(&folder);
    ledger.begin_day(2, &[intent(1), intent(2)]).unwrap();
    ledger.settle(&[end(1, filled(1))]).unwrap();
    for late in [Fate::Cancelled, Fate::InDoubt, filled(1)] {
        let error = ledger
            .settle(&[end(2, Fate::Cancelled), end(1, late)])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("ledger: run-1 has no open order for its end "),
            "{error}"
        );
    }
    // Nor did the other half of those transactions happen.
    assert_eq!(ledger.unsettled().unwrap(), [order(2)]);
}

#[test]
fn an_order_in_doubt_can_still_be_settled_and_keeps_how_long_it_took() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(&folder);
    ledger.begin_day(2, &[intent(1)]).unwrap();
    ledger.settle(&[end(1, Fate::InDoubt)]).unwrap();
    ledger
        .settle(&[End {
            latency: None,
            ..end(1, filled(1))
        }])
        .unwrap();
    assert_eq!(ledger.tally().unwrap().of("filled"), 1);
    assert_eq!(ledger.latencies().unwrap(), [Duration::from_micros(1)]);
}

#[test]
fn a_ledger_of_another_run_is_refused_by_what_differs() {
    let folder = TempDir::new().unwrap();
    drop(open(&folder));
    let error = Ledger::open(&folder.path().join("ledger.sqlite"), &identity("7"))
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with(" belongs to a run with seed 42, got seed 7"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_no_ledger_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.sqlite");
    std::fs::write(&path, "not a database, and longer than nothing").unwrap();
    let error = Ledger::open(&path, &identity("42"))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with(&path.display().to_string()), "{error}");
    assert_eq!(error.lines().count(), 1);
}

#[test]
fn equal_identities_have_equal_words_and_others_have_others() {
    assert_eq!(identity("42").word(), identity("42").word());
    assert_ne!(identity("42").word(), identity("43").word());
}
