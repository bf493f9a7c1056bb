use std::sync::Arc;

use super::*;
use crate::ManualClock;

mod concurrent;
#[cfg(not(loom))]
mod model;
#[cfg(not(loom))]
mod rules;

fn fallback(config: FallbackConfig) -> (Fallback<u32>, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let fallback = Fallback::new("quotes", config, &env).expect("the config is valid");
    (fallback, clock)
}
