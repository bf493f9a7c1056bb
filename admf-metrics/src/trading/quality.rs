//! Scores how good data are.

use std::collections::VecDeque;
use std::fmt;

use super::gaps::Arrival;

/// Says what data are held to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QualityConfig {
    /// How many expected points are looked at, 1 to 100,000; 100 by default.
    pub window: usize,
    /// Of how many there must be at least, 1 to `window`, for a score; 20 by default.
    pub minimum: usize,
    /// How much completeness counts, as an exponent from 0 (not at all) to 10; 1 by default.
    pub completeness: f64,
    /// How much timeliness counts, likewise.
    pub timeliness: f64,
    /// How much validity counts, likewise.
    pub validity: f64,
}

impl Default for QualityConfig {
    fn default() -> Self {
        Self {
            window: 100,
            minimum: 20,
            completeness: 1.0,
            timeliness: 1.0,
            validity: 1.0,
        }
    }
}

/// What one point was like that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Whether it came in time.
    pub timely: bool,
    /// Whether it said what it may say.
    pub valid: bool,
}

impl Point {
    /// A point in time that says what it may.
    pub const GOOD: Self = Self {
        timely: true,
        valid: true,
    };
}

/// Scores the last points of one symbol's feed.
///
/// Of the last `window` points that should have come, `completeness` is the part that came; of those
/// that came, `timeliness` is the part that came in time and `validity` the part that was valid:
///
/// `score = completeness ^ a × timeliness ^ b × validity ^ c`
///
/// with the exponents of [`QualityConfig`]. It lies between 0 and 1, is 1 where nothing is wrong, and
/// a point that goes wrong never raises it. Where points were expected and none came it is 0. Duplicates and
/// points out of order are no expected points.
///
/// # Examples
///
/// ```
/// use admf_metrics::trading::{Arrival, Point, Quality, QualityConfig};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut quality = Quality::new(QualityConfig { window: 10, minimum: 5, ..Default::default() })?;
/// for _ in 0..4 {
///     quality.observe(Arrival::Next { missing: 0 }, Point::GOOD);
/// }
/// assert_eq!(quality.score(), None); // too few to say
///
/// quality.observe(Arrival::Next { missing: 3 }, Point { timely: false, ..Point::GOOD });
/// // 5 of 8 came, and 4 of the 5 in time.
/// assert_eq!(quality.score(), Some(5.0 / 8.0 * (4.0 / 5.0)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Quality {
    config: QualityConfig,
    /// `None` for a point that did not come.
    last: VecDeque<Option<Point>>,
    present: usize,
    timely: usize,
    valid: usize,
}

impl Quality {
    /// Creates one that has seen no points yet.
    ///
    /// # Errors
    ///
    /// A number of the config is out of its bounds.
    pub fn new(config: QualityConfig) -> Result<Self, QualityError> {
        let QualityConfig {
            window, minimum, ..
        } = config;
        let refused = |field, rule: &str, value: &dyn fmt::Display| {
            let rule = format!("{rule}, got {value}");
            Err(QualityError { field, rule })
        };
        if !(1..=100_000).contains(&window) {
            return refused("window", "must be from 1 to 100000", &window);
        }
        if !(1..=window).contains(&minimum) {
            let rule = format!("must be from 1 to the window ({window})");
            return refused("minimum", &rule, &minimum);
        }
        for (field, weight) in [
            ("completeness", config.completeness),
            ("timeliness", config.timeliness),
            ("validity", config.validity),
        ] {
            if !(0.0..=10.0).contains(&weight) {
                return refused(field, "must be from 0 to 10", &weight);
            }
        }
        Ok(Self {
            config,
            last: VecDeque::with_capacity(window),
            present: 0,
            timely: 0,
            valid: 0,
        })
    }

    /// Takes a point that came, and those that its arrival shows to be missing.
    pub fn observe(&mut self, arrival: Arrival, point: Point) {
        match arrival {
            Arrival::Duplicate | Arrival::OutOfOrder => return,
            Arrival::First => {}
            Arrival::Next { missing } => {
                let window = self.config.window;
                for _ in 0..usize::try_from(missing).unwrap_or(window).min(window) {
                    self.push(None);
                }
            }
        }
        self.push(Some(point));
    }

