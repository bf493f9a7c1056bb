//! The channels of all receivers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use resilience_core::Env;
use tokio::sync::Semaphore;

use super::totals::ChannelTotals;
use crate::alertmanager_file::Setup;
use crate::channel::Failure;
use crate::channel::config;
use crate::channel::io::{Report, Sender, Shared};
use crate::notify::{IntegrationId, LogKey, Outcome};

/// How many deliveries a channel makes at once; others wait, so that one that answers late holds up none but its own.
const AT_ONCE: usize = 32;

/// One channel of a receiver.
pub(super) struct Channel {
    pub(super) sender: Sender,
    pub(super) places: Semaphore,
    pub(super) declared: config::Channel,
    totals: Mutex<ChannelTotals>,
}

impl Channel {
    fn new(name: String, declared: &config::Channel, shared: &Shared) -> Result<Self, String> {
        Ok(Self {
            sender: Sender::new(&name, declared, shared)?,
            places: Semaphore::new(AT_ONCE),
            declared: declared.clone(),
            totals: Mutex::new(ChannelTotals::new(name)),
        })
    }

    /// Sets it up once more, with a breaker and limits that know nothing.
    pub(super) fn anew(&self, shared: &Shared) -> Result<Sender, String> {
        // They are those of an environment by their names.
        let shared = Shared {
            env: Env::default(),
            ..shared.clone()
        };
        Sender::new(self.sender.name(), &self.declared, &shared)
    }

    pub(super) fn totals(&self) -> ChannelTotals {
        self.totals.lock().clone()
    }

    /// Takes what came of a try, and how long it took.
    pub(super) fn tried(&self, now: Duration, took: Duration, report: &Report) {
        let mut totals = self.totals.lock();
        totals.busy += took;
        totals.said.clone_from(&report.said);
        match report.outcome {
            Outcome::Sent => {
                totals.sent += 1;
                totals.last_sent = Some(now);
                totals.failing_since = None;
            }
            Outcome::Again { .. } => totals.failed += 1,
            Outcome::Refused => totals.refused += 1,
        }
        // Who asks to wait, we ourselves among them, is there.
        let waits = report.failure == Some(Failure::RateLimited);
        if report.outcome != Outcome::Sent && !waits {
            totals.failing_since.get_or_insert(now);
        }
    }
}

/// All channels, by receiver.
#[derive(Default)]
pub(super) struct Channels(BTreeMap<String, Vec<Place>>);

/// A channel, and the integration that it is.
type Place = (IntegrationId, Arc<Channel>);

impl Channels {
    /// Sets them up; those that are as they were `before` are the same.
    pub(super) fn new(
        setup: &Setup,
        shared: &Shared,
        before: Option<&Self>,
    ) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for (receiver, declared) in &setup.channels {
            let channels = declared.iter().enumerate().map(|(at, declared)| {
                let old = before.and_then(|it| it.0.get(receiver)?.get(at));
                if let Some((_, old)) = old.filter(|(_, it)| it.declared == *declared) {
                    return Ok(Arc::clone(old));
                }
                let name = format!("{receiver}[{at}] {}", declared.kind());
                let channel = Channel::new(name, declared, shared)?;
                let leads = |it: &config::Channel| it.integration().name;
                if old.is_some_and(|(_, it)| leads(&it.declared) != leads(declared)) {
                    channel.sender.reset();
                }
                Ok(Arc::new(channel))
            });
            let channels = channels.collect::<Result<Vec<_>, String>>()?;
            let names = declared.iter().map(|it| it.integration().name);
            let names: Vec<String> = names.collect();
            let ids = IntegrationId::of(names.iter().map(String::as_str));
            all.insert(receiver.clone(), ids.zip(channels).collect());
        }
        Ok(Self(all))
    }

    pub(super) fn of(&self, receiver: &str) -> Option<&[Place]> {
        self.0.get(receiver).map(Vec::as_slice)
    }

    pub(super) fn get(&self, key: &LogKey) -> Option<Arc<Channel>> {
        let mut all = self.of(&key.receiver)?.iter();
        let (_, channel) = all.find(|(id, _)| *id == key.integration)?;
        Some(Arc::clone(channel))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Arc<Channel>)> {
        let all = self.0.iter();
        all.flat_map(|(receiver, channels)| channels.iter().map(|(_, it)| (receiver.as_str(), it)))
    }
}
