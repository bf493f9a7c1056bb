//! What a manager keeps: alerts by id, groups by source, channels by name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::alert_template::{AlertTemplate, Channel, Known, Problem, is_channel};
use crate::engine::check;
use crate::rule::{Rule, RuleError, RuleGroup};

/// What an alert was declared as.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Declared {
    Template(AlertTemplate),
    Rule(Rule),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) source: String,
    pub(super) enabled: bool,
    pub(super) declared: Declared,
    /// What it is compiled to.
    pub(super) rule: Rule,
}

/// All that a change may change.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) sources: BTreeMap<String, Vec<RuleGroup>>,
    /// Those that were set up by themselves.
    pub(super) channels: BTreeMap<String, Channel>,
}

impl Declared {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Template(template) => &template.id,
            Self::Rule(rule) => &rule.id,
        }
    }
}

impl Kept {
    /// Adds an alert, or takes it in place of the one of its id.
    pub(super) fn put(
        &mut self,
        source: &str,
        declared: Declared,
        known: &Known,
        is_new: bool,
    ) -> Result<(), RuleError> {
        let id = declared.id().to_owned();
        let refused = |problem: String| Err(Problem::new("id", &id, problem).of(&id));
        let there = self.entries.get(&id);
        match there {
            _ if id.is_empty() => return refused("must be set".to_owned()),
            Some(there) if is_new => return refused(taken(&there.source)),
            None if !is_new => return refused("no alert has this id".to_owned()),
            _ => {}
        }
        let (rule, enabled) = match &declared {
            Declared::Template(template) => (template.rule(known)?, template.enabled),
            Declared::Rule(rule) => {
                // One that is disabled is not evaluated, and yet is to be right.
                check(rule, &known.settings)?;
                (rule.clone(), there.is_none_or(|it| it.enabled))
            }
        };
        let entry = Entry {
            source: source.to_owned(),
            enabled,
            declared,
            rule,
        };
        self.entries.insert(id, entry);
        Ok(())
    }

    pub(super) fn entry(&mut self, id: &str) -> Result<&mut Entry, RuleError> {
        let refused = || Problem::new("id", id, "no alert has this id").of(id);
        self.entries.get_mut(id).ok_or_else(refused)
    }

    /// The channels of all, each once. Two of one name must be set up alike.
    pub(super) fn all_channels(&self) -> Result<BTreeMap<&str, &Channel>, RuleError> {
        let own = self.channels.iter();
        let mut all: BTreeMap<&str, &Channel> = own.map(|it| (it.0.as_str(), it.1)).collect();
        for entry in self.entries.values() {
            let Declared::Template(template) = &entry.declared else {
                continue;
            };
            for channel in template.own_channels() {
                if *all.entry(&channel.name).or_insert(channel) != channel {
                    let problem = "is set up in another way elsewhere";
                    let problem = Problem::new("channels", &channel.name, problem);
                    return Err(problem.of(&template.id));
                }
            }
        }
        Ok(all)
    }

    /// Checks what concerns several alerts: ids, and the channels of rules.
    pub(super) fn check(&self, known: &Known) -> Result<(), RuleError> {
        let channels = self.all_channels()?;
        let channels = channels
            .keys()
            .copied()
            .chain(known.channels().iter().map(String::as_str));
        let channels: BTreeSet<&str> = channels.collect();
        for entry in self.entries.values() {
            if let Declared::Rule(rule) = &entry.declared {
                reachable(rule, &channels)?;
            }
        }
        let mut ids = BTreeMap::new();
        for (source, groups) in &self.sources {
            for rule in groups.iter().flat_map(|group| &group.rules) {
                reachable(rule, &channels)?;
                let id = rule.id.as_str();
                let there = self.entries.get(id).map(|it| &it.source);
                let there = there.or_else(|| ids.insert(id, source));
                if let Some(there) = there.filter(|_| !id.is_empty()) {
                    return Err(Problem::new("id", id, taken(there)).of(id));
                }
            }
        }
        Ok(())
    }

    /// What the engine is to evaluate. Each alert is a group of its own, so that it hands on its state to nobody but
    /// itself, whatever name it shares with others.
    pub(super) fn groups(&self, interval: Option<Duration>) -> Vec<RuleGroup> {
        let sources = self.sources.values().flatten().cloned();
        let enabled = self.entries.iter().filter(|it| it.1.enabled);
        let own = enabled.map(|(id, entry)| {
            let mut group = RuleGroup::new(id, [entry.rule.clone()]);
            group.file.clone_from(&entry.source);
            group.interval = interval;
            group
        });
        sources.chain(own).collect()
    }
}

fn taken(source: &str) -> String {
    match source {
        "" => "another alert has this id".to_owned(),
        source => format!("an alert of `{source}` has this id"),
    }
}

/// Refuses a rule that names a channel that nobody has set up.
fn reachable(rule: &Rule, channels: &BTreeSet<&str>) -> Result<(), RuleError> {
    let levels = rule.notify.escalation.iter();
    let receivers = levels.flat_map(|level| &level.receivers);
    for name in rule.notify.receivers.iter().chain(receivers) {
        let checked = is_channel("channels", name, channels);
        checked.map_err(|problem| RuleError {
            of: "rule",
            ..problem.of(&rule.name)
        })?;
    }
    Ok(())
}
