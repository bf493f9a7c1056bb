//! Every metric that the service declares is fed, or it is known why not.

use std::collections::BTreeSet;

use super::common::{Result, bars, service};
use super::running::{Running, SERVE, ask, await_answer, await_ready, filled_at, scrape};

/// How the names begin of what neither the run nor the service of this test feeds, and why.
const UNFED: [(&str, &str); 9] = [
    (
        "admf_bulkhead_wait_seconds",
        "who finds no slot is refused at once",
    ),
    (
        "admf_rate_limiter_wait_seconds",
        "who finds no permit is refused at once",
    ),
    ("admf_db_pool_", "the ledger is one connection"),
    (
        "admf_distributed_rate_limiter_",
        "all rates are of this process",
    ),
    ("admf_fallback_", "the cache has the last good quotes"),
    (
        "admf_operation_",
        "no component is called by the names of operations",
    ),
    (
        "admf_degraded",
        "nothing is switched off where something fails",
    ),
    (
        "admf_circuit_breaker_failure_ratio",
        "the circuits count failures in a row, which have no window",
    ),
    (
        "admf_circuit_breaker_slow_ratio",
        "the circuits have no limit for slow calls",
    ),
];

/// There while a notice is on its way, which takes a millisecond.
const NOW_AND_THEN: &str = "admf_notifications_oldest_undelivered_timestamp_seconds";

/// The names in the table of the program.
fn declared() -> Result<BTreeSet<String>> {
    let output = service(&["metrics"]).output()?;
    let table = String::from_utf8(output.stdout)?;
    let name = |row: &str| Some(row.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    Ok(table.lines().filter_map(name).collect())
}

fn names(exposition: &str) -> Result<BTreeSet<String>> {
    let exposition = admf_exposition::parse(exposition)?;
    let families = exposition.families().iter();
    let fed = families.filter(|it| !it.samples.is_empty());
    Ok(fed.map(|it| it.name.to_owned()).collect())
}

/// What a run on a bad day shows, while a circuit is open and in the end, when its policies are gone.
fn of_a_run() -> Result<BTreeSet<String>> {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), 1500)?;
    // Often enough that a circuit is seen open, however short.
    let often = ["--rules-interval", "0.02"];
    let flags = ["--json", "--hold", "3000", "--data", &data];
    let run = Running::start(&[&flags[..], &often].concat())?;
    let ops = run.listening("ops")?;
    run.says("BreakerOpen")?;
    let open = names(&ask(&ops, "GET /metrics", "")?.1)?;
    run.says(" for the last scrape of ")?;
    // One for what a scrape tells of the one before; the other end comes with it.
    let end = names(&ask(&ops, "GET /metrics", "")?.1)?;
    Ok(open.union(&end).cloned().collect())
}

/// What the service shows that was asked for quotes and orders, operated, and whose feed failed.
fn of_the_service() -> Result<BTreeSet<String>> {
    let flags = [&SERVE[..], &["--pace", "0.01", "--feed-fails", "2"]].concat();
    let service = Running::start(&flags)?;
    let (api, ops) = (service.listening("api")?, service.listening("ops")?);
    await_ready(&ops)?;
    service.says("feed: told to fail before date 2")?;
    filled_at(&api, "a")?;
    assert_eq!(ask(&api, "GET /api/quotes", "")?.0, 200);
    let path = "POST /admin/policies/circuit_breaker/primary/reset";
    assert_eq!(ask(&ops, path, "")?.0, 200);
    scrape(&ops)?;
    // The machine is sampled in its own time, and a feed has recovered once it runs for a while.
    for late in [
        "process_start_time_seconds",
        "admf_recovery_duration_seconds_count",
    ] {
        let shown = |_, text: &str| text.contains(&format!("\n{late}"));
        await_answer(&ops, "GET /metrics", shown)?;
    }
    names(&ask(&ops, "GET /metrics", "")?.1)
}

#[test]
fn every_metric_that_is_declared_is_fed_or_it_is_known_why_not() -> Result {
    let declared = declared()?;
    assert!(declared.len() > 100, "{declared:?}");
    let fed: BTreeSet<_> = of_a_run()?.union(&of_the_service()?).cloned().collect();
    let strange: Vec<_> = fed.difference(&declared).collect();
    assert!(strange.is_empty(), "not in the table: {strange:?}");
    let excused = |name: &&String| UNFED.iter().any(|(start, _)| name.starts_with(start));
    let unfed = declared.difference(&fed).filter(|it| *it != NOW_AND_THEN);
    let (known, unknown): (Vec<_>, Vec<_>) = unfed.partition(excused);
    assert!(unknown.is_empty(), "nothing feeds {unknown:?}");
    for (start, why) in UNFED {
        let excused = known.iter().any(|name| name.starts_with(start));
        let is_fed = fed.iter().any(|name| name.starts_with(start));
        assert!(excused && !is_fed, "{start} is fed: not so that {why}");
    }
    Ok(())
}
