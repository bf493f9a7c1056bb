//! The whole service on short days: child processes, HTTP, books and ledger on disk.

mod common;

use common::{Result, bars, finished, number, service};
use serde_json::Value;

/// Checks that a side accounts for every signal.
fn assert_counted(side: &Value) -> Result {
    let fates = [
        "risk_rejected",
        "refused_unsent",
        "filled",
        "cancelled",
        "in_doubt",
    ];
    let ended = fates
        .iter()
        .try_fold(0, |sum, fate| Ok::<_, String>(sum + number(side, fate)?))?;
    assert_eq!(ended, number(side, "orders")?, "{side}");
    assert_eq!(ended, number(side, "signals")?, "{side}");
    Ok(())
}

/// Checks that nothing is lost, doubled or in doubt.
fn assert_safe(side: &Value) -> Result {
    for wrong in ["lost", "duplicated", "in_doubt"] {
        assert_eq!(number(side, wrong)?, 0, "{wrong}: {side}");
    }
    assert_eq!(side["positions_agree"], Value::Bool(true), "{side}");
    assert_eq!(side["final_equity"], side["venue_equity"], "{side}");
    Ok(())
}

#[test]
fn on_the_default_day_the_stack_keeps_every_order_and_the_bare_client_does_not() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), 3000)?;
    let report = finished(&mut service(&["--json", "--data", &data]))?;
    let (stack, naive) = (&report["stack"], &report["naive"]);
    for side in [stack, naive] {
        assert_counted(side)?;
        assert!(number(side, "filled")? > 100, "{side}");
    }
    assert_safe(stack)?;
    for seen in ["retries", "breaker_trips", "failovers"] {
        assert!(number(stack, seen)? > 0, "{seen}: {stack}");
    }
    let wrong = number(naive, "lost")? + number(naive, "duplicated")?;
    assert!(wrong > 0, "{naive}");
    let available = |side: &Value| side["availability"].as_f64();
    assert!(available(stack) > available(naive), "{report}");
    Ok(())
}

#[test]
fn on_any_day_the_stack_keeps_every_order() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), 600)?;
    for scenario in [
        "calm",
        "flaky",
        "outage",
        "slow",
        "rate-limited",
        "meltdown",
    ] {
        for seed in ["1", "2"] {
            let flags = [
                "--stack",
                "--json",
                "--data",
                &data,
                "--scenario",
                scenario,
                "--seed",
                seed,
            ];
            let report = finished(&mut service(&flags))?;
            assert_counted(&report["stack"])?;
            assert_safe(&report["stack"])?;
        }
    }
    Ok(())
}
