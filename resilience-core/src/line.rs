//! Those who wait their turn, first come, first served, and their wakers.

use std::collections::BTreeMap;
use std::task::Waker;

use crate::sync::Mutex;

/// A lock under which wakers are collected; they are woken, or dropped, when it is free again.
///
/// A waker is the caller's code, its drop too, and may come back for the same lock.
#[derive(Debug)]
pub(crate) struct WakeLock<T>(Mutex<T>);

/// The wakers that leave a [`WakeLock`].
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    woken: Vec<Waker>,
    replaced: Option<Waker>,
}

impl Wakes {
    /// Wakes whom it concerns; to be called with no lock held.
    pub(crate) fn wake(self) {
        self.woken.into_iter().for_each(Waker::wake);
    }
}

impl<T> WakeLock<T> {
    pub(crate) fn new(state: T) -> Self {
        Self(Mutex::new(state))
    }

    /// Works on the state, and wakes whom it concerns when the lock is free.
    pub(crate) fn locked<R>(&self, work: impl FnOnce(&mut T, &mut Wakes) -> R) -> R {
        let mut wakes = Wakes::default();
        let out = work(&mut self.0.lock(), &mut wakes);
        wakes.wake();
        out
    }
}

/// Those who wait, each with a `W`, and those who were served an `S` and have not come for it.
///
/// Everyone has a number, so that coming for it, and leaving, looks through nobody.
#[derive(Debug)]
pub(crate) struct Line<W, S> {
    next: u64,
    waiting: BTreeMap<u64, Place<W>>,
    served: BTreeMap<u64, S>,
}

#[derive(Debug)]
struct Place<W> {
    wait: W,
    waker: Option<Waker>,
}

/// What one who leaves a [`Line`] leaves behind.
#[derive(Debug)]
pub(crate) enum Left<W, S> {
    Waiting(W),
    Served(S),
}

impl<W, S> Default for Line<W, S> {
    fn default() -> Self {
        Self {
            next: 0,
            waiting: BTreeMap::new(),
            served: BTreeMap::new(),
        }
    }
}

impl<W, S> Line<W, S> {
    /// Puts one more at the end; returns his number.
    pub(crate) fn join(&mut self, wait: W) -> u64 {
        let number = self.next;
        self.next += 1;
        let waker = None;
        self.waiting.insert(number, Place { wait, waker });
        number
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn first(&self) -> Option<(u64, &W)> {
        let (number, place) = self.waiting.first_key_value()?;
        Some((*number, &place.wait))
    }

    pub(crate) fn last(&self) -> Option<&W> {
        Some(&self.waiting.last_key_value()?.1.wait)
    }

    /// Returns what `number` waits for, if he does.
    pub(crate) fn get(&self, number: u64) -> Option<&W> {
        Some(&self.waiting.get(&number)?.wait)
    }

    /// Returns what the one before `number` waits for.
    pub(crate) fn before(&self, number: u64) -> Option<&W> {
        let (_, place) = self.waiting.range(..number).next_back()?;
        Some(&place.wait)
    }

    /// Returns what those after `number` wait for, in order.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = &W> {
        self.waiting
            .range(number + 1..)
            .map(|(_, place)| &place.wait)
    }

    /// Changes what those from `number` on wait for, in order, and wakes them: who is woken looks
    /// anew when he is due.
    pub(crate) fn change(&mut self, number: u64, wakes: &mut Wakes, mut work: impl FnMut(&mut W)) {
        for (_, place) in self.waiting.range_mut(number..) {
            work(&mut place.wait);
            wakes.woken.extend(place.waker.take());
        }
    }

    /// Serves `number`, who waits.
    pub(crate) fn serve(&mut self, number: u64, wakes: &mut Wakes, served: S) -> Option<W> {
        let place = self.waiting.remove(&number)?;
        self.served.insert(number, served);
        wakes.woken.extend(place.waker);
        Some(place.wait)
    }

    /// Gives `number` what he was served; otherwise he goes on waiting, to be woken by `waker`.
    pub(crate) fn poll(&mut self, number: u64, waker: Waker, wakes: &mut Wakes) -> Option<S> {
        let served = self.served.remove(&number);
        wakes.replaced = match self.waiting.get_mut(&number) {
            Some(place) => place.waker.replace(waker),
            None => Some(waker),
        };
        served
    }

    /// Takes `number` out.
    pub(crate) fn leave(&mut self, number: u64, wakes: &mut Wakes) -> Option<Left<W, S>> {
        match self.waiting.remove(&number) {
            Some(place) => {
                wakes.replaced = place.waker;
                Some(Left::Waiting(place.wait))
            }
            None => self.served.remove(&number).map(Left::Served),
        }
    }
}
