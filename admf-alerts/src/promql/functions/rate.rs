//! How a window's samples change.

use super::super::Semantics;
use super::super::windows::Window;
use super::{Answer, Function};

pub(super) const FUNCTIONS: [Function; 7] = [
    Function::window("rate", |window, _| Ok(extrapolated(window, true, true))),
    Function::window("increase", |window, _| {
        Ok(extrapolated(window, true, false))
    }),
    Function::window("delta", |window, _| Ok(extrapolated(window, false, false))),
    Function::window("irate", |window, _| Ok(instant(window, true))),
    Function::window("idelta", |window, _| Ok(instant(window, false))),
    Function::window("changes", changes),
    Function::window("resets", resets),
];

fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

/// What the window would show if it began and ended with a sample.
fn extrapolated(window: &Window<'_>, counter: bool, per_second: bool) -> Option<f64> {
    let points = window.level();
    let [first, .., last] = &*points else {
        return None;
    };
    let mut change = last.value - first.value;
    if counter {
        let pairs = points.windows(2);
        let resets = pairs.filter(|pair| pair[1].value < pair[0].value);
        // One by one: added up first, they would be rounded otherwise.
        resets.for_each(|pair| change += pair[0].value);
    }
    let sampled = seconds(last.time - first.time);
    let between = sampled / (points.len() - 1) as f64;
    let mut start = seconds(first.time - window.start);
    let mut end = seconds(window.end - last.time);
    // A counter cannot have been below zero.
    let begun = window.points.first().map_or(f64::NAN, |it| it.value);
    let zero = match counter && change > 0.0 && begun >= 0.0 {
        true => sampled * (begun / change),
        false => f64::INFINITY,
    };
    // A series that begins or ends inside the window is taken to do so half an interval away.
    let far = between * 1.1;
    if window.semantics == Semantics::Prometheus2 {
        start = start.min(zero);
    }
    if start >= far {
        start = between / 2.0;
    }
    if end >= far {
        end = between / 2.0;
    }
    let mut factor = (sampled + start.min(zero) + end) / sampled;
    if per_second {
        factor /= seconds(window.end - window.start);
    }
    Some(change * factor)
}

fn instant(window: &Window<'_>, rate: bool) -> Option<f64> {
    let points = window.level();
    let [.., before, last] = &*points else {
        return None;
    };
    let reset = rate && last.value < before.value;
    let change = if reset {
        last.value
    } else {
        last.value - before.value
    };
    match rate {
        true => Some(change / seconds(last.time - before.time)),
        false => Some(change),
    }
}

fn changes(window: &Window<'_>, _: &[f64]) -> Answer {
    let pairs = window.points.windows(2);
    let changed = pairs.filter(|pair| {
        let (a, b) = (pair[0].value, pair[1].value);
        a != b && !(a.is_nan() && b.is_nan())
    });
    Ok(Some(changed.count() as f64))
}

fn resets(window: &Window<'_>, _: &[f64]) -> Answer {
    let pairs = window.points.windows(2);
    Ok(Some(
        pairs.filter(|pair| pair[1].value < pair[0].value).count() as f64,
    ))
}
