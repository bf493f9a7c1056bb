//! Random days against what must hold on any.

use futures_util::future::join_all;
use proptest::prelude::*;
use tokio::runtime::Builder;

use super::*;
use crate::day::Fault;

fn faults() -> impl Strategy<Value = Fault> {
    let delay = || (1..400_u64).prop_map(ms);
    prop_oneof![
        3 => Just(Fault::None),
        2 => Just(Fault::Refuse),
        1 => Just(Fault::FailAfter),
        1 => Just(Fault::DropReply),
        1 => Just(Fault::BlackHole),
        1 => delay().prop_map(Fault::SlowBefore),
        1 => delay().prop_map(Fault::SlowAfter),
        1 => delay().prop_map(Fault::RateLimited),
    ]
}

/// A script for one venue, and what happens to the requests after it while orders are sent.
fn script() -> impl Strategy<Value = (Vec<Fault>, Fault)> {
    (prop::collection::vec(faults(), 0..30), faults())
}

/// Holds a fate to what the venues did and will do, once everything on its way has arrived.
fn check(bench: &Bench, id: &str, fate: &Fate) -> Result<(), TestCaseError> {
    let filled = bench.filled(id);
    prop_assert!(filled.len() <= 1, "{id} is filled twice");
    match fate {
        Fate::Filled(told) => prop_assert_eq!(&filled, &[told.venue.as_str()]),
        Fate::Cancelled => prop_assert!(filled.is_empty(), "{} is filled unseen", id),
        Fate::RefusedUnsent => {
            prop_assert_eq!(bench.primary.reached(id) + bench.backup.reached(id), 0);
        }
        Fate::InDoubt => {}
        Fate::RiskRejected(_) => prop_assert!(false, "the stack knows no risk"),
    }
    Ok(())
}

async fn play(scripts: [(Vec<Fault>, Fault); 2], orders: usize) -> Result<(), TestCaseError> {
    let bench = Bench::new();
    for (venue, (script, weather)) in [&bench.primary, &bench.backup].into_iter().zip(scripts) {
        venue.script(script);
        venue.weather(weather);
    }
    let ids: Vec<_> = (0..orders).map(|id| format!("order-{id}")).collect();
    let begun = tokio::time::Instant::now();
    let mut fates = Vec::new();
    for ids in ids.chunks(3) {
        fates.extend(join_all(ids.iter().map(|id| bench.execute(id))).await);
    }
    let rounds = u32::try_from(orders.div_ceil(3)).unwrap();
    prop_assert!(begun.elapsed() <= rounds * ORDER);
    // The evening: both venues are well again, and what is in doubt is asked about.
    for venue in [&bench.primary, &bench.backup] {
        venue.weather(Fault::None);
        venue.script_ends();
    }
    pass(ms(500)).await;
    for (id, fate) in ids.iter().zip(fates) {
        let fate = match fate {
            Fate::InDoubt => bench.stack.settle(&order(id), 9).await,
            fate => fate,
        };
        prop_assert_ne!(&fate, &Fate::InDoubt);
        check(&bench, id, &fate)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_day_loses_or_doubles_an_order(primary in script(), backup in script(), orders in 1..12_usize) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(play([primary, backup], orders))?;
    }
}
