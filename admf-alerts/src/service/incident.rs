//! Incidents elsewhere, and that somebody has taken them up.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::channels::Channel;
use super::{AlertService, State};
use crate::channel::io::Report;
use crate::history::{Event, Kind};
use crate::notify::{Fingerprint, Outcome};

/// How many seconds later it is tried again to say it.
const AGAIN: [u64; 7] = [1, 2, 4, 8, 16, 32, 64];

/// A channel that is to be told that somebody has taken up the incident of a group.
pub(super) type TakenUp = (Arc<Channel>, String);

impl State {
    /// Tells the channels that were told of an alert that somebody has taken it up.
    pub(super) fn taken_up(&mut self, alert: Fingerprint) {
        let told = self.durable.notifier().told_of(alert);
        let channels = told.filter_map(|key| Some((self.channels.get(key)?, key.group.clone())));
        self.taken_up.extend(channels);
    }
}

impl AlertService {
    pub(super) fn taken_up(&self) -> Vec<TakenUp> {
        std::mem::take(&mut self.state().taken_up)
    }

    /// Tells a channel, again where it does not take it; that it never did is noted.
    pub(super) async fn acknowledge_at(&self, (channel, group): TakenUp) {
        let said = tell(async || channel.sender.acknowledge(&group).await).await;
        if let Err(said) = said {
            let text = format!("does not know that somebody has taken it up: {said}");
            let event = Event {
                group,
                channel: channel.sender.name().to_owned(),
                ..Event::new(Kind::NoticeFailed, text)
            };
            self.state().durable.note(self.now(), event);
        }
    }
}

/// Tells somebody, again where he does not take it, for two minutes; returns what he said last where he never did.
pub(super) async fn tell(mut once: impl AsyncFnMut() -> Report) -> Result<(), String> {
    let mut waits = AGAIN.into_iter().map(Duration::from_secs);
    loop {
        let report = once().await;
        match (report.outcome, waits.next()) {
            (Outcome::Sent, _) => return Ok(()),
            (Outcome::Again { after }, Some(wait)) => sleep(wait.max(after)).await,
            _ => return Err(report.said.unwrap_or_default()),
        }
    }
}
