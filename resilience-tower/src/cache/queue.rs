//! What waits to be done in the background.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A bounded queue to those who work it off, which takes nothing while there are none.
pub(super) struct Queue<T>(Mutex<State<T>>);

struct State<T> {
    max: usize,
    items: VecDeque<T>,
    /// Number of workers that were polled and are alive.
    workers: usize,
    /// Those of them that wait.
    idle: BTreeMap<u64, Waker>,
    next: u64,
    closed: bool,
}

/// The way in. The queue ends with it.
pub(super) struct Sender<T>(Arc<Queue<T>>);

/// One who works the queue off, by number from the first poll on.
pub(super) struct Worker<T> {
    queue: Arc<Queue<T>>,
    number: Option<u64>,
}

impl<T> Queue<T> {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            max,
            items: VecDeque::new(),
            workers: 0,
            idle: BTreeMap::new(),
            next: 0,
            closed: false,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Sender<T> {
    pub(super) const fn new(queue: Arc<Queue<T>>) -> Self {
        Self(queue)
    }

    pub(super) fn queue(&self) -> Arc<Queue<T>> {
        self.0.clone()
    }

    /// Queues an item, or gives it back where nobody would work it off, or too many wait.
    pub(super) fn push(&self, item: T) -> Result<(), T> {
        let mut state = self.0.lock();
        if state.workers == 0 || state.items.len() >= state.max {
            return Err(item);
        }
        state.items.push_back(item);
        let idle = state.idle.pop_first();
        drop(state);
        if let Some((_, waker)) = idle {
            waker.wake();
        }
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        idle.into_values().for_each(Waker::wake);
    }
}

impl<T> Worker<T> {
    pub(super) const fn new(queue: Arc<Queue<T>>) -> Self {
        let number = None;
        Self { queue, number }
    }

    /// Takes the next item; `None` once nobody can queue any more.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let waker = cx.waker().clone();
        let mut state = self.queue.lock();
        let number = match self.number {
            Some(number) => number,
            None => {
                state.workers += 1;
                state.next += 1;
                state.next
            }
        };
        self.number = Some(number);
        let (replaced, next) = match state.items.pop_front() {
            Some(item) => (state.idle.remove(&number), Poll::Ready(Some(item))),
            None if state.closed => (None, Poll::Ready(None)),
            None => (state.idle.insert(number, waker), Poll::Pending),
        };
        drop(state);
        // A waker is the caller's code, its drop too.
        drop(replaced);
        next
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut state = self.queue.lock();
        state.workers -= 1;
        let mine = state.idle.remove(&number);
        let (left, next) = match state.workers {
            0 => (std::mem::take(&mut state.items), None),
            // It may have been woken for an item that it has not come for.
            _ if state.items.is_empty() => (VecDeque::new(), None),
            _ => (VecDeque::new(), state.idle.pop_first()),
        };
        drop(state);
        drop((mine, left));
        if let Some((_, waker)) = next {
            waker.wake();
        }
    }
}
