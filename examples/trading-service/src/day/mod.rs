//! What goes wrong at the venues, and when: a scripted day that a seed makes repeatable.
//!
//! A fault hangs on the request and the seed alone, never on what was asked before it or on the
//! machine's clock. Two runs that ask the same things meet the same faults.

mod scenario;
#[cfg(test)]
mod tests;
mod weather;

use std::{fmt, str::FromStr, time::Duration};

pub(crate) use self::scenario::Scenario;
use self::weather::{Odds, Weather};

/// Names one of the two simulated venues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum VenueName {
    /// Where orders go first, and where the day's faults happen.
    Primary,
    /// Where orders go when the primary fails; calm but for the odd fault, except in a meltdown.
    Backup,
}

impl VenueName {
    /// Gives the name as it is spelt on the command line and in executions.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Backup => "backup",
        }
    }
}

impl fmt::Display for VenueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for VenueName {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [Self::Primary, Self::Backup]
            .into_iter()
            .find(|name| name.as_str() == text)
            .ok_or_else(|| UnknownName::new("name", "primary, backup", text))
    }
}

/// Says that a text is none of the names that a field can have, and which those are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownName {
    field: &'static str,
    valid: String,
    found: String,
}

impl UnknownName {
    fn new(field: &'static str, valid: impl Into<String>, found: &str) -> Self {
        Self {
            field,
            valid: valid.into(),
            found: found.to_owned(),
        }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            valid,
            found,
        } = self;
        write!(f, "{field}: must be one of {valid}, not {found:?}")
    }
}

impl std::error::Error for UnknownName {}

/// Names what a venue is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    /// To execute an order.
    Submit,
    /// What became of an order.
    Lookup,
    /// To cancel an order, or tell that it is too late.
    Cancel,
    /// All that was executed.
    Book,
    /// The price of a symbol.
    Quote,
    /// Whether it is well.
    Health,
}

/// Tells what happens to one request at a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: it is executed and answered.
    None,
    /// 503, and nothing was executed.
    Refuse,
    /// 500, although it was executed.
    FailAfter,
    /// It is executed, and the connection is closed without an answer.
    DropReply,
    /// It is executed this much later, whether or not the client still waits; not at all past a
    /// deadline that came with it.
    SlowBefore(Duration),
    /// It is executed at once and answered this much later.
    SlowAfter(Duration),
    /// 429 with this delay, and nothing was executed.
    RateLimited(Duration),
    /// Nothing is executed or answered, and the connection stays open until the client gives up.
    BlackHole,
}

impl Fault {
    /// Tells whether a client that waits `patience` is left without knowing that it was executed.
    #[cfg(test)]
    pub(crate) fn is_ambiguous(self, patience: Duration) -> bool {
        match self {
            Self::FailAfter | Self::DropReply => true,
            Self::SlowBefore(delay) | Self::SlowAfter(delay) => delay > patience,
            Self::None | Self::Refuse | Self::RateLimited(_) | Self::BlackHole => false,
        }
    }
}

/// Knows the faults of a whole day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    scenario: Scenario,
    seed: u64,
    bars: u64,
}

impl Day {
    /// Makes the day that `scenario` tells over `bars` bars, in the variation that is `seed`'s.
    pub(crate) const fn new(scenario: Scenario, seed: u64, bars: u64) -> Self {
        Self {
            scenario,
            seed,
            bars,
        }
    }

    /// Tells what happens to a request.
    ///
    /// `key` is the client id of an order or the symbol of a quote, `at` the trading clock, and
    /// `attempt` counts from 1 the times that the venue has seen this request at that time.
    pub(crate) fn fault(
        &self,
        venue: VenueName,
        request: Request,
        key: &str,
        at: u64,
        attempt: u32,
    ) -> Fault {
        let odds = self.odds(venue, request, at);
        let mut draw = Draw::new(self.seed);
        draw.mix(venue as u64);
        draw.mix(request as u64);
        draw.mix(at);
        draw.mix(u64::from(attempt));
        for byte in key.bytes() {
            draw.mix(u64::from(byte));
        }
        let lot = draw.below(1000);
        odds.fault(lot, |bound| draw.below(bound))
    }

    fn odds(&self, venue: VenueName, request: Request, at: u64) -> Odds {
        let weather = self.weather(at);
        let odds = match venue {
            VenueName::Primary => weather.at_primary(),
            VenueName::Backup => weather.at_backup(),
        };
        match request {
            Request::Quote => odds.with_fewer_waits(),
            _ => odds,
        }
    }

    fn weather(&self, at: u64) -> Weather {
        let percent = (u128::from(at) * 100)
            .checked_div(u128::from(self.bars))
            .unwrap_or(0);
        self.scenario
            .phases()
            .iter()
            .find(|(until, _)| percent < u128::from(*until))
            .map_or(Weather::Calm, |(_, weather)| *weather)
    }
}

/// Draws numbers that depend on nothing but what was mixed in (splitmix64).
struct Draw(u64);

impl Draw {
    fn new(seed: u64) -> Self {
        let mut draw = Self(0);
        draw.mix(seed);
        draw
    }

    fn mix(&mut self, word: u64) {
        let mut z = (self.0 ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.0 = z ^ (z >> 31);
    }

    /// Draws a number below `bound`, which is small enough that the remainder is fair.
    fn below(&mut self, bound: u64) -> u64 {
        self.mix(0);
        self.0 % bound
    }
}
