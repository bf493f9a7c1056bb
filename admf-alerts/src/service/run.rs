//! Time goes on: who has to be told is told.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::time::{sleep, timeout};

use super::channels::Channel;
use super::copying::{Copies, Copying, Nobody, Ready};
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
        // Nobody copies, so nothing keeps that from being done.
        drop(self.run_copying(stop, None::<Nobody>).await);
    }

    /// Runs; nothing is sent before it is copied. Says why it cannot be, if that ends it.
    pub(super) async fn run_copying(
        &self,
        stop: impl Future<Output = ()>,
        copies: Option<impl Copies>,
    ) -> Result<(), String> {
        self.begin();
        let mut stop = pin!(stop);
        let mut out = FuturesUnordered::new();
        let mut acknowledged = FuturesUnordered::new();
        let mut copying = Copying::new(copies);
        let mut writing = FuturesUnordered::new();
        let send = |(channel, delivery): Ready| self.deliver(channel, delivery);
        loop {
            let wait = self.due(|channel, delivery| copying.due.push((channel, delivery)));
            writing.extend(copying.begin(self, false));
            out.extend(copying.unheld().into_iter().map(send));
            let taken_up = self.taken_up().into_iter();
            acknowledged.extend(taken_up.map(|it| self.acknowledge_at(it)));
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some((to, written)) = writing.next(), if !writing.is_empty() => {
                    written?;
                    out.extend(copying.written(to).into_iter().map(send));
                }
                Some(first) = out.next(), if !out.is_empty() => {
                    let others = std::iter::from_fn(|| out.next().now_or_never().flatten());
                    let finished: Vec<Finished> = std::iter::once(first).chain(others).collect();
                    self.finished(finished);
                }
                Some(()) = acknowledged.next(), if !acknowledged.is_empty() => {}
                () = self.0.changed.notified() => {}
                () = sleep(copying.nap(wait)) => {}
            }
        }
        self.state().phase = Phase::Stopped;
        let rest = timeout(self.0.drain, async {
            while let Some(finished) = out.next().await {
                self.finished(vec![finished]);
            }
            // What is being written, and the rest; what is due is told by the next process.
            for _ in 0..2 {
                writing.extend(copying.begin(self, true));
                if let Some((to, written)) = writing.next().await {
                    written?;
                    drop(copying.written(to));
                }
            }
            Ok(())
        });
        // Who has not answered by now is asked again by the next process.
        rest.await.unwrap_or(Ok(()))
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
            state.out.insert(delivery.id);
            send(state.channels.get(&delivery.batch.key), delivery);
        }
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
            }
        });
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
}
