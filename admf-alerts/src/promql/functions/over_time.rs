//! A window's samples into one value.

use super::super::Semantics;
use super::super::aggregate::extremum;
use super::super::number::{Mean, Spread, Sum, quantile};
use super::super::older::Moving;
use super::super::windows::Window;
use super::{Answer, Body, Function};

pub(super) const FUNCTIONS: [Function; 10] = [
    Function::window("sum_over_time", |window, _| {
        let mut sum = Sum::default();
        values(window).for_each(|value| sum.add(value));
        Ok(Some(sum.total()))
    }),
    Function::window("avg_over_time", |window, _| Ok(Some(mean(window)))),
    Function::window("count_over_time", |window, _| {
        Ok(Some(window.points.len() as f64))
    }),
    Function::window("min_over_time", |window, _| {
        Ok(Some(extremum(values(window), |new, old| new < old)))
    }),
    Function::window("max_over_time", |window, _| {
        Ok(Some(extremum(values(window), |new, old| new > old)))
    }),
    Function::window("stddev_over_time", |window, _| {
        Ok(Some(variance(window).sqrt()))
    }),
    Function::window("stdvar_over_time", |window, _| Ok(Some(variance(window)))),
    Function::window("quantile_over_time", |window, q| {
        let mut values: Vec<_> = values(window).collect();
        Ok(Some(quantile(q[0], &mut values)))
    }),
    Function::window("present_over_time", |_, _| Ok(Some(1.0))),
    Function::new(
        "last_over_time",
        Body::Window {
            named: true,
            of: last,
        },
    ),
];

fn values<'w>(window: &'w Window<'_>) -> impl Iterator<Item = f64> + 'w {
    window.points.iter().map(|point| point.value)
}

fn mean(window: &Window<'_>) -> f64 {
    if window.semantics == Semantics::Prometheus2 {
        let mut mean = Moving::default();
        values(window).for_each(|value| mean.add(value));
        return mean.mean();
    }
    let mut mean = Mean::default();
    values(window).for_each(|value| mean.add(value));
    mean.mean()
}

fn variance(window: &Window<'_>) -> f64 {
    let mut spread = Spread::default();
    values(window).for_each(|value| spread.add(value));
    let variance = spread.variance();
    // What overflowed was no number before.
    match window.semantics {
        Semantics::Prometheus2 if variance.is_infinite() => f64::NAN,
        _ => variance,
    }
}

fn last(window: &Window<'_>, _: &[f64]) -> Answer {
    Ok(window.points.last().map(|point| point.value))
}
