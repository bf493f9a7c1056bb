//! The second file: what Alertmanager does not know.

use super::read::fields::{filled, more, texts, there, truth};
use super::read::{Around, http, listed};
use super::{FileError, Lookup, Setup};
use crate::channel::config::{Alertmanager, Channel, Common, Console, File, Limit, Retry, Secret};
use crate::notify::{Cooldown, Ladder, Level};
use crate::yaml::{self, At, Kind, Node, Read};

const FILE: &[&str] = &[
    "receivers",
    "channels",
    "cooldowns",
    "escalations",
    "failures",
    "watchdog",
    "retention",
    "max_age",
];
const CHANNEL: &[&str] = &[
    "receiver",
    "index",
    "enabled",
    "timeout",
    "retry",
    "limit",
    "signing_key",
    "signing_key_file",
];
const ESCALATION: &[&str] = &["matchers", "levels", "repeat", "gap", "acknowledge_timeout"];

/// Adds what the second file says: cooldowns, escalations, limits of channels, channels of kinds that Alertmanager lacks.
///
/// `file` names it in errors. With `variable`, a secret that is `${NAME}` is taken from that variable.
///
/// # Errors
///
/// The first thing that is refused, with line and field.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::Labels;
/// use admf_alerts::alertmanager_file::{add, parse};
///
/// let setup = parse("alertmanager.yml", "route: {receiver: log}\nreceivers: [{name: log}]\n", None)?;
/// let text = "
/// receivers:
/// - name: log
///   console_configs: [{stderr: true}]
/// cooldowns:
/// - matchers: ['severity=\"info\"']
///   length: 20m
/// ";
/// let setup = add(setup, "admf.yml", text, None)?;
/// let info = Labels::from_iter([("severity", "info")]);
/// assert_eq!(setup.notify.cooldown(&info), Some(Duration::from_secs(1_200)));
/// assert_eq!(setup.channels["log"][0].kind(), "console");
/// # Ok::<(), admf_alerts::alertmanager_file::FileError>(())
/// ```
pub fn add(
    setup: Setup,
    file: &str,
    text: &str,
    variable: Option<Lookup<'_>>,
) -> Result<Setup, FileError> {
    let folder = std::path::Path::new(file)
        .parent()
        .unwrap_or(std::path::Path::new(""));
    let around = Around { folder, variable };
    let added = yaml::document(file, text, |node| added(setup.clone(), node, around))?;
    Ok(added.unwrap_or(setup))
}

fn added(mut setup: Setup, node: &Node, around: Around<'_>) -> Read<Setup> {
    let at = At::top(node);
    at.knows(FILE)?;
    for at in at.list("receivers")? {
        let (name, channels) = receiver(&at, around)?;
        setup.channels.entry(name).or_default().extend(channels);
    }
    setup.integrate();
    for at in at.list("channels")? {
        channel(&at, &mut setup, around)?;
    }
    for at in at.list("cooldowns")? {
        at.knows(&["matchers", "length"])?;
        let length = more(&at, "length")?.ok_or_else(|| at.refused("there is no `length`"))?;
        let matchers = listed(&at, "matchers")?;
        setup.notify.cooldowns.push(Cooldown { matchers, length });
    }
    for at in at.list("escalations")? {
        let escalation = escalation(&at, &setup)?;
        setup.notify.ladders.push(escalation);
    }
    meta(&at, &mut setup)?;
    let notify = &mut setup.notify;
    notify.retention = more(&at, "retention")?.unwrap_or(notify.retention);
    notify.max_age = more(&at, "max_age")?.unwrap_or(notify.max_age);
    setup.integrate();
    Ok(setup)
}

/// Who is told of the notifier itself.
fn meta(at: &At<'_>, setup: &mut Setup) -> Read<()> {
    if let Some(at) = at.some("failures") {
        at.knows(&["receivers"])?;
        let told = setup.tell_failures(texts(&at, "receivers")?);
        told.map_err(|problem| at.refused(problem))?;
    }
    if let Some(at) = at.some("watchdog") {
        at.knows(&["receiver", "interval"])?;
        let receiver =
            filled(&at, "receiver")?.ok_or_else(|| at.refused("there is no `receiver`"))?;
        let interval = more(&at, "interval")?.unwrap_or(Setup::WATCHDOG_INTERVAL);
        let told = setup.tell_watchdog(&receiver, interval);
        told.map_err(|problem| at.refused(problem))?;
    }
    Ok(())
}

