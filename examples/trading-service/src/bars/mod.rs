//! The daily bars: read, checked, and put in the order in which they are replayed.

mod date;
mod field;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

pub(crate) use date::Date;
pub(crate) use field::cents;
pub(crate) use read::{BadBars, Source};

/// A symbol's place in [`Bars::symbols`].
pub(crate) type SymbolId = usize;

/// One day of one symbol.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bar {
    /// What is traded.
    pub(crate) symbol: SymbolId,
    /// The day.
    pub(crate) date: Date,
    /// Closing price in cents, as it was paid: orders are priced with it.
    pub(crate) close: i64,
    /// Closing price without the jumps that splits and dividends make: strategies look at it.
    pub(crate) adjusted: f64,
    /// Shares held after this day's split for one held before; 1 on a day without one.
    pub(crate) split: u32,
}

/// All bars in the order of the trading clock: a bar's index is its time.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    /// By date, and within a date by symbol.
    pub(crate) all: Vec<Bar>,
    /// Names in alphabetical order.
    pub(crate) symbols: Vec<String>,
    /// What was left out, if leaving out was asked for.
    pub(crate) skipped: Skipped,
    /// Checksum of the file, by which a state folder knows its data again.
    pub(crate) digest: u32,
}

impl Bars {
    /// Returns the bars of each date as a range of [`Self::all`].
    pub(crate) fn days(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut start = 0;
        std::iter::from_fn(move || {
            let date = self.all.get(start)?.date;
            let length = self.all[start..].partition_point(|bar| bar.date == date);
            let day = start..start + length;
            start = day.end;
            Some(day)
        })
    }
}

/// The malformed bars that were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// How many.
    pub(crate) count: u64,
    /// What was wrong with the first few.
    pub(crate) first: Vec<BadBar>,
}

impl Skipped {
    /// So many are described; the rest is only counted.
    const DESCRIBED: usize = 3;

    fn push(&mut self, bar: BadBar) {
        self.count += 1;
        if self.first.len() < Self::DESCRIBED {
            self.first.push(bar);
        }
    }
}

/// What is wrong with a line of the file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadBar {
    line: u64,
    column: &'static str,
    rule: &'static str,
    value: String,
}

impl fmt::Display for BadBar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line, column, rule, ..
        } = self;
        write!(f, "line {line}, column {column}: {rule}, got ")?;
        if self.value.chars().count() <= 40 {
            write!(f, "{:?}", self.value)
        } else {
            write!(f, "{:?}…", self.value.chars().take(40).collect::<String>())
        }
    }
}
