//! What the handles of a policy share.

use std::collections::VecDeque;

use crate::sync::Mutex;
use crate::{Env, Event, Name};

/// A policy's name, its outside world, and its state behind the one lock that it has.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    name: Name,
    env: Env,
    locked: Mutex<Locked<S>>,
}

#[derive(Debug)]
struct Locked<S> {
    state: S,
    events: Events,
    /// Whether a thread is telling the observer; it will tell what comes meanwhile too.
    telling: bool,
}

/// What happened and was not told yet, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Events(VecDeque<Event>);

impl Events {
    /// Remembers that `event` happened.
    pub(crate) fn push(&mut self, event: Event) {
        self.0.push_back(event);
    }
}

impl<S> Shared<S> {
    pub(crate) fn new(name: Name, env: &Env, state: S) -> Self {
        let events = Events::default();
        Self {
            name,
            env: env.clone(),
            locked: Mutex::new(Locked {
                state,
                events,
                telling: false,
            }),
        }
    }

    #[inline]
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    #[inline]
    pub(crate) fn env(&self) -> &Env {
        &self.env
    }

    /// Works on the state, and tells the observer what came of it when the lock is free.
    ///
    /// Whichever thread finds nobody telling tells everything, so that events keep their order.
    #[inline]
    pub(crate) fn locked<T>(&self, work: impl FnOnce(&mut S, &mut Events) -> T) -> T {
        self.locked_then(work, |event| event)
    }

    /// Works on the state as [`locked`](Self::locked) does; what `first` does with each event, the
    /// lock being free, comes before the observer hears of it.
    ///
    /// Every work of a policy that pushes events is followed by the same `first`, which must not
    /// panic.
    pub(crate) fn locked_then<T>(
        &self,
        work: impl FnOnce(&mut S, &mut Events) -> T,
        first: impl Fn(Event) -> Event,
    ) -> T {
        let mut locked = self.locked.lock();
        let Locked { state, events, .. } = &mut *locked;
        let out = work(state, events);
        let tell = !locked.telling && !locked.events.0.is_empty();
        locked.telling |= tell;
        drop(locked);
        if tell {
            self.tell(&first);
        }
        out
    }

    #[cold]
    fn tell(&self, first: &dyn Fn(Event) -> Event) {
        loop {
            let event = {
                let mut locked = self.locked.lock();
                let event = locked.events.0.pop_front();
                locked.telling = event.is_some();
                event
            };
            match event {
                Some(event) => self.env.emit(&self.name, &first(event)),
                None => return,
            }
        }
    }
}
