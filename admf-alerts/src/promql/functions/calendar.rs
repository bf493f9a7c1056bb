//! Parts of a date, in UTC.

use super::super::time::Date;
use super::{Body, Function};

pub(super) const FUNCTIONS: [Function; 8] = [
    Function::new("minute", Body::Calendar(|at| part(at, 3_600, 60))),
    Function::new("hour", Body::Calendar(|at| part(at, 86_400, 3_600))),
    Function::new("day_of_week", Body::Calendar(day_of_week)),
    Function::new("day_of_month", Body::Calendar(|at| of(at).day as f64)),
    Function::new(
        "day_of_year",
        Body::Calendar(|at| of(at).day_of_year() as f64),
    ),
    Function::new(
        "days_in_month",
        Body::Calendar(|at| of(at).days_in_month() as f64),
    ),
    Function::new("month", Body::Calendar(|at| of(at).month as f64)),
    Function::new("year", Body::Calendar(|at| of(at).year as f64)),
];

fn of(at: i64) -> Date {
    Date::of_day(wide(at).div_euclid(86_400))
}

/// Seconds since the epoch, where what is before the first year that Go knows is after the last.
fn wide(at: i64) -> i128 {
    let at = i128::from(at);
    if at < -9_223_372_028_715_321_600 {
        at + (1 << 64)
    } else {
        at
    }
}

/// How many `units` have passed of the `whole`.
fn part(at: i64, whole: i128, unit: i128) -> f64 {
    (wide(at).rem_euclid(whole) / unit) as f64
}

/// The epoch was a Thursday.
fn day_of_week(at: i64) -> f64 {
    (wide(at).div_euclid(86_400) + 4).rem_euclid(7) as f64
}
