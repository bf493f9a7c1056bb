//! Writes samples as a scrape would give them.

use std::collections::BTreeMap;
use std::fmt;

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
            self.write_comments(f, family)?;
            for name in names {
                self.write_series(f, name)?;
            }
        }
        Ok(())
    }
}

impl Samples {
    fn write_comments(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        let Some(family) = self.families.get(name) else {
            return Ok(());
        };
        if let Some(help) = &family.help {
            let help = help.replace('\\', r"\\").replace('\n', r"\n");
            writeln!(f, "# HELP {name} {help}")?;
        }
        match family.kind {
            FamilyKind::Untyped => Ok(()),
            kind => writeln!(f, "# TYPE {name} {kind}"),
        }
    }

    fn write_series(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        for (labels, point) in self.series.get(name).into_iter().flatten() {
            f.write_str(name)?;
            if !labels.is_empty() {
                write!(f, "{labels}")?;
            }
            match point.value {
                f64::INFINITY => f.write_str(" +Inf")?,
                f64::NEG_INFINITY => f.write_str(" -Inf")?,
                value => write!(f, " {value}")?,
            }
            if let Some(timestamp) = point.timestamp {
                write!(f, " {timestamp}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
