//! Everything that a notifier and its channels are told.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::channel::config::Channel;
use crate::labels::Labels;
use crate::notify::Config;
use crate::series::Matcher;

/// Holds who is told of which alerts, when, and by which channels.
///
/// Every way to say it (a file of Alertmanager, the second file, variables, rules, calls) ends here.
///
/// # Examples
///
/// ```
/// use admf_alerts::alertmanager_file::Setup;
/// use admf_alerts::channel::config::{Channel, Console};
///
/// let mut setup = Setup::default();
/// setup.add_channel("log", Channel::Console(Console::default()))?;
/// setup.notify.route.receiver = Some("log".to_owned());
/// assert_eq!(setup.notify.receivers["log"].len(), 1);
/// assert!(setup.add_channel("log", Channel::Console(Console::default())).is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Setup {
    /// What the notifier is told; its receivers are those of `channels`, integration by integration.
    pub notify: Config,
    /// The channels of each receiver, in the order of its integrations.
    pub channels: BTreeMap<String, Vec<Channel>>,
    /// Who is told next as long as nobody takes an alert up: the first whose matchers match.
    pub escalations: Vec<Escalate>,
    /// Patterns of the files whose definitions the texts of channels may call; what stood there is with the channels.
    pub templates: Vec<String>,
}

/// Says who is told next as long as nobody takes an alert up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Escalate {
    /// Of which alerts.
    pub matchers: Vec<Matcher>,
    /// The levels, in the order of their delays.
    pub levels: Vec<Level>,
    /// How often all levels are gone through again. Default: 0.
    pub repeat: u32,
    /// How long after the last level they are.
    pub gap: Duration,
    /// How long an acknowledgement holds; `None`: until the alert ends.
    pub acknowledge_timeout: Option<Duration>,
}

/// One level of an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// How much active time after the first notice it is reached.
    pub delay: Duration,
    /// Who is told then.
    pub receivers: Vec<String>,
}

impl Escalate {
    /// Escalates alerts over levels, once.
    #[must_use]
    pub fn new(matchers: Vec<Matcher>, levels: Vec<Level>) -> Self {
        Self {
            matchers,
            levels,
            repeat: 0,
            gap: Duration::ZERO,
            acknowledge_timeout: None,
        }
    }
}

impl Setup {
    pub(super) fn new(notify: Config, channels: BTreeMap<String, Vec<Channel>>) -> Self {
        let mut setup = Self {
            notify,
            channels,
            escalations: Vec::new(),
            templates: Vec::new(),
        };
        setup.integrate();
        setup
    }

    /// Sets up a receiver that is one channel, under a name that no other has.
    ///
    /// # Errors
    ///
    /// The name is empty, or that of another.
    pub fn add_channel(&mut self, name: impl Into<String>, channel: Channel) -> Result<(), String> {
        self.add_receiver(name, vec![channel])
    }

    /// Sets up a receiver, under a name that no other has.
    ///
    /// # Errors
    ///
    /// As [`add_channel`](Self::add_channel).
    pub fn add_receiver(
        &mut self,
        name: impl Into<String>,
        channels: Vec<Channel>,
    ) -> Result<(), String> {
        let name = name.into();
        if name.is_empty() {
            return Err("a receiver must have a name".to_owned());
        }
        if self.channels.contains_key(&name) {
            return Err(format!("there is another receiver `{name}`"));
        }
        self.channels.insert(name, channels);
        self.integrate();
        Ok(())
    }

    /// Puts the channels of each receiver in Alertmanager's order (webhooks, mail, PagerDuty, Slack; then ours), and
    /// tells the notifier of them. Call it after a change of `channels`.
    pub fn integrate(&mut self) {
        for channels in self.channels.values_mut() {
            channels.sort_by_key(rank);
        }
        let receivers = self.channels.iter().map(|(name, channels)| {
            let integrations = channels.iter().map(Channel::integration);
            (name.clone(), integrations.collect())
        });
        self.notify.receivers = receivers.collect();
    }

    /// Returns the escalation of an alert.
    #[must_use]
    pub fn escalation(&self, labels: &Labels) -> Option<&Escalate> {
        let mut all = self.escalations.iter();
        all.find(|it| it.matchers.iter().all(|matcher| matcher.matches(labels)))
    }

    pub(super) fn knows(&self, receiver: &str) -> Result<(), String> {
        match self.channels.contains_key(receiver) {
            true => Ok(()),
            false => Err(format!("there is no receiver `{receiver}`")),
        }
    }
}

fn rank(channel: &Channel) -> u8 {
    match channel {
        Channel::Webhook(_) => 0,
        Channel::Email(_) => 1,
        Channel::PagerDuty(_) => 2,
        Channel::Slack(_) => 3,
        Channel::Alertmanager(_) => 4,
        Channel::Console(_) => 5,
        Channel::File(_) => 6,
    }
}
