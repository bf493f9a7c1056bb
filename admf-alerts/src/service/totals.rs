//! How a service does.

use std::collections::BTreeMap;
use std::time::Duration;

use super::AlertService;

/// Shows how one channel does, since the process began or the channel was set up anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelTotals {
    /// Its name: receiver, place and kind, such as `team[0] slack`.
    pub name: String,
    /// Tries that arrived.
    pub sent: u64,
    /// Tries that did not, and are repeated.
    pub failed: u64,
    /// Tries that were refused for good.
    pub refused: u64,
    /// How long all tries took together.
    pub busy: Duration,
    /// When one last arrived.
    pub last_sent: Option<Duration>,
    /// Since when none has arrived that was tried.
    pub failing_since: Option<Duration>,
    /// What was wrong with the last, without secrets.
    pub said: Option<String>,
}

impl ChannelTotals {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }
}

/// Shows how a service does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// The channels of each receiver.
    pub channels: BTreeMap<String, Vec<ChannelTotals>>,
    /// How many notices were tried and are not known to have arrived.
    pub undelivered: usize,
    /// Since when the oldest of them has been, in whichever process.
    pub oldest_undelivered: Option<Duration>,
    /// How many alerts ended without somebody having been told who should have been.
    pub dropped: u64,
    /// Why the disk does not hold all.
    pub failing: Option<String>,
    /// How often writing has failed.
    pub write_failures: u64,
}

impl AlertService {
    /// Shows how it does.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let state = self.state();
        let mut channels = BTreeMap::<String, Vec<ChannelTotals>>::new();
        for (receiver, channel) in state.channels.iter() {
            let of = channels.entry(receiver.to_owned()).or_default();
            of.push(channel.totals());
        }
        let notifier = state.durable.notifier();
        // What is owed to a channel that is no more is delivered by none.
        let owed = notifier.owed();
        let owed = owed.filter(|(key, _)| state.channels.get(key).is_some());
        let since: Vec<Duration> = owed.map(|(_, it)| it.since).collect();
        Totals {
            channels,
            undelivered: since.len(),
            oldest_undelivered: since.into_iter().min(),
            dropped: notifier.dropped(),
            failing: state.durable.failing().map(str::to_owned),
            write_failures: state.durable.failures(),
        }
    }
}
