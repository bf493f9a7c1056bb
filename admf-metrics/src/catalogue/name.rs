//! What a name must be: valid, and one that `promtool check metrics` finds nothing wrong with.

use admf_exposition::units::{ABBREVIATED, base_of};

use super::check::Checked;
use super::{Kind, Metric};

const KINDS: [&str; 4] = ["counter", "gauge", "histogram", "summary"];

pub(super) fn check_name(metric: &Metric) -> Checked {
    if !is_name(metric.name) {
        return Err("name must match [a-zA-Z_][a-zA-Z0-9_]*".to_owned());
    }
    if let Some(problem) = lint(metric.name) {
        return Err(problem);
    }
    match metric.kind {
        Kind::Counter if !metric.name.ends_with("_total") => {
            return Err("name of a counter must end in `_total`".to_owned());
        }
        Kind::Gauge | Kind::Histogram if metric.name.ends_with("_total") => {
            return Err(format!(
                "name of a {} must not end in `_total`",
                metric.kind
            ));
        }
        _ => {}
    }
    // Without the underscore, because the exporter writes `x_account` for the `_count` of a histogram
    // called `x_account`: it takes the suffix for given.
    let suffixes = ["bucket", "sum", "count"];
    let reserved = match metric.kind {
        Kind::Histogram => suffixes.into_iter().find(|s| metric.name.ends_with(s)),
        _ => suffixes
            .into_iter()
            .find(|s| metric.name.ends_with(&format!("_{s}"))),
    };
    match reserved {
        Some(suffix) => Err(format!(
            "name of a {} must not end in `{suffix}`",
            metric.kind
        )),
        None => Ok(()),
    }
}

/// Finds what promtool's linter would say.
fn lint(name: &str) -> Option<String> {
    if is_camel_case(name) {
        return Some("name must be in snake case".to_owned());
    }
    // A word that the name begins with is the thing that is measured, for the linter as well.
    let words = name.split('_').enumerate();
    words.into_iter().find_map(|(i, word)| {
        let word = word.to_ascii_lowercase();
        if let Some(base) = base_of(&word).filter(|base| *base != word) {
            return Some(format!(
                "name must use the base unit `{base}`, not `{word}`"
            ));
        }
        if i == 0 {
            return None;
        }
        if KINDS.contains(&word.as_str()) {
            return Some(format!("name must not include the kind `{word}`"));
        }
        ABBREVIATED
            .contains(&word.as_str())
            .then(|| format!("name must not abbreviate a unit, but has `{word}`"))
    })
}

pub(super) fn is_camel_case(name: &str) -> bool {
    let pairs = name.as_bytes().windows(2);
    pairs
        .into_iter()
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

pub(super) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
