//! Back to a file of Alertmanager.

mod channels;
mod route;
mod tree;

use std::collections::BTreeMap;
use std::fmt;

use super::{PLACEHOLDER, Setup};
use crate::channel::config::{Channel, Common, Origin, Secret};
use crate::duration;
use crate::export::text::comment;
use crate::notify::Config;
use crate::scan;
use tree::{Map, Yaml};

/// Reports what cannot be written: field, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError {
    field: String,
    problem: String,
}

impl SetupError {
    fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        let (field, problem) = (field.into(), problem.into());
        Self { field, problem }
    }

    /// Returns the field, such as `cooldowns` or `receivers.team[0].timeout`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }
}

/// One line: `cooldowns: …`.
impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&scan::shown(&format!("{}: {}", self.field, self.problem)))
    }
}

impl std::error::Error for SetupError {}

/// Holds a file for Alertmanager, with names in the places of secrets that are in no file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exported {
    /// The file, which amtool takes. A secret stands there as `${NAME}`; where there has to be an address, as
    /// `https://env.invalid/${NAME}`.
    pub text: String,
    /// The secrets that are missing there, by name: that of their variable, or `ADMF_SECRET_1` and so on.
    pub secrets: BTreeMap<String, Secret>,
    /// What is lost, as comments in the file say it too.
    pub losses: Vec<SetupError>,
    tree: Yaml,
}

impl Exported {
    /// Returns the file with the secrets in it, for nobody but Alertmanager to read.
    ///
    /// # Errors
    ///
    /// A secret's file cannot be read.
    pub fn filled(&self) -> Result<Secret, String> {
        let mut shown = |secret: &Secret, _| secret.expose().map(Into::into);
        let text = self.tree.write(0, &mut shown)?;
        Ok(Secret::new(header(&self.losses) + &text))
    }

    /// Returns the file with `<secret>` in the place of each secret, for anybody to read.
    #[must_use]
    pub fn shown(&self) -> String {
        let shown = self.tree.write(0, &mut |secret, _| Ok(secret.to_string()));
        header(&self.losses) + &shown.expect("no secret is asked what it is")
    }
}

/// Writes an `alertmanager.yml` for Alertmanager 0.25.
///
/// With `lossy`, what Alertmanager cannot say is left out, and said in a comment.
///
/// # Errors
///
/// The first thing that Alertmanager cannot say; with `lossy`, only what makes no file: a receiver or a time interval that is
/// not there, a length that is no whole number of milliseconds, a relative path, a name that none can have.
///
/// # Examples
///
/// ```
/// use admf_alerts::alertmanager_file::{export, from_env, parse};
///
/// let variable = |name: &str| (name == "PAGERDUTY_INTEGRATION_KEY").then(|| "hush".to_owned());
/// let exported = export(&from_env(&variable)?, false)?;
/// assert!(exported.text.contains("routing_key: '${PAGERDUTY_INTEGRATION_KEY}'"));
/// assert!(!format!("{exported:?}").contains("hush"));
/// assert!(exported.filled()?.expose()?.contains("routing_key: hush"));
/// assert!(exported.shown().contains("routing_key: '<secret>'"));
///
/// let again = parse("alertmanager.yml", &exported.text, Some(&variable))?;
/// assert_eq!(again.channels, from_env(&variable)?.channels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn export(setup: &Setup, lossy: bool) -> Result<Exported, SetupError> {
    let losses = losses(setup);
    if let Some(loss) = losses.first().filter(|_| !lossy) {
        return Err(loss.clone());
    }
    setup
        .notify
        .checked()
        .map_err(|problem| SetupError::new("route", problem))?;
    let tree = tree(setup)?;
    let mut secrets = BTreeMap::new();
    let mut named = |secret: &Secret, address| {
        let name = name(secret, &mut secrets);
        let before = if address { PLACEHOLDER } else { "" };
        Ok(format!("{before}${{{name}}}"))
    };
    let text = tree
        .write(0, &mut named)
        .map_err(|problem| SetupError::new("receivers", problem))?;
    let text = header(&losses) + &text;
    Ok(Exported {
        text,
        secrets,
        losses,
        tree,
    })
}

