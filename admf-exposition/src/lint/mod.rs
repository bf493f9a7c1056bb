//! What `promtool check metrics` says of names, in its words.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use crate::kind::Kind;
use crate::model::{Exposition, Family};
use crate::units;

/// Says what is unusual about a metric, as promtool does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Lint<'t> {
    /// The metric.
    pub metric: &'t str,
    /// What promtool 2.42 says, to the letter.
    pub message: Cow<'static, str>,
}

/// As promtool prints it.
impl fmt::Display for Lint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.metric, self.message)
    }
}

/// Checks names, help and labels by the rules of `promtool check metrics`, sorted and each once.
///
/// What has no samples is not looked at. Of several units in one name the first is named, where promtool
/// takes any.
///
/// # Examples
///
/// ```
/// use admf_exposition::{lint, parse};
///
/// # fn main() -> Result<(), admf_exposition::Problem> {
/// let exposition = parse("# TYPE calls counter\ncalls 1\n")?;
/// let said: Vec<_> = lint(&exposition).iter().map(ToString::to_string).collect();
/// assert_eq!(said, ["calls counter metrics should have \"_total\" suffix", "calls no help text"]);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn lint<'t>(exposition: &Exposition<'t>) -> Vec<Lint<'t>> {
    let families = exposition.families().iter();
    let exposed = families.filter(|family| !family.samples.is_empty());
    let lints: BTreeSet<_> = exposed.flat_map(of).collect();
    lints.into_iter().collect()
}

fn of<'t>(family: &Family<'t>) -> impl Iterator<Item = Lint<'t>> + use<'t> {
    let metric = family.name;
    let lower = metric.to_ascii_lowercase();
    let mut said = Vec::new();
    if family.help.is_none() {
        said.push("no help text".into());
    }
    said.extend(not_base(metric).map(Cow::Owned));
    suffixes(family, &mut said);
    labels(family, &mut said);
    for kind in [
        "counter",
        "gauge",
        "summary",
        "histogram",
        "gauge_histogram",
    ] {
        if has_word(&lower, kind) {
            said.push(format!("metric name should not include type '{kind}'").into());
        }
    }
    if metric.contains(':') {
        said.push("metric names should not contain ':'".into());
    }
    if is_camel_case(metric) {
        said.push("metric names should be written in 'snake_case' not 'camelCase'".into());
    }
    if units::ABBREVIATED.iter().any(|unit| has_word(&lower, unit)) {
        said.push("metric names should not contain abbreviated units".into());
    }
    said.into_iter()
        .map(move |message| Lint { metric, message })
}

/// Says which base unit to use, for the first word of a name that is a unit but not a base unit.
fn not_base(name: &str) -> Option<String> {
    let (unit, base) = name
        .split('_')
        .find_map(|word| Some((word, units::base_of(word)?)))?;
    (unit != base).then(|| format!("use base unit \"{base}\" instead of \"{unit}\""))
}

fn suffixes(family: &Family<'_>, said: &mut Vec<Cow<'static, str>>) {
    let ends_in = |suffix: &str| family.name.ends_with(suffix);
    let (histogram, summary) = (Kind::Histogram, Kind::Summary);
    match family.kind {
        Kind::Untyped => return,
        Kind::Counter if !ends_in("_total") => {
            said.push("counter metrics should have \"_total\" suffix".into());
        }
        Kind::Counter => {}
        _ if ends_in("_total") => {
            said.push("non-counter metrics should not have \"_total\" suffix".into());
        }
        _ => {}
    }
    if family.kind != histogram && ends_in("_bucket") {
        said.push("non-histogram metrics should not have \"_bucket\" suffix".into());
    }
    for suffix in ["_count", "_sum"] {
        if ![histogram, summary].contains(&family.kind) && ends_in(suffix) {
            let message = format!(
                "non-histogram and non-summary metrics should not have \"{suffix}\" suffix"
            );
            said.push(message.into());
        }
    }
}

fn labels(family: &Family<'_>, said: &mut Vec<Cow<'static, str>>) {
    let samples = family.samples.iter();
    let labels = samples.flat_map(|sample| sample.labels.iter());
    let own = family.kind.own_label();
    let names: BTreeSet<_> = labels.map(|(name, _)| name).collect();
    let typed = family.kind != Kind::Untyped;
    for (label, kind) in [("le", Kind::Histogram), ("quantile", Kind::Summary)] {
        if typed && own != Some(label) && names.contains(label) {
            let message = format!("non-{kind} metrics should not have \"{label}\" label");
            said.push(message.into());
        }
    }
    if names.into_iter().any(is_camel_case) {
        said.push("label names should be written in 'snake_case' not 'camelCase'".into());
    }
}

/// Says whether a name has a word, which is not its first.
fn has_word(name: &str, word: &str) -> bool {
    let mut ends = name.match_indices(word).map(|(at, _)| name.split_at(at));
    ends.any(|(before, from)| {
        let after = &from[word.len()..];
        before.ends_with('_') && (after.is_empty() || after.starts_with('_'))
    })
}

fn is_camel_case(name: &str) -> bool {
    let pairs = name.as_bytes().windows(2);
    pairs
        .into_iter()
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}
