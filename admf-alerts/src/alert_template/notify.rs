//! Who is told.

use std::collections::BTreeSet;

use super::channel::{Channel, Via};
use super::known::Known;
use super::problem::Problem;
use super::{AlertTemplate, LONGEST};
use crate::rule::{Escalation, Notify};

impl AlertTemplate {
    pub(super) fn notify(&self, known: &Known) -> Result<Notify, Problem> {
        let own = self.own_channels();
        let names = known.channels().iter().map(String::as_str);
        let names: BTreeSet<&str> = names.chain(own.clone().map(|it| &*it.name)).collect();
        let disabled = own.filter(|it| !it.enabled).map(|it| &*it.name);
        let disabled: BTreeSet<&str> = disabled.collect();
        let mut notify = Notify::default();
        for (at, channel) in self.channels.iter().enumerate() {
            let field = format!("channels[{at}]");
            match channel {
                Via::Own(own) => own.check().map_err(|problem| problem.below(&field))?,
                Via::Named(name) => is_channel(&field, name, &names)?,
            }
            let name = channel.name();
            if self.channels[..at].iter().any(|it| it.name() == name) {
                let problem = "another channel of the template has this name";
                return Err(Problem::new(format!("{field}.name"), name, problem));
            }
            if !disabled.contains(name) {
                notify.receivers.push(name.to_owned());
            }
        }
        notify.cooldown = self.cooldown_period;
        notify.escalation = self.escalation(&names, &disabled)?;
        Ok(notify)
    }

    /// The channels that it sets up.
    pub(crate) fn own_channels(&self) -> impl Iterator<Item = &Channel> + Clone {
        self.channels.iter().filter_map(|it| match it {
            Via::Own(channel) => Some(channel),
            Via::Named(_) => None,
        })
    }

    /// Levels that have no channel but such as are disabled are left out.
    fn escalation(
        &self,
        names: &BTreeSet<&str>,
        disabled: &BTreeSet<&str>,
    ) -> Result<Vec<Escalation>, Problem> {
        let mut levels: Vec<Escalation> = Vec::new();
        for (at, rule) in self.escalation_rules.iter().enumerate() {
            let field = format!("escalationRules[{at}]");
            let refused = |key: &str, value: String, problem: &str| {
                Err(Problem::new(format!("{field}.{key}"), value, problem))
            };
            if rule.delay > LONGEST {
                return refused(
                    "delay",
                    format!("{:?}", rule.delay),
                    "must be at most a year",
                );
            }
            let (level, delay) = levels
                .last()
                .map_or((0, None), |it| (it.level, Some(it.delay)));
            if rule.level <= level {
                return refused(
                    "level",
                    rule.level.to_string(),
                    "must be above the one before, from 1",
                );
            }
            if delay.is_some_and(|before| rule.delay < before) {
                let delay = (rule.delay.as_secs_f64() / 60.0).to_string();
                return refused("delay", delay, "must not be less than the one before");
            }
            if rule.receivers.is_empty() {
                return refused("channels", String::new(), "there must be at least one");
            }
            for (at, name) in rule.receivers.iter().enumerate() {
                is_channel(&format!("{field}.channels[{at}]"), name, names)?;
            }
            let mut rule = rule.clone();
            rule.receivers
                .retain(|name| !disabled.contains(name.as_str()));
            levels.push(rule);
        }
        levels.retain(|it| !it.receivers.is_empty());
        Ok(levels)
    }
}

/// Refuses a channel that nobody has set up.
pub(crate) fn is_channel(field: &str, name: &str, known: &BTreeSet<&str>) -> Result<(), Problem> {
    if known.contains(name) {
        return Ok(());
    }
    let known: Vec<&str> = known.iter().copied().collect();
    let problem = match known.is_empty() {
        true => "unknown channel; there are none".to_owned(),
        false => format!("unknown channel; there are `{}`", known.join("`, `")),
    };
    Err(Problem::new(field, name, problem))
}
