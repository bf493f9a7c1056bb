//! Whether what the service lives by still turns.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use admf_metrics::Clock;
use admf_metrics::health::Heartbeat;
use tokio::time::{Instant, sleep};

/// How often who waits says that he is there.
pub(crate) const BEAT: Duration = Duration::from_secs(1);

/// The heartbeat of several loops: it beats when each of them has turned since the last beat, so that one that
/// is stuck is missed however often the others turn.
///
/// None of them may wait without a bound for anybody else, or liveness would hang on him.
#[derive(Clone, Debug)]
pub(crate) struct Pulse {
    heartbeat: Heartbeat,
    loops: Arc<Mutex<Loops>>,
}

/// The loops by numbers that are given once.
#[derive(Debug, Default)]
struct Loops {
    next: u64,
    each: BTreeMap<u64, Loop>,
}

#[derive(Debug)]
struct Loop {
    name: String,
    /// Whether it has not turned since the last beat.
    due: bool,
}

impl Loops {
    /// Begins to wait for all anew if nobody is due any more, and says whether that is so.
    fn all_turned(&mut self) -> bool {
        let all = self.each.values().all(|it| !it.due);
        if all {
            self.each.values_mut().for_each(|it| it.due = true);
        }
        all
    }
}

impl Pulse {
    /// Makes one that is missed after `limit` without a beat.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            heartbeat: Heartbeat::new(limit, Clock::tokio()),
            loops: Arc::default(),
        }
    }

    /// Returns what liveness asks.
    pub(crate) const fn heartbeat(&self) -> &Heartbeat {
        &self.heartbeat
    }

    /// Begins a loop, which has to turn from here on until it is dropped: to begin and to end are turns too.
    pub(crate) fn begin(&self, name: impl Into<String>) -> Turning {
        let (name, due) = (name.into(), false);
        let number = self.change(|loops| {
            let number = loops.next;
            loops.next += 1;
            loops.each.insert(number, Loop { name, due });
            number
        });
        Turning(Some((self.clone(), number)))
    }

    /// Does `work`, whose task has to turn meanwhile: it may wait, and must not block.
    pub(crate) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        let waiting = self.begin("main task").for_ever();
        tokio::select! {
            biased;
            // First, so that it has turned before what may take its time.
            never = waiting => match never {},
            done = work => done,
        }
    }

    /// Names the loops that have not turned since the last beat: once that is missed, those that are stuck.
    pub(crate) fn due(&self) -> Vec<String> {
        let loops = self.loops();
        let due = loops.each.values().filter(|it| it.due);
        due.map(|it| it.name.clone()).collect()
    }

    /// Changes what is known of the loops, and beats if that is the last turn that was due.
    fn change<T>(&self, change: impl FnOnce(&mut Loops) -> T) -> T {
        let mut loops = self.loops();
        let changed = change(&mut loops);
        let beats = loops.all_turned();
        drop(loops);
        if beats {
            self.heartbeat.beat();
        }
        changed
    }

    fn loops(&self) -> MutexGuard<'_, Loops> {
        // Nothing under the lock can panic.
        self.loops.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A loop while it goes on. By default nobody asks whether it turns.
#[derive(Debug, Default)]
pub(crate) struct Turning(Option<(Pulse, u64)>);

impl Turning {
    /// Says that it turns.
    pub(crate) fn turn(&self) {
        if let Some((pulse, number)) = &self.0 {
            pulse.change(|loops| {
                if let Some(it) = loops.each.get_mut(number) {
                    it.due = false;
                }
            });
        }
    }

    /// Lets time pass, and turns: who waits for a time is not stuck.
    pub(crate) async fn rest(&self, time: Duration) {
        let begun = Instant::now();
        loop {
            self.turn();
            let left = time.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return;
            }
            sleep(left.min(BEAT)).await;
        }
    }

    async fn for_ever(self) -> Infallible {
        loop {
            self.rest(BEAT).await;
        }
    }
}

impl Drop for Turning {
    fn drop(&mut self) {
        if let Some((pulse, number)) = &self.0 {
            pulse.change(|loops| drop(loops.each.remove(number)));
        }
    }
}
