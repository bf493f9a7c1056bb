//! Ids, of which each is there once.

use std::collections::BTreeMap;

use super::{RuleError, RuleGroup};

/// The ids that there are, and whose each is.
#[derive(Debug, Default)]
pub(crate) struct Ids(BTreeMap<String, String>);

impl Ids {
    /// Takes the ids of a group's rules.
    ///
    /// # Errors
    ///
    /// Names the first rule whose id another has, in this group or in one before.
    pub(crate) fn take(&mut self, group: &RuleGroup) -> Result<(), RuleError> {
        let of = match &*group.file {
            "" => format!("group `{}`", group.name),
            file => format!("group `{}` of {file}", group.name),
        };
        for rule in group.rules.iter().filter(|it| !it.id.is_empty()) {
            let place = format!("rule `{}` of {of}", rule.name);
            if let Some(other) = self.0.insert(rule.id.clone(), place) {
                let problem = format!("{other} has it too, and this is of {of}");
                return Err(rule.refused("id", &rule.id, problem).of_file(&group.file));
            }
        }
        Ok(())
    }
}
