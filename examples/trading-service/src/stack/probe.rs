//! Health checks that bring a venue back.

use std::sync::Arc;

use resilience_core::CircuitState;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Inner, compose::Wire};
use crate::broker::Broker;

/// Asks one of the venues for its health as long as it has failed, again and again.
///
/// The check passes the venue's gates as an order would: while the circuit is open nobody asks, and
/// once it is half-open it is the health check that probes it, before any order does.
pub(super) async fn probe<W: Wire>(stack: Arc<Inner<W>>, place: usize) {
    let (venue, failover) = (&stack.venues[place], &stack.policies.failover);
    let mut ticks = interval(stack.times.probe_every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let failed = failover.snapshot().targets[place].failed;
        if failed || venue.breaker.state() != CircuitState::Closed {
            let answer = venue.plain.health(stack.clock.now());
            let well = matches!(timeout(stack.times.health, answer).await, Ok(Ok(())));
            failover.check(venue.plain.name(), well);
        }
    }
}
