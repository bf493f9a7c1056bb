//! Away from a venue that fails, and back.

use super::*;
use crate::day::Fault;
use crate::trader::Direction;

#[tokio::test(start_paused = true)]
async fn an_outage_moves_orders_to_the_backup_and_its_end_moves_them_back() {
    let bench = Bench::new();
    bench.primary.weather(Fault::Refuse);
    for id in ["a", "b", "c"] {
        assert_eq!(filled_at(&bench.execute(id).await), Some("backup"));
    }
    assert_eq!(bench.active(), "backup");
    assert_eq!(filled_at(&bench.execute("d").await), Some("backup"));
    assert_eq!(
        bench.primary.reached("d"),
        0,
        "nobody waits for what is down"
    );
    pass(ms(400)).await;
    assert_eq!(bench.active(), "backup", "it is not well yet");

    bench.primary.weather(Fault::None);
    pass(ms(400)).await;
    assert_eq!(bench.active(), "primary");
    assert_eq!(filled_at(&bench.execute("e").await), Some("primary"));

    let TraderSummary {
        switches,
        breaker_trips,
        ..
    } = bench.stack.summary();
    let told: Vec<_> = switches
        .iter()
        .map(|it| (it.direction, it.reason.as_str(), it.at))
        .collect();
    assert_eq!(
        told,
        [
            (
                Direction::Failover,
                "primary to backup, failures in a row: 3",
                7
            ),
            (
                Direction::Failback,
                "backup to primary, healthy checks in a row: 3",
                7
            ),
        ]
    );
    assert!(switches[0].after < switches[1].after && switches[1].after > ms(400));
    assert!(
        breaker_trips > 1,
        "it opens again while it is probed in vain"
    );
}

#[tokio::test(start_paused = true)]
async fn a_health_check_that_hangs_is_not_waited_for() {
    let bench = Bench::new();
    bench.primary.weather(Fault::Refuse);
    for id in ["a", "b", "c"] {
        bench.execute(id).await;
    }
    bench.primary.weather(Fault::BlackHole);
    pass(ms(300)).await;
    bench.primary.weather(Fault::None);
    pass(ms(150)).await;
    assert_eq!(bench.active(), "primary");
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_is_well_is_not_asked_for_its_health() {
    let bench = Bench::new();
    bench.execute("a").await;
    pass(ms(500)).await;
    assert_eq!(
        (
            bench.primary.reached("health"),
            bench.backup.reached("health")
        ),
        (0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_for_health_once_the_stack_is_gone() {
    let Bench { stack, primary, .. } = Bench::new();
    primary.weather(Fault::Refuse);
    for id in ["a", "b", "c"] {
        stack.execute(&order(id)).await;
    }
    pass(ms(200)).await;
    let asked = primary.reached("health");
    drop(stack);
    pass(ms(500)).await;
    assert!(asked > 0 && primary.reached("health") == asked);
}

#[tokio::test(start_paused = true)]
async fn what_happens_at_the_other_venue_does_not_move_the_orders() {
    let bench = Bench::new();
    bench.backup.weather(Fault::Refuse);
    for id in ["a", "b", "c", "d"] {
        bench
            .primary
            .script([Fault::BlackHole, Fault::None, Fault::BlackHole, Fault::None]);
        bench.execute(id).await;
        assert_eq!(
            filled_at(&bench.execute(&format!("{id}2")).await),
            Some("primary")
        );
    }
    assert_eq!(bench.active(), "primary");
}

#[tokio::test(start_paused = true)]
async fn a_stack_at_rest_asks_for_no_health_and_counts_nothing_any_more() {
    let bench = Bench::new();
    bench.primary.weather(Fault::Refuse);
    for id in ["a", "b", "c"] {
        bench.execute(id).await;
    }
    pass(ms(100)).await;
    let asked = bench.primary.reached("health");
    assert!(asked > 0);
    bench.stack.rest().await;
    let (asked, counted) = (bench.primary.reached("health"), bench.stack.summary());
    bench.primary.weather(Fault::None);
    pass(ms(400)).await;
    assert_eq!(bench.primary.reached("health"), asked);
    assert_eq!(bench.stack.summary(), counted);
    assert_eq!(bench.active(), "backup");
}
