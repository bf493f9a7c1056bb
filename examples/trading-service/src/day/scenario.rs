//! The days that can be played, as phases of weather over the bars.

use std::{fmt, str::FromStr};

use super::{UnknownName, weather::Weather};

/// Names a scripted day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Nothing goes wrong.
    Calm,
    /// Some requests fail, and some of those after they were executed.
    Flaky,
    /// The primary is down for the middle of the day.
    Outage,
    /// Answers are late.
    Slow,
    /// The primary wants fewer requests.
    RateLimited,
    /// The primary is mostly down, the backup flaky and slow.
    Meltdown,
    /// All of these, one after the other, between a calm start and a calm end.
    #[default]
    Default,
}

impl Scenario {
    /// Lists all of them, in the order in which they are documented.
    pub(crate) const ALL: [Self; 7] = [
        Self::Calm,
        Self::Flaky,
        Self::Outage,
        Self::Slow,
        Self::RateLimited,
        Self::Meltdown,
        Self::Default,
    ];

    /// Gives the name as it is spelt on the command line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Flaky => "flaky",
            Self::Outage => "outage",
            Self::Slow => "slow",
            Self::RateLimited => "rate-limited",
            Self::Meltdown => "meltdown",
            Self::Default => "default",
        }
    }

    /// Gives each phase's end, in percent of the day's bars, and its weather; calm after the last.
    ///
    /// The ends of the day are calm in all of them, so that a client can settle what is open.
    pub(super) const fn phases(self) -> &'static [(u8, Weather)] {
        match self {
            Self::Calm => &[],
            Self::Flaky => &[(10, Weather::Calm), (85, Weather::Flaky)],
            Self::Outage => &[(35, Weather::Calm), (65, Weather::Outage)],
            Self::Slow => &[(35, Weather::Calm), (65, Weather::Slow)],
            Self::RateLimited => &[(10, Weather::Calm), (85, Weather::RateLimited)],
            Self::Meltdown => &[(40, Weather::Calm), (60, Weather::Meltdown)],
            Self::Default => &[
                (10, Weather::Calm),
                (35, Weather::Flaky),
                (45, Weather::Slow),
                (50, Weather::Calm),
                (60, Weather::RateLimited),
                (70, Weather::Outage),
                (75, Weather::Calm),
                (85, Weather::Meltdown),
            ],
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scenario {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.as_str() == text)
            .ok_or_else(|| {
                UnknownName::new("scenario", Self::ALL.map(Self::as_str).join(", "), text)
            })
    }
}
