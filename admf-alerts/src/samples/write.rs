//! Writes samples as a scrape would give them.

use std::collections::BTreeMap;
use std::fmt;

use admf_exposition::write;

use super::{FamilyKind, Samples};

/// The text format 0.0.4, sorted by family, name and labels; [`Samples::parse`] reads it back.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_family: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for name in self.families.keys() {
            by_family.entry(name).or_default();
        }
        for name in self.series.keys() {
            by_family
                .entry(self.family_of(name))
                .or_default()
                .push(name);
        }
        for (family, names) in by_family {
            let said = self.families.get(family);
            let kind = said.map_or(FamilyKind::Untyped, |family| family.kind);
            let help = said.and_then(|family| family.help.as_deref());
            write::family(f, family, kind, help)?;
            for name in names {
                for (labels, point) in self.series.get(name).into_iter().flatten() {
                    write::sample(f, name, labels.iter(), point.value, point.timestamp)?;
                }
            }
        }
        Ok(())
    }
}
