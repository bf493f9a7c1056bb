//! A service that is killed again and again, at moments that a seed picks.

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::thread::yield_now;

use common::{Result, bars, finished, number, service};
use rusqlite::{Connection, OpenFlags};

const BARS: usize = 3000;
const KILLS: u64 = 10;
const SEED: u64 = 7;

/// The bars at which the service is killed: one in each twelfth of the day, picked by the seed.
fn moments() -> Vec<u64> {
    let part = BARS as u64 / (KILLS + 2);
    let mut draw = SEED;
    let mut within = || {
        draw = draw
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (draw >> 33) % part
    };
    (0..KILLS).map(|number| number * part + within()).collect()
}

/// Opens a file of SQLite as somebody who only looks at it; `None` while there is none.
fn look_at(path: &Path) -> Option<Connection> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
    db.busy_timeout(std::time::Duration::from_secs(5)).ok()?;
    Some(db)
}

/// Kills the service once its ledger says that it has come to this bar; tells how it ended.
fn kill_at(bar: u64, mut service: Child, ledger: &Path) -> Result<ExitStatus> {
    let progress = "SELECT replayed FROM progress";
    let mut db = None;
    while service.try_wait()?.is_none() {
        db = db.or_else(|| look_at(ledger));
        let come = db
            .as_ref()
            .and_then(|db| db.query_row(progress, [], |row| row.get::<_, u64>(0)).ok());
        if come.is_some_and(|come| come >= bar) {
            service.kill()?;
            break;
        }
        yield_now();
    }
    Ok(service.wait()?)
}

/// Reads the client ids that were filled, by a venue's book or by the ledger.
fn filled(path: &Path, query: &str) -> Result<BTreeSet<String>> {
    let db = look_at(path).ok_or("a run has written it")?;
    let mut rows = db.prepare(query)?;
    let ids = rows.query_map([], |row| row.get(0))?;
    Ok(ids.collect::<std::result::Result<_, _>>()?)
}

fn acknowledged(side: &Path) -> Result<[BTreeSet<String>; 2]> {
    let query = "SELECT client_id FROM book WHERE status = 'filled'";
    Ok([
        filled(&side.join("primary.sqlite"), query)?,
        filled(&side.join("backup.sqlite"), query)?,
    ])
}

#[test]
fn a_run_killed_at_ten_seeded_moments_loses_no_acknowledged_fill_and_doubles_none() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), BARS)?;
    let state = folder.path().join("state");
    let side = state.join("stack");
    let named = state.display().to_string();
    let flags = ["--stack", "--json", "--data", &data, "--state", &named];
    let ledger = side.join("ledger.sqlite");
    let (mut kills, mut seen) = (0, BTreeSet::new());
    for bar in moments() {
        let mut run = service(&flags);
        let run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        kills += u64::from(kill_at(bar, run, &ledger)?.code().is_none());
        seen.extend(acknowledged(&side)?.into_iter().flatten());
    }
    // On a machine that was busy elsewhere, the last ones may have come to their end unseen.
    assert!(kills >= KILLS / 2, "killed {kills} times");

    let report = finished(&mut service(&flags))?;
    let told = &report["stack"];
    for wrong in ["lost", "duplicated", "in_doubt"] {
        assert_eq!(number(told, wrong)?, 0, "{wrong}: {told}");
    }
    assert_eq!(number(told, "bars")?, BARS as u64);
    assert_eq!(number(told, "orders")?, number(told, "signals")?);

    let ours = filled(
        &ledger,
        "SELECT client_id FROM orders WHERE fate = 'filled'",
    )?;
    let [primary, backup] = acknowledged(&side)?;
    assert!(
        seen.len() > 50 && seen.is_subset(&ours),
        "{:?}",
        seen.difference(&ours)
    );
    assert!(
        primary.is_disjoint(&backup),
        "{:?}",
        primary.intersection(&backup)
    );
    assert_eq!(ours, &primary | &backup);
    Ok(())
}
