use std::sync::Arc;

use super::*;
use crate::{ManualClock, Time};

#[cfg(not(loom))]
mod model;
#[cfg(not(loom))]
mod rules;

const MILLI: Duration = Duration::from_millis(1);

fn fallback(config: FallbackConfig) -> (Fallback<u32>, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let fallback = Fallback::new("quotes", config, &env).expect("the config is valid");
    (fallback, clock)
}
