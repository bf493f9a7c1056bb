//! How people were told of alerts.

use std::fmt;

use serde::Serialize;

/// What was told, by channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct NoticeReport {
    /// Each channel of each receiver.
    pub(crate) channels: Vec<ChannelReport>,
    /// How many notices the service's own webhook has heard.
    pub(crate) heard: u64,
    /// How often it has heard the Watchdog.
    pub(crate) watchdog: u64,
    /// How many notices were tried, and are not known to have arrived.
    pub(crate) undelivered: usize,
    /// How many changes nobody was told of who should have been.
    pub(crate) dropped: u64,
    /// Why the next process will not know all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failing: Option<String>,
}

/// What came of the notices of a channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct ChannelReport {
    /// Receiver, place and kind.
    pub(crate) name: String,
    /// Tries that arrived.
    pub(crate) sent: u64,
    /// Tries that did not.
    pub(crate) failed: u64,
    /// What was wrong with the last try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) said: Option<String>,
}

impl fmt::Display for NoticeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channels = self.channels.iter().map(|it| {
            let failed = match it.failed {
                0 => String::new(),
                failed => format!(" ({failed} tries failed)"),
            };
            format!("{} {}{failed}", it.name, it.sent)
        });
        let channels: Vec<_> = channels.collect();
        write!(f, "notices sent: {}", channels.join(", "))?;
        if self.heard > 0 {
            write!(f, "; heard back {}", self.heard)?;
        }
        if self.undelivered > 0 {
            write!(f, "; {} not delivered", self.undelivered)?;
        }
        if self.dropped > 0 {
            write!(f, "; {} changes not told", self.dropped)?;
        }
        writeln!(f)?;
        match &self.failing {
            Some(why) => writeln!(f, "notices are not kept: {why}"),
            None => Ok(()),
        }
    }
}
