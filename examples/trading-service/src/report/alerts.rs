//! What became of alerts, by the names of their rules.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::NoticeReport;

/// So many rules are listed, so that the rest of the report stays on the screen.
const LISTED: usize = 5;

/// How often alerts fired, and which do still; nothing where rules are not evaluated.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct AlertReport {
    /// Whether rules were evaluated.
    pub(crate) enabled: bool,
    /// How many rules there are, those that record among them.
    pub(crate) rules: usize,
    /// How often an alert began to fire.
    pub(crate) fired: BTreeMap<String, u64>,
    /// How often one that fired was resolved.
    pub(crate) resolved: BTreeMap<String, u64>,
    /// How often one that fired was dropped: its rule is gone, or had too many.
    pub(crate) dropped: BTreeMap<String, u64>,
    /// How many fire still.
    pub(crate) firing: BTreeMap<String, u64>,
    /// The rules whose last evaluation failed, and why.
    pub(crate) failing: Vec<String>,
    /// How people were told of them; `None` where nobody was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notices: Option<NoticeReport>,
}

impl fmt::Display for AlertReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.enabled {
            return writeln!(f, "alerts: rules were not evaluated");
        }
        if self.fired.is_empty() {
            writeln!(f, "alerts: none of {} rules fired", self.rules)?;
        }
        for (name, fired) in self.fired.iter().take(LISTED) {
            write!(f, "alert {name}: fired {fired}")?;
            for (word, counts) in [
                ("resolved", &self.resolved),
                ("dropped", &self.dropped),
                ("still firing", &self.firing),
            ] {
                if let Some(count) = counts.get(name) {
                    write!(f, ", {word} {count}")?;
                }
            }
            writeln!(f)?;
        }
        if let more @ 1.. = self.fired.len().saturating_sub(LISTED) {
            writeln!(f, "… and {more} alerts more (all of them with --json)")?;
        }
        match &self.failing[..] {
            [] => Ok(()),
            [rule] => writeln!(f, "alert rule fails: {rule}"),
            [rule, rest @ ..] => writeln!(f, "alert rules fail, {} more and {rule}", rest.len()),
        }?;
        self.notices.as_ref().map_or(Ok(()), |it| write!(f, "{it}"))
    }
}
