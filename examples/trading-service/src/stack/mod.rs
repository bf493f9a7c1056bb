//! The resilience stack between the engine and the venues.

use crate::bars::Bars;
use crate::broker::Order;
use crate::engine::Live;
use crate::error::Error;
use crate::settings::Settings;
use crate::side::Venues;
use crate::trader::{Fate, Trader, TraderSummary};

/// What the stack is built from.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    /// Both venues, running.
    pub(crate) venues: &'a Venues,
    /// The settings of the run.
    pub(crate) settings: &'a Settings,
    /// What is replayed.
    pub(crate) bars: &'a Bars,
    /// What the run looks like from outside.
    pub(crate) live: &'a Live,
}

/// Brings orders to a known end whatever the venues do.
#[derive(Debug)]
pub(crate) enum Stack {}

impl Stack {
    /// Builds the stack.
    pub(crate) async fn build(_: Surroundings<'_>) -> Result<Self, Error> {
        Err(Error::Run("stack: not built".to_owned()))
    }
}

impl Trader for Stack {
    async fn execute(&self, _: &Order) -> Fate {
        match *self {}
    }

    fn summary(&self) -> TraderSummary {
        match *self {}
    }
}
