//! What was expected, and what there is.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::labels::{Labels, Quoted};

/// Labels, `alertname` among them, and annotations; an empty value is not the same as none.
pub(super) type Alert = (BTreeMap<String, String>, BTreeMap<String, String>);

/// A series and its value.
pub(super) type Sample = (Labels, f64);

/// Takes out of both what is in both, each once.
pub(super) fn differences<T>(
    expected: Vec<T>,
    got: Vec<T>,
    same: impl Fn(&T, &T) -> bool,
) -> (Vec<T>, Vec<T>) {
    let (mut missing, mut left) = (Vec::new(), got);
    for it in expected {
        match left.iter().position(|got| same(&it, got)) {
            Some(at) => drop(left.remove(at)),
            None => missing.push(it),
        }
    }
    (missing, left)
}

pub(super) fn shown_alert((labels, annotations): &Alert) -> String {
    let labels = labels.iter().filter(|(name, _)| *name != "alertname");
    let mut shown = pairs(labels);
    if !annotations.is_empty() {
        write!(shown, " says {}", pairs(annotations)).expect("a text takes all");
    }
    shown
}

fn pairs<'p>(pairs: impl IntoIterator<Item = (&'p String, &'p String)>) -> String {
    let pairs = pairs.into_iter();
    let pairs = pairs.map(|(name, value)| format!("{name}={}", Quoted(value)));
    let pairs: Vec<_> = pairs.collect();
    format!("{{{}}}", pairs.join(", "))
}

pub(super) fn shown_sample((labels, value): &Sample) -> String {
    format!("{labels} {value}")
}

/// Says whether two samples are the same. NaN is equal to nothing, as in promtool, but where it is lenient.
pub(super) fn same_sample((a, x): &Sample, (b, y): &Sample, fuzzy: bool) -> bool {
    a == b && (x == y || fuzzy && close(*x, *y))
}

/// No more than the last bit is another.
fn close(x: f64, y: f64) -> bool {
    let apart = x.to_bits().abs_diff(y.to_bits());
    x.is_nan() && y.is_nan() || x.is_sign_negative() == y.is_sign_negative() && apart <= 1
}
