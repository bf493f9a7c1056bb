//! What a text says, borrowed from it.

use std::borrow::Cow;
use std::fmt;

use crate::cursor::Cursor;
use crate::kind::Kind;
use crate::problem::Found;
use crate::text;
use crate::write;

/// Holds the families of one exposition, in the order in which they first appear.
///
/// It borrows from the text: a sample takes some 80 bytes, whatever its labels say.
///
/// # Examples
///
/// ```
/// use admf_exposition::{Kind, parse};
///
/// # fn main() -> Result<(), admf_exposition::Problem> {
/// let exposition = parse("# TYPE calls_total counter\ncalls_total{outcome=\"ok\"} 12\n")?;
/// let family = &exposition.families()[0];
/// assert_eq!((family.name, family.kind), ("calls_total", Kind::Counter));
/// assert_eq!(family.samples[0].labels.get("outcome").as_deref(), Some("ok"));
/// assert_eq!(family.samples[0].value, 12.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Exposition<'t> {
    pub(crate) families: Vec<Family<'t>>,
    /// What is out of place in the text, which the families do not show any more.
    pub(crate) misplaced: Found,
}

/// Holds what the lines about one metric say.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Family<'t> {
    /// The name in its comments, such as `latency_seconds`.
    pub name: &'t str,
    /// The kind in the first `# TYPE`; untyped where there is none before the samples.
    pub kind: Kind,
    /// The text of the first `# HELP`.
    pub help: Option<Cow<'t, str>>,
    /// Its samples, in the order of the text.
    pub samples: Vec<Sample<'t>>,
    /// The line that first names it, from 1.
    pub line: usize,
    /// Whether a `# TYPE` was among its lines.
    pub(crate) typed: bool,
}

/// Holds one sample.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sample<'t> {
    /// The name of its series: that of the family and, for some kinds, a suffix.
    pub name: &'t str,
    /// Its labels.
    pub labels: Labels<'t>,
    /// Its value, which may be NaN or infinite.
    pub value: f64,
    /// Milliseconds since the Unix epoch, where the text gives them.
    pub timestamp: Option<i64>,
    /// Its line, from 1.
    pub line: usize,
}

/// Holds the labels of one sample as they are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Labels<'t> {
    /// What follows `{`, `}` included; checked by the parser. Empty where there are no braces.
    pub(crate) raw: &'t str,
}

impl<'t> Exposition<'t> {
    /// Lists the families. Some may have no samples, only comments.
    #[must_use]
    pub fn families(&self) -> &[Family<'t>] {
        &self.families
    }

    /// Lists all samples.
    pub fn samples(&self) -> impl Iterator<Item = &Sample<'t>> {
        self.families.iter().flat_map(|family| &family.samples)
    }

    /// Sorts families by name and their samples by labels, so that equal states give equal texts.
    ///
    /// The buckets, sum and count of one histogram stay together and in their order.
    pub fn sort(&mut self) {
        self.families.sort_by_key(|family| family.name);
        for family in &mut self.families {
            let own = family.kind.own_label();
            family
                .samples
                .sort_by_cached_key(|sample| sample.labels.sorted_without(own));
        }
    }
}

/// The text format 0.0.4, in the order that is held; what was out of place in the text is not any more.
impl fmt::Display for Exposition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for family in &self.families {
            write::family(f, family.name, family.kind, family.help.as_deref())?;
            for sample in &family.samples {
                let Sample {
                    name,
                    labels,
                    value,
                    timestamp,
                    ..
                } = sample;
                write::sample(f, name, labels.iter(), *value, *timestamp)?;
            }
        }
        Ok(())
    }
}

impl<'t> Labels<'t> {
    /// Lists names and values, in the order of the text. An empty value is the same as no label.
    pub fn iter(&self) -> impl Iterator<Item = (&'t str, Cow<'t, str>)> + use<'t> {
        let mut cursor = Cursor::new(self.raw);
        std::iter::from_fn(move || {
            if cursor.rest.is_empty() {
                return None;
            }
            let (name, value) = cursor.label().ok()??;
            Some((name, text::unescape(value)))
        })
    }

    /// Returns the value of a label.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'t, str>> {
        let mut labels = self.iter();
        labels.find_map(|(label, value)| (label == name).then_some(value))
    }

    /// Returns what tells series apart: no empty values, sorted by name, without one label.
    pub(crate) fn sorted_without(&self, name: Option<&str>) -> Vec<(&'t str, Cow<'t, str>)> {
        let kept =
            |(label, value): &(&str, Cow<'_, str>)| !value.is_empty() && Some(*label) != name;
        let mut labels: Vec<_> = self.iter().filter(kept).collect();
        labels.sort_unstable();
        labels
    }
}

/// As in a scrape, or nothing where there are none.
impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write::labels(f, self.iter())
    }
}
