//! Channels and levels as files write them.

use std::collections::BTreeMap;

use super::{Variables, fields};
use crate::alert_template::channel::{self, Channel, Setting, Via};
use crate::rule::Escalation;
use crate::yaml::{At, Entry, Kind, Read};

const CHANNEL: &[&str] = &[
    "type",
    "name",
    "config",
    "enabled",
    "retryAttempts",
    "retryDelay",
];

/// Channels that are set up, and names of such as are set up elsewhere.
pub(super) fn channels(at: &At<'_>, variables: Variables<'_>) -> Read<Vec<Via>> {
    let channels = at.list("channels")?.into_iter();
    let channels = channels.map(|at| match &at.node.kind {
        Kind::Scalar(name, _) => Ok(Via::Named(name.clone())),
        _ => channel(&at, variables).map(Via::Own),
    });
    channels.collect()
}

fn channel(at: &At<'_>, variables: Variables<'_>) -> Read<Channel> {
    at.knows(CHANNEL)?;
    let text = |key| at.text(key).map(Option::unwrap_or_default);
    let mut channel = Channel::new(text("type")?, text("name")?);
    if let Some(config) = at.some("config") {
        let Kind::Map(entries) = &config.node.kind else {
            return Err(config.refused("must be a map"));
        };
        for entry in entries {
            let setting = setting(&config, entry, variables)?;
            channel.config.insert(entry.key.clone(), setting);
        }
    }
    channel.enabled = fields::truth(at, "enabled")?.unwrap_or(true);
    channel.retry_attempts = fields::count(at, "retryAttempts")?;
    channel.retry_delay = fields::seconds(at, "retryDelay")?;
    Ok(channel)
}

fn setting(config: &At<'_>, entry: &Entry, variables: Variables<'_>) -> Read<Setting> {
    let at = config.below(&entry.key, &entry.value);
    let secret = |at: &At<'_>| {
        let filled = channel::filled(at.own_text()?, variables);
        filled.map_err(|problem| at.refused(problem))
    };
    match &at.node.kind {
        Kind::Scalar(..) => secret(&at).map(Setting::Text),
        Kind::List(_) => {
            let texts = config.list(&entry.key)?.into_iter();
            let texts = texts.map(|at| secret(&at));
            texts.collect::<Read<_>>().map(Setting::List)
        }
        Kind::Map(entries) => {
            let texts = entries.iter().map(|entry| {
                let at = at.below(&entry.key, &entry.value);
                Ok((entry.key.clone(), secret(&at)?))
            });
            texts.collect::<Read<BTreeMap<_, _>>>().map(Setting::Map)
        }
    }
}

pub(super) fn escalation(at: &At<'_>) -> Read<Vec<Escalation>> {
    let levels = at.list("escalationRules")?.into_iter();
    let levels = levels.map(|at| {
        at.knows(&["level", "delay", "channels"])?;
        Ok(Escalation {
            level: fields::count(&at, "level")?.unwrap_or_default(),
            delay: fields::minutes(&at, "delay")?.unwrap_or_default(),
            receivers: fields::texts(&at, "channels")?.unwrap_or_default(),
        })
    });
    levels.collect()
}
