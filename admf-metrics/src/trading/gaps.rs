//! Finds what a feed left out.

use std::fmt;

/// What the time of a point tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is the first.
    First,
    /// It is later than all before.
    Next {
        /// How many points should have come between it and the one before.
        missing: u64,
    },
    /// It has the time of the latest one.
    Duplicate,
    /// It is earlier than the latest one, and changes nothing.
    OutOfOrder,
}

/// Finds the points that one symbol's feed left out, by the times of those that came.
///
/// Times are whatever has an order: dates, or numbers of seconds or bars. What should have come
/// between two of them only the market knows; that is the closure.
///
/// A point that comes late is out of order: the gap that it fills was counted when a later one came,
/// and stays counted, since it was not there in time.
///
/// # Examples
///
/// ```
/// use admf_metrics::trading::{Arrival, GapDetector};
///
/// let mut minutes = GapDetector::every(60);
/// assert_eq!(minutes.observe(600), Arrival::First);
/// assert_eq!(minutes.observe(660), Arrival::Next { missing: 0 });
/// assert_eq!(minutes.observe(900), Arrival::Next { missing: 3 });
/// assert_eq!(minutes.observe(900), Arrival::Duplicate);
/// assert_eq!(minutes.observe(720), Arrival::OutOfOrder);
///
/// // Bars of days that are trading days: of those between, none is expected at the weekend.
/// let weekend = |day: u32| day % 7 >= 5;
/// let between = move |before: u32, next: u32| (before + 1..next).filter(|day| !weekend(*day)).count();
/// let mut days = GapDetector::new(move |before, next| between(before, next) as u64);
/// days.observe(4);
/// assert_eq!(days.observe(7), Arrival::Next { missing: 0 });
/// ```
#[derive(Clone)]
pub struct GapDetector<T, F> {
    between: F,
    latest: Option<T>,
}

impl<T: Copy + Ord, F: Fn(T, T) -> u64> GapDetector<T, F> {
    /// Creates one that knows by `between` how many points are expected after its first argument and
    /// before its second, which is always later.
    #[must_use]
    pub const fn new(between: F) -> Self {
        Self {
            between,
            latest: None,
        }
    }

    /// Takes the time of the point that came.
    pub fn observe(&mut self, at: T) -> Arrival {
        match self.latest {
            Some(latest) if at < latest => return Arrival::OutOfOrder,
            Some(latest) if at == latest => return Arrival::Duplicate,
            _ => {}
        }
        self.latest.replace(at).map_or(Arrival::First, |latest| {
            let missing = (self.between)(latest, at);
            Arrival::Next { missing }
        })
    }
}

impl GapDetector<u64, fn(u64, u64) -> u64> {
    /// Creates one for points that come every `step`, at all hours. Each time may be off by less than a quarter
    /// of it;
    /// a step of 0 is taken for 1.
    #[must_use]
    pub const fn every(step: u64) -> GapDetector<u64, impl Fn(u64, u64) -> u64 + Copy> {
        let step = if step == 0 { 1 } else { step };
        GapDetector::new(move |before: u64, next: u64| {
            let apart = next.saturating_sub(before);
            let steps = apart / step + u64::from(apart % step >= step.div_ceil(2));
            steps.saturating_sub(1)
        })
    }
}

impl<T: fmt::Debug, F> fmt::Debug for GapDetector<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GapDetector")
            .field("latest", &self.latest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_injected_gap_of_n_is_found_as_exactly_n(
            step in 1_u64..100_000,
            gaps in prop::collection::vec(0_u64..1_000, 1..50),
            jitter in 0.0..0.249_f64,
        ) {
            let mut detector = GapDetector::every(step);
            detector.observe(0);
            let (mut place, mut late) = (0, false);
            for gap in gaps {
                place += gap + 1;
                late = !late;
                let off = if late { (step as f64 * jitter) as u64 } else { 0 };
                prop_assert_eq!(detector.observe(place * step + off), Arrival::Next { missing: gap });
            }
        }

        #[test]
        fn whatever_the_order_the_gaps_are_those_between_the_times_that_were_the_latest(
            times in prop::collection::vec(0_u64..50, 1..100),
        ) {
            let mut detector = GapDetector::new(|before: u64, next: u64| next - before - 1);
            let (mut missing, mut again, mut early) = (0, 0, 0);
            for (place, at) in times.iter().enumerate() {
                let latest = times[..place].iter().max();
                match detector.observe(*at) {
                    Arrival::First => prop_assert!(latest.is_none()),
                    Arrival::Next { missing: n } => missing += n,
                    Arrival::Duplicate => { prop_assert_eq!(latest, Some(at)); again += 1; }
                    Arrival::OutOfOrder => { prop_assert!(latest > Some(at)); early += 1; }
                }
            }
            let (first, last) = (times[0], times.iter().max().copied().unwrap_or(0));
            let kept = times.len() as u64 - again - early;
            prop_assert_eq!(missing, last + 1 - first - kept);
        }
    }

    #[test]
    fn no_step_and_no_time_panics() {
        for step in [0, 1, u64::MAX] {
            let mut detector = GapDetector::every(step);
            for at in [0, u64::MAX, 1] {
                detector.observe(at);
            }
        }
    }
}
