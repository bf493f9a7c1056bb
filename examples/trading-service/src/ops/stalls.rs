//! Liveness by the loops of the service.

use std::sync::Arc;

use admf_metrics::monitoring::{Builder, Group};

use super::Console;
use crate::pulse::{BEAT, Pulse};

/// Lets liveness hang on the loops, and tells which of them it misses.
pub(super) fn watched(monitoring: Builder, pulse: &Pulse, console: &Console) -> Builder {
    let (seen, console) = (pulse.clone(), Arc::clone(console));
    let mut was_alive = true;
    let look = move || {
        let (is_alive, age) = (seen.heartbeat().is_alive(), seen.heartbeat().age());
        if is_alive != was_alive {
            was_alive = is_alive;
            console(&match is_alive {
                true => "turning again: /health says 200".to_owned(),
                false => {
                    let (due, age) = (seen.due().join(", "), age.as_secs());
                    format!("stalled: /health says 503: no turn for {age} s: {due}")
                }
            });
        }
        std::future::ready(())
    };
    let monitoring = monitoring.heartbeat(pulse.heartbeat());
    monitoring.every(Group::Always, "stalls", BEAT, look)
}
