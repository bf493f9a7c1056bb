//! Times and lengths of time, as Go has them.

mod layout;

use std::fmt;
use std::time::Duration;

/// A time in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time {
    /// Since the Unix epoch.
    seconds: i64,
    nanos: u32,
}

const SECOND: i128 = 1_000_000_000;

impl Time {
    /// What Go has for no time: the first second of the year 1.
    pub(super) const ZERO: Self = Self {
        seconds: -62_135_596_800,
        nanos: 0,
    };

    /// The time so long after the Unix epoch.
    pub(super) fn after_epoch(since: Duration) -> Self {
        Self {
            seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            nanos: since.subsec_nanos(),
        }
    }

    pub(super) fn seconds(self) -> i64 {
        self.seconds
    }

    fn nanos(self) -> i128 {
        i128::from(self.seconds) * SECOND + i128::from(self.nanos)
    }

    /// How long it is after another; as long as a length can be, where it is longer.
    pub(super) fn since(self, other: Self) -> Length {
        let nanos = self.nanos() - other.nanos();
        let nearest = if nanos < 0 { i64::MIN } else { i64::MAX };
        Length(i64::try_from(nanos).unwrap_or(nearest))
    }

    pub(super) fn plus(self, length: Length) -> Result<Self, String> {
        let nanos = self.nanos() + i128::from(length.0);
        let seconds = i64::try_from(nanos.div_euclid(SECOND));
        let nanos = u32::try_from(nanos.rem_euclid(SECOND));
        match (seconds, nanos) {
            (Ok(seconds), Ok(nanos)) => Ok(Self { seconds, nanos }),
            _ => Err("the time is out of the calendar".to_owned()),
        }
    }

    /// Writes it as a layout of Go shows a certain second of 2006.
    pub(super) fn formatted(self, layout: &str) -> Result<String, String> {
        layout::formatted(self.seconds, self.nanos, layout)
    }

    /// Writes it as Go prints it.
    pub(super) fn shown(self) -> Result<String, String> {
        self.formatted("2006-01-02 15:04:05.999999999 -0700 MST")
    }
}

/// A length of time, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Length(pub(super) i64);

impl Length {
    pub(super) fn in_units_of(self, nanos: i64) -> f64 {
        // As Go has it, whole units and the rest apart.
        (self.0 / nanos) as f64 + (self.0 % nanos) as f64 / nanos as f64
    }

    pub(super) fn truncated(self, unit: Self) -> Self {
        if unit.0 <= 0 {
            return self;
        }
        Self(self.0 - self.0 % unit.0)
    }

    /// To the nearest multiple; of two that are as near the one farther from zero.
    pub(super) fn rounded(self, unit: Self) -> Self {
        if unit.0 <= 0 {
            return self;
        }
        let rest = self.0 % unit.0;
        let near = i128::from(rest.unsigned_abs()) * 2 < i128::from(unit.0);
        let step = if self.0 < 0 { -unit.0 } else { unit.0 };
        match near {
            true => Self(self.0 - rest),
            false => Self((self.0 - rest).saturating_add(step)),
        }
    }
}

/// `1h0m3.5s`, `1.5ms`, `0s`.
impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let (unit, of) = match nanos {
            0 => return f.write_str("0s"),
            1..1_000 => ("ns", 1),
            1_000..1_000_000 => ("µs", 1_000),
            1_000_000..1_000_000_000 => ("ms", 1_000_000),
            _ => ("s", 1_000_000_000),
        };
        let whole = nanos / of;
        let (hours, minutes) = (whole / 3_600, whole / 60 % 60);
        f.write_str(sign)?;
        let whole = match unit {
            "s" if hours > 0 => {
                write!(f, "{hours}h{minutes}m")?;
                whole % 60
            }
            "s" if minutes > 0 => {
                write!(f, "{minutes}m")?;
                whole % 60
            }
            _ => whole,
        };
        write!(f, "{whole}")?;
        let digits = of.ilog10() as usize;
        let rest = format!("{:0digits$}", nanos % of);
        let rest = rest.trim_end_matches('0');
        if digits > 0 && !rest.is_empty() {
            write!(f, ".{rest}")?;
        }
        f.write_str(unit)
    }
}
