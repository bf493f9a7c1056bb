//! From number to number.

use std::f64::consts::PI;

use super::super::Semantics::Prometheus3;
use super::super::number::{max, min};
use super::{Body, Function};

pub(super) const FUNCTIONS: [Function; 29] = [
    Function::map("abs", f64::abs),
    Function::map("ceil", f64::ceil),
    Function::map("floor", f64::floor),
    Function::map("exp", f64::exp),
    Function::map("ln", f64::ln),
    Function::map("log2", f64::log2),
    Function::map("log10", f64::log10),
    Function::map("sqrt", f64::sqrt),
    Function::map("sgn", sign),
    Function::map("sin", f64::sin),
    Function::map("cos", f64::cos),
    Function::map("tan", f64::tan),
    Function::map("asin", f64::asin),
    Function::map("acos", f64::acos),
    Function::map("atan", f64::atan),
    Function::map("sinh", f64::sinh),
    Function::map("cosh", f64::cosh),
    Function::map("tanh", f64::tanh),
    Function::map("asinh", f64::asinh),
    Function::map("acosh", f64::acosh),
    Function::map("atanh", f64::atanh),
    Function::map("deg", |value| value * 180.0 / PI),
    Function::map("rad", |value| value * PI / 180.0),
    Function::new("round", Body::Params(round)),
    Function::new("clamp", Body::Params(clamp)),
    Function::new(
        "clamp_min",
        Body::Params(|value, low| Some(max(value, low[0]))),
    ),
    Function::new(
        "clamp_max",
        Body::Params(|value, high| Some(min(value, high[0]))),
    ),
    Function::special("min_of", |eval, args, time| {
        let (a, b) = (eval.scalar(&args[0], time)?, eval.scalar(&args[1], time)?);
        Ok(super::super::value::Value::Scalar(min(a, b)))
    })
    .only(Prometheus3),
    Function::special("max_of", |eval, args, time| {
        let (a, b) = (eval.scalar(&args[0], time)?, eval.scalar(&args[1], time)?);
        Ok(super::super::value::Value::Scalar(max(a, b)))
    })
    .only(Prometheus3),
];

fn sign(value: f64) -> f64 {
    match value {
        value if value < 0.0 => -1.0,
        value if value > 0.0 => 1.0,
        value => value,
    }
}

/// To the nearest multiple, half of it upwards. The inverse keeps small ones exact.
fn round(value: f64, nearest: &[f64]) -> Option<f64> {
    let inverse = 1.0 / nearest.first().copied().unwrap_or(1.0);
    Some((value * inverse + 0.5).floor() / inverse)
}

fn clamp(value: f64, bounds: &[f64]) -> Option<f64> {
    let (low, high) = (bounds[0], bounds[1]);
    (high >= low || high.is_nan() || low.is_nan()).then(|| max(low, min(high, value)))
}
