//! Health checks that bring a venue back.

use std::sync::Arc;

use futures_util::future::join_all;
use resilience_core::CircuitState;
use tokio::time::{MissedTickBehavior, interval};

use super::{Inner, compose::Wire};
use crate::broker::Broker;

/// Asks every venue that has failed for its health, again and again.
///
/// The check passes the venue's gates as an order would: while the circuit is open nobody asks, and
/// once it is half-open it is the health check that probes it, and no order.
pub(super) async fn probe<W: Wire>(stack: Arc<Inner<W>>) {
    let mut ticks = interval(stack.times.probe_every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let failed = stack.policies.failover.snapshot().targets;
        let checks = stack.venues.iter().zip(failed).map(|(venue, target)| {
            let stack = &stack;
            async move {
                let well = !target.failed && venue.breaker.state() == CircuitState::Closed;
                if !well {
                    let health = venue.plain.health(stack.clock.now()).await;
                    stack
                        .policies
                        .failover
                        .check(venue.plain.name(), health.is_ok());
                }
            }
        });
        join_all(checks).await;
    }
}