/// Channels of kinds that Alertmanager lacks.
fn receiver(at: &At<'_>, around: Around<'_>) -> Read<(String, Vec<Channel>)> {
    at.knows(&[
        "name",
        "alertmanager_configs",
        "console_configs",
        "file_configs",
    ])?;
    let Some(name) = filled(at, "name")? else {
        return Err(at.refused("a receiver must have a name"));
    };
    let mut channels = Vec::new();
    for at in at.list("alertmanager_configs")? {
        at.knows(&["send_resolved", "urls", "http_config"])?;
        let urls = at.list("urls")?.into_iter().map(|at| {
            let url = at.own_text()?;
            super::address::check(url).map_err(|problem| at.refused(problem))?;
            Ok(Secret::new(url))
        });
        let urls = urls.collect::<Read<Vec<_>>>()?;
        if urls.is_empty() {
            return Err(at.refused("there must be at least one of `urls`"));
        }
        channels.push(Channel::Alertmanager(Alertmanager {
            common: common(&at)?,
            http: http(&at, around)?.unwrap_or_default(),
            ..Alertmanager::new(urls)
        }));
    }
    for at in at.list("console_configs")? {
        at.knows(&["send_resolved", "stderr"])?;
        let stderr = truth(&at, "stderr")?.unwrap_or(false);
        let common = common(&at)?;
        channels.push(Channel::Console(Console { common, stderr }));
    }
    for at in at.list("file_configs")? {
        at.knows(&["send_resolved", "path"])?;
        let path = filled(&at, "path")?.ok_or_else(|| at.refused("there is no `path`"))?;
        let common = common(&at)?;
        channels.push(Channel::File(File {
            common,
            ..File::new(around.folder.join(path))
        }));
    }
    Ok((name, channels))
}

fn common(at: &At<'_>) -> Read<Common> {
    let send_resolved = truth(at, "send_resolved")?.unwrap_or(true);
    Ok(Common {
        send_resolved,
        ..Common::default()
    })
}

/// Changes one channel of a receiver, or all of them.
fn channel(at: &At<'_>, setup: &mut Setup, around: Around<'_>) -> Read<()> {
    at.knows(CHANNEL)?;
    let name = filled(at, "receiver")?.ok_or_else(|| at.refused("there is no `receiver`"))?;
    let refused =
        |key: &str, problem: String| at.get(key).unwrap_or(At::top(at.node)).refused(problem);
    setup
        .knows(&name)
        .map_err(|problem| refused("receiver", problem))?;
    let channels = setup.channels.get_mut(&name).expect("it is known");
    let count = channels.len();
    let chosen = match number(at, "index")? {
        Some(index) => {
            let there = usize::try_from(index).ok().filter(|it| *it < count);
            let index = there.ok_or_else(|| {
                refused("index", format!("`{name}` has {count} channels, from 0"))
            })?;
            &mut channels[index..=index]
        }
        None => &mut channels[..],
    };
    for channel in chosen {
        let signing_key = around.secret(at, "signing_key", "signing_key_file")?;
        match (&mut *channel, signing_key) {
            (_, None) => {}
            (Channel::Webhook(webhook), key) => webhook.signing_key = key,
            _ => return Err(at.refused("only webhooks are signed; say which by `index`")),
        }
        let common = channel.common_mut();
        common.enabled = truth(at, "enabled")?.unwrap_or(common.enabled);
        common.timeout = more(at, "timeout")?.unwrap_or(common.timeout);
        common.retry = retry(at)?.or(common.retry);
        common.limit = limit(at)?.or(common.limit);
    }
    Ok(())
}

fn retry(at: &At<'_>) -> Read<Option<Retry>> {
    let Some(at) = at.some("retry") else {
        return Ok(None);
    };
    at.knows(&["attempts", "delay"])?;
    let attempts = number(&at, "attempts")?.ok_or_else(|| at.refused("there is no `attempts`"))?;
    let delay = more(&at, "delay")?.ok_or_else(|| at.refused("there is no `delay`"))?;
    Ok(Some(Retry { attempts, delay }))
}

fn limit(at: &At<'_>) -> Read<Option<Limit>> {
    let Some(at) = at.some("limit") else {
        return Ok(None);
    };
    at.knows(&["notices", "per"])?;
    let notices = number(&at, "notices")?.filter(|it| *it > 0);
    let notices = notices.ok_or_else(|| at.refused("there must be `notices`, from 1 on"))?;
    let per = more(&at, "per")?.ok_or_else(|| at.refused("there is no `per`"))?;
    Ok(Some(Limit { notices, per }))
}

fn escalation(at: &At<'_>, setup: &Setup) -> Read<Ladder> {
    at.knows(ESCALATION)?;
    let mut levels: Vec<Level> = Vec::new();
    for at in at.list("levels")? {
        there(&at)?;
        at.knows(&["delay", "receivers"])?;
        let delay = super::read::fields::length(&at, "delay")?.unwrap_or_default();
        if levels.last().is_some_and(|before| delay < before.delay) {
            return Err(at.refused("a delay must not be less than the one before"));
        }
        let receivers = texts(&at, "receivers")?;
        if receivers.is_empty() {
            return Err(at.refused("a level must have receivers"));
        }
        for at in at.list("receivers")? {
            setup
                .knows(at.own_text()?)
                .map_err(|problem| at.refused(problem))?;
        }
        levels.push(Level { delay, receivers });
    }
    if levels.is_empty() {
        return Err(at.refused("there must be at least one of `levels`"));
    }
    Ok(Ladder {
        matchers: listed(at, "matchers")?,
        levels,
        repeat: number(at, "repeat")?.unwrap_or(0),
        gap: super::read::fields::length(at, "gap")?.unwrap_or_default(),
        acknowledged_for: more(at, "acknowledge_timeout")?,
    })
}

fn number(at: &At<'_>, key: &str) -> Read<Option<u32>> {
    let number = at.some(key).map(|at| match &at.node.kind {
        Kind::Scalar(text, true) => text
            .parse()
            .map_err(|_| at.refused("must be a whole number from 0 on")),
        _ => Err(at.refused("must be a whole number from 0 on")),
    });
    number.transpose()
}
