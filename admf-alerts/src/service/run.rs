//! Time goes on: who has to be told is told.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::time::{sleep, timeout};

use super::channels::Channel;
use super::{AlertService, Phase, State};
use crate::channel::io::Report;
use crate::notify::{Delivery, Outcome};

/// The longest time that is slept: clocks of the wall are set.
const NAP: Duration = Duration::from_secs(10);

/// How far the clock of the wall goes back without more than that things are told later by as much.
const SET_BACK: Duration = Duration::from_secs(5);

/// What came of a delivery.
struct Finished {
    delivery: Delivery,
    report: Report,
}

impl AlertService {
    /// Tells people until `stop` ends, and then lets deliveries that are under way come to their end.
    ///
    /// Where an engine goes on from the process before, evaluate it once and hand that [over](Self::evaluated) first: an alert
    /// that nobody posted for long, since nothing ran, has ended by now.
    ///
    /// What is written waits for the disk on the thread of this future: where others must not wait for that, let it run
    /// on a thread of its own. To be run once at a time.
    ///
    /// # Cancel safety
    ///
    /// Dropped, deliveries that were under way count as not known to have arrived; the next process, or the next run, tells again.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        self.begin();
        let mut stop = pin!(stop);
        let mut out = FuturesUnordered::new();
        let mut acknowledged = FuturesUnordered::new();
        loop {
            let wait = self.due(|channel, delivery| out.push(self.deliver(channel, delivery)));
            let taken_up = self.taken_up().into_iter();
            let tell = async |(channel, group): (Arc<Channel>, String)| {
                drop(channel.sender.acknowledge(&group).await);
            };
            acknowledged.extend(taken_up.map(tell));
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(first) = out.next(), if !out.is_empty() => {
                    let others = std::iter::from_fn(|| out.next().now_or_never().flatten());
                    let finished: Vec<Finished> = std::iter::once(first).chain(others).collect();
                    self.finished(finished);
                }
                Some(()) = acknowledged.next(), if !acknowledged.is_empty() => {}
                () = self.0.changed.notified() => {}
                () = sleep(wait) => {}
            }
        }
        self.state().phase = Phase::Stopped;
        let rest = timeout(self.0.drain, async {
            while let Some(finished) = out.next().await {
                self.finished(vec![finished]);
            }
        });
        // Who has not answered by now is asked again by the next process.
        drop(rest.await);
    }

    /// Tells people while this process leads, stands by while another one does, and ends when `stop` does.
    ///
    /// What is posted meanwhile is taken, as replicas are posted the same. Once this process leads no more, what is under way
    /// is dropped: the next leader tells.
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run); the lock is given up.
    #[cfg(feature = "leader")]
    pub async fn run_as_leader(
        &self,
        leader: &crate::leader::Leader,
        stop: impl Future<Output = ()>,
    ) {
        use crate::history::{Event, Kind};

        let note = |kind, text: &str| {
            let now = self.now();
            self.state().durable.note(now, Event::new(kind, text));
        };
        let mut stop = pin!(stop);
        loop {
            self.stand_by();
            let mut leadership = tokio::select! {
                biased;
                () = &mut stop => break,
                leadership = leader.lead() => leadership,
            };
            note(Kind::LeaderGained, "this process tells");
            let mut stopped = false;
            let lost = tokio::select! {
                biased;
                lost = leadership.lost() => lost,
                () = self.run(async { (&mut stop).await; stopped = true; }) => String::new(),
            };
            if stopped {
                break;
            }
            note(Kind::LeaderLost, &lost);
        }
        self.state().phase = Phase::Stopped;
    }

    /// Begins to tell: what a run before was dropped over is to be told again.
    fn begin(&self) {
        let mut state = self.state();
        state.phase = Phase::Telling;
        let again = Outcome::Again {
            after: Duration::ZERO,
        };
        let dropped = std::mem::take(&mut state.out);
        let dropped = dropped.into_iter().map(|id| (id, again));
        state.durable.finished(self.now(), dropped);
    }

    /// Hands over what is due, and says how long nothing will be, as far as it is known.
    fn due(&self, mut send: impl FnMut(Option<Arc<Channel>>, Delivery)) -> Duration {
        let mut state = self.state();
        let now = self.now();
        // What is due is on disk before any of it is sent.
        let due = state.batch(now, |state, now| {
            state.look_at_the_clock(now);
            state.look_at_itself(now);
            state.durable.due(now)
        });
        for delivery in due {
            let key = &delivery.batch.key;
            state.undelivered.entry(key.clone()).or_insert(now);
            state.out.insert(delivery.id);
            send(state.channels.get(key), delivery);
        }
        state.look_at_owed();
        let next = state.durable.next_due();
        next.map_or(NAP, |next| next.saturating_sub(now).min(NAP))
    }

    async fn deliver(&self, channel: Option<Arc<Channel>>, delivery: Delivery) -> Finished {
        let report = match channel {
            Some(channel) => self.send(&channel, &delivery).await,
            None => Report::gone(&delivery.batch.key.receiver),
        };
        Finished { delivery, report }
    }

    async fn send(&self, channel: &Channel, delivery: &Delivery) -> Report {
        let left = delivery.deadline.saturating_sub(self.now());
        let clock = &self.0.shared.env;
        let began = clock.now();
        let sent = timeout(left, async {
            // It is never closed.
            let _place = channel.places.acquire().await;
            channel.sender.send(&delivery.batch, delivery.tries).await
        });
        let report = sent.await.unwrap_or_else(|_| Report::late(left));
        let took = clock.now().since(began);
        channel.tried(self.now(), took, &report);
        #[cfg(feature = "metrics")]
        if let Some(latency) = self.0.latency.get() {
            latency.took(channel, took);
        }
        report
    }

    fn finished(&self, finished: Vec<Finished>) {
        let mut state = self.state();
        state.batch(self.now(), |state, now| {
            for Finished { delivery, report } in finished {
                state.note_try(now, &delivery.batch, &report);
                let done = [(delivery.id, report.outcome)];
                state.durable.finished(now, done);
                state.out.remove(&delivery.id);
                if report.outcome == Outcome::Sent {
                    state.undelivered.remove(&delivery.batch.key);
                }
            }
        });
        state.look_at_owed();
    }

    fn taken_up(&self) -> Vec<(Arc<Channel>, String)> {
        std::mem::take(&mut self.state().taken_up)
    }
}

impl State {
    /// Makes groups anew once the wall's clock was set back: theirs would stand still until it is what it was again.
    fn look_at_the_clock(&mut self, now: Duration) {
        if now.saturating_add(SET_BACK) < self.looked {
            let config = self.setup.notify.clone();
            // What is taken already is sound.
            drop(self.durable.change(now, |it| it.reload(config, now)));
        }
        self.looked = now;
    }

    /// Forgets what nobody has to be told any more.
    fn look_at_owed(&mut self) {
        let notifier = self.durable.notifier();
        // What is undelivered is owed: where these are as many they are the same, and in a storm nobody asks for each each time.
        if self.undelivered.len() != notifier.owed().len() {
            self.undelivered.retain(|key, _| notifier.is_owed(key));
        }
    }
}