/// What a secret is called; one secret has one name.
fn name(secret: &Secret, secrets: &mut BTreeMap<String, Secret>) -> String {
    if let Some((name, _)) = secrets.iter().find(|(_, it)| *it == secret) {
        return name.clone();
    }
    let free = |secrets: &BTreeMap<String, Secret>| {
        let mut names = (1..).map(|at| format!("ADMF_SECRET_{at}"));
        names
            .find(|it| !secrets.contains_key(it))
            .expect("there is no last number")
    };
    let name = match secret.origin() {
        Origin::Env(name) if !secrets.contains_key(name) => name.to_owned(),
        _ => free(secrets),
    };
    secrets.insert(name.clone(), secret.clone());
    name
}

fn header(losses: &[SetupError]) -> String {
    let lines = losses
        .iter()
        .map(|it| format!("# lost: {}\n", comment(&it.to_string())));
    lines.collect()
}

fn losses(setup: &Setup) -> Vec<SetupError> {
    let mut losses = Vec::new();
    let mut lost = |field: String, what: &str| losses.push(SetupError::new(field, what));
    let (notify, default) = (&setup.notify, Config::default());
    for (field, some) in [
        ("cooldowns", !notify.cooldowns.is_empty()),
        ("escalations", !notify.ladders.is_empty()),
        ("failures", !setup.meta.failures.is_empty()),
    ] {
        if some {
            lost(field.to_owned(), "Alertmanager has none");
        }
    }
    if notify.retention != default.retention {
        lost(
            "retention".to_owned(),
            "Alertmanager is told it on its command line",
        );
    }
    if notify.max_age != default.max_age {
        lost("max_age".to_owned(), "Alertmanager forgets what has ended");
    }
    for (name, channels) in &setup.channels {
        for (at, channel) in channels.iter().enumerate() {
            for (field, what) in channel_losses(channel) {
                lost(format!("receivers.{name}[{at}].{field}"), what);
            }
        }
    }
    losses
}

fn channel_losses(channel: &Channel) -> Vec<(&'static str, &'static str)> {
    let (common, default) = (channel.common(), Common::default());
    let ours = matches!(
        channel,
        Channel::Alertmanager(_) | Channel::Console(_) | Channel::File(_)
    );
    let signed = matches!(channel, Channel::Webhook(it) if it.signing_key.is_some());
    let all = [
        (ours, channel.kind(), "Alertmanager has no such channel"),
        (
            !common.enabled,
            "enabled",
            "Alertmanager sends by every channel",
        ),
        (
            common.timeout != default.timeout,
            "timeout",
            "Alertmanager has one for all",
        ),
        (
            common.retry.is_some(),
            "retry",
            "Alertmanager has its own tries",
        ),
        (common.limit.is_some(), "limit", "Alertmanager has none"),
        (signed, "signing_key", "Alertmanager signs nothing"),
    ];
    let lost = all.into_iter().filter(|it| it.0);
    lost.map(|(_, field, what)| (field, what)).collect()
}

fn tree(setup: &Setup) -> Result<Yaml, SetupError> {
    let (notify, mut file) = (&setup.notify, Map::default());
    if notify.resolve_timeout != Config::default().resolve_timeout {
        let mut global = Map::default();
        global.set(
            "resolve_timeout",
            length("resolve_timeout", notify.resolve_timeout)?,
        );
        file.set("global", global.done());
    }
    file.set("route", route::route(&notify.route, None)?);
    let mut receivers = Vec::new();
    for (name, channels) in &setup.channels {
        let kept = channels.iter().filter(|it| it.common().enabled);
        receivers.push(channels::receiver(name, kept)?);
    }
    file.set("receivers", Yaml::List(receivers));
    let rules = notify.inhibit_rules.iter().map(route::inhibit);
    file.filled(
        "inhibit_rules",
        Yaml::List(rules.collect::<Result<_, _>>()?),
    );
    let intervals = notify.time_intervals.iter().map(|(name, all)| {
        let all = all
            .iter()
            .map(|it| route::interval(name, it))
            .collect::<Result<_, _>>()?;
        let mut map = Map::default();
        map.set("name", Yaml::Text(name.clone()));
        map.set("time_intervals", Yaml::List(all));
        Ok(map.done())
    });
    file.filled(
        "time_intervals",
        Yaml::List(intervals.collect::<Result<_, SetupError>>()?),
    );
    Ok(file.done())
}

fn length(field: &str, length: std::time::Duration) -> Result<Yaml, SetupError> {
    let text = duration::written(length);
    text.map(Yaml::Plain)
        .map_err(|problem| SetupError::new(field, problem))
}
