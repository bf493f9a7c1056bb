//! Everything that a notifier and its channels are told.

use std::collections::BTreeMap;

use super::meta::Meta;
use crate::channel::config::Channel;
use crate::notify::Config;

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
    /// Who is told of the notifier itself; see [`tell_failures`](Self::tell_failures).
    pub meta: Meta,
}

impl Setup {
    pub(super) fn new(notify: Config, channels: BTreeMap<String, Vec<Channel>>) -> Self {
        let mut setup = Self {
            notify,
            channels,
            meta: Meta::default(),
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