    /// Returns the score; `None` while there are fewer points than the minimum.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        let expected = self.last.len();
        if expected < self.config.minimum {
            return None;
        }
        if self.present == 0 {
            return Some(0.0);
        }
        let part = |of: usize, all: usize, weight: f64| (of as f64 / all as f64).powf(weight);
        let config = &self.config;
        let completeness = part(self.present, expected, config.completeness);
        let timeliness = part(self.timely, self.present, config.timeliness);
        Some(completeness * timeliness * part(self.valid, self.present, config.validity))
    }

    fn push(&mut self, point: Option<Point>) {
        if self.last.len() == self.config.window {
            let oldest = self.last.pop_front().flatten();
            self.count(oldest, |n, by| *n -= by);
        }
        self.last.push_back(point);
        self.count(point, |n, by| *n += by);
    }

    fn count(&mut self, point: Option<Point>, add: impl Fn(&mut usize, usize)) {
        if let Some(point) = point {
            add(&mut self.present, 1);
            add(&mut self.timely, usize::from(point.timely));
            add(&mut self.valid, usize::from(point.valid));
        }
    }
}

/// Reports a number of a [`QualityConfig`] that is out of its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityError {
    field: &'static str,
    rule: String,
}

impl fmt::Display for QualityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "quality: {} {}", self.field, self.rule)
    }
}

impl std::error::Error for QualityError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A feed as a list of its expected points.
    fn score(config: QualityConfig, points: &[Option<Point>]) -> Option<f64> {
        let mut quality = Quality::new(config).unwrap();
        points.iter().for_each(|point| quality.push(*point));
        quality.score()
    }

    fn points() -> impl Strategy<Value = Vec<Option<Point>>> {
        let point = (any::<bool>(), any::<bool>());
        let point = point.prop_map(|(timely, valid)| Point { timely, valid });
        prop::collection::vec(prop::option::weighted(0.8, point), 1..60)
    }

    fn configs() -> impl Strategy<Value = QualityConfig> {
        (1_usize..40, 0.0..10.0_f64, 0.0..10.0_f64, 0.0..10.0_f64).prop_map(
            |(window, completeness, timeliness, validity)| QualityConfig {
                window,
                minimum: 1,
                completeness,
                timeliness,
                validity,
            },
        )
    }

    proptest! {
        #[test]
        fn a_score_lies_between_0_and_1_and_is_that_of_the_last_window_alone(
            config in configs(),
            points in points(),
        ) {
            let whole = score(config, &points).unwrap();
            prop_assert!((0.0..=1.0).contains(&whole));
            let last = &points[points.len().saturating_sub(config.window)..];
            prop_assert_eq!(score(config, last), Some(whole));
        }

        #[test]
        fn a_point_that_goes_wrong_never_raises_the_score(
            config in configs(),
            points in points(),
            place in any::<prop::sample::Index>(),
            how in 0..3,
        ) {
            let mut worse = points.clone();
            let point = place.index(points.len());
            match (&mut worse[point], how) {
                (Some(point), 0) => point.timely = false,
                (Some(point), 1) => point.valid = false,
                // A good one that does not come; of a bad one less is wrong where it stays away.
                (point, _) if *point == Some(Point::GOOD) => *point = None,
                _ => {}
            }
            let (before, after) = (score(config, &points), score(config, &worse));
            prop_assert!(after.unwrap() <= before.unwrap() + 1e-12, "{:?} {:?}", before, after);
        }
    }

    #[test]
    fn nothing_wrong_is_1_and_nothing_there_is_0() {
        let config = QualityConfig::default();
        assert_eq!(score(config, &[Some(Point::GOOD); 20]), Some(1.0));
        assert_eq!(score(config, &[None; 20]), Some(0.0));
        assert_eq!(score(config, &[Some(Point::GOOD); 19]), None);
    }

    #[test]
    fn a_gap_longer_than_the_window_costs_no_more_than_the_window() {
        let mut quality = Quality::new(QualityConfig::default()).unwrap();
        quality.observe(Arrival::First, Point::GOOD);
        quality.observe(Arrival::Next { missing: u64::MAX }, Point::GOOD);
        assert_eq!(quality.score(), Some(0.01));
        for arrival in [Arrival::Duplicate, Arrival::OutOfOrder] {
            quality.observe(arrival, Point::GOOD);
        }
        assert_eq!(quality.score(), Some(0.01));
    }

    #[test]
    fn a_config_out_of_bounds_is_refused_by_field_rule_and_value() {
        let refused = |config| Quality::new(config).unwrap_err().to_string();
        let config = QualityConfig::default();
        assert_eq!(
            refused(QualityConfig {
                window: 0,
                ..config
            }),
            "quality: window must be from 1 to 100000, got 0"
        );
        assert_eq!(
            refused(QualityConfig {
                minimum: 101,
                ..config
            }),
            "quality: minimum must be from 1 to the window (100), got 101"
        );
        let config = QualityConfig {
            validity: f64::NAN,
            ..config
        };
        assert_eq!(
            refused(config),
            "quality: validity must be from 0 to 10, got NaN"
        );
    }
}
