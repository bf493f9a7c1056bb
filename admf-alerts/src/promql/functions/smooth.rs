//! Lines and curves through a window's samples.

use super::super::Semantics;
use super::super::error::QueryError;
use super::super::number::Sum;
use super::super::windows::Window;
use super::{Answer, Function};

pub(super) const FUNCTIONS: [Function; 4] = [
    Function::window("deriv", |window, _| {
        let [first, _, ..] = window.points else {
            return Ok(None);
        };
        Ok(Some(line(window, first.time).0))
    }),
    Function::window("predict_linear", |window, ahead| {
        if window.points.len() < 2 {
            return Ok(None);
        }
        let (slope, now) = line(window, window.time);
        Ok(Some(slope * ahead[0] + now))
    }),
    Function::window("holt_winters", smooth).only(Semantics::Prometheus2),
    Function::window("double_exponential_smoothing", smooth).only(Semantics::Prometheus3),
];

/// The line of least squares: slope per second, and height at a time.
fn line(window: &Window<'_>, at: i64) -> (f64, f64) {
    let points = window.level();
    let first = points.first().map_or(f64::NAN, |point| point.value);
    if points.iter().all(|point| point.value == first) {
        return match first.is_infinite() {
            true => (f64::NAN, f64::NAN),
            false => (0.0, first),
        };
    }
    let n = points.len() as f64;
    let (mut x, mut y, mut xy, mut xx) = <(Sum, Sum, Sum, Sum)>::default();
    for point in &*points {
        let time = (point.time - at) as f64 / 1000.0;
        x.add(time);
        y.add(point.value);
        xy.add(time * point.value);
        xx.add(time * time);
    }
    let older = window.semantics == Semantics::Prometheus2;
    if older && (y.sum.is_infinite() || xy.sum.is_infinite()) {
        return (f64::NAN, f64::NAN);
    }
    let [x, y, xy, xx] = [x, y, xy, xx].map(|it| it.sum + it.lost);
    let covariance = xy - x * y / n;
    let variance = xx - x * x / n;
    let slope = covariance / variance;
    (slope, y / n - slope * x / n)
}

/// Smooths level and trend by a factor each (Holt).
fn smooth(window: &Window<'_>, factors: &[f64]) -> Answer {
    let (level, trend) = (factors[0], factors[1]);
    for (name, factor) in [("smoothing", level), ("trend", trend)] {
        if factor <= 0.0 || factor >= 1.0 {
            let letter = &name[..1];
            let problem =
                format!("invalid {name} factor. Expected: 0 < {letter}f < 1, got: {factor:.6}");
            return Err(QueryError::failed(problem));
        }
    }
    let [first, second, ..] = window.points else {
        return Ok(None);
    };
    let mut slope = second.value - first.value;
    let (mut before, mut smoothed) = (0.0, first.value);
    for (i, point) in window.points[1..].iter().enumerate() {
        if i > 0 {
            slope = trend * (smoothed - before) + (1.0 - trend) * slope;
        }
        let next = level * point.value + (1.0 - level) * (smoothed + slope);
        (before, smoothed) = (smoothed, next);
    }
    Ok(Some(smoothed))
}
