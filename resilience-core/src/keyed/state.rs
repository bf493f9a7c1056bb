//! Which keys are kept and which go: keys and the time in, gates out.

use std::sync::Arc;
use std::time::Duration;

use super::entries::{Entries, List, MOST, Table};
use super::{KeyGate, KeyedSnapshot};
use crate::Time;

/// How many of those that could not go are looked at again for one new key. Up to so many, it is
/// always the least recently used one that goes; of more, each is looked at in its turn.
const LOOKS: usize = 64;

/// How many keys that are idle go at one use of another.
const GO_PER_USE: usize = 2;

/// A clock that goes back by less than this part of the idle time is two threads that came in the
/// other order, and not worth a look at all keys.
const RACE: u32 = 1000;

/// A key, and its hash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    pub(super) hash: u32,
    pub(super) text: &'a str,
}

/// The keys that are kept.
///
/// Nothing that goes is dropped in here: it is the caller's code that may run then.
#[derive(Debug)]
pub(super) struct Keys<G> {
    table: Table,
    entries: Entries<Kept<G>>,
    limits: Limits,
    /// Where the key begins in the name of its gate.
    key_from: usize,
    /// The time that was seen last.
    last: Time,
    /// The newest time of a use.
    newest: Time,
    /// Whether keys may stand behind such as were used at a later time.
    disordered: bool,
    pushed_out: u64,
    went_idle: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) max_keys: usize,
    pub(super) idle: Option<Duration>,
}

/// A key that is kept, or was.
#[derive(Debug)]
pub(super) struct Kept<G> {
    hash: u32,
    /// The name of the gate, `policy[key]`: the key is in it.
    name: Arc<str>,
    gate: G,
    used: Time,
}

/// What went.
pub(super) type Gone<G> = Vec<Kept<G>>;

impl<G: KeyGate> Keys<G> {
    /// Creates an empty set for gates whose names hold the key from `key_from` to the last byte but
    /// one.
    pub(super) fn new(limits: Limits, key_from: usize) -> Self {
        Self {
            table: Table::default(),
            entries: Entries::new(),
            limits,
            key_from,
            last: Time::ZERO,
            newest: Time::ZERO,
            disordered: false,
            pushed_out: 0,
            went_idle: 0,
        }
    }

    #[inline]
    fn key<'a>(&self, kept: &'a Kept<G>) -> &'a str {
        &kept.name[self.key_from..kept.name.len() - 1]
    }

    #[inline]
    fn find(&self, key: Key) -> Option<u32> {
        let is_it = |at| self.key(self.entries.get(at)) == key.text;
        self.table.find(key.hash, is_it)
    }

    #[inline]
    fn is_idle(&self, kept: &Kept<G>, now: Time) -> bool {
        let idle = self.limits.idle;
        idle.is_some_and(|idle| now.since(kept.used) >= idle)
    }

    /// Says whether a key is gone, though nobody took it out.
    #[inline]
    fn is_over(&self, at: u32, now: Time) -> bool {
        let kept = self.entries.get(at);
        self.is_idle(kept, now) && kept.gate.may_go()
    }

    fn take_out(&mut self, at: u32, gone: &mut Gone<G>) {
        let kept = self.entries.remove(at);
        self.table.remove(kept.hash, at);
        gone.push(kept);
    }

    fn take_out_idle(&mut self, at: u32, gone: &mut Gone<G>) {
        self.went_idle += 1;
        self.take_out(at, gone);
    }

    /// Uses `key`, where it is kept. Without an idle time `now` does not matter.
    #[inline]
    pub(super) fn use_key(&mut self, key: Key, now: Time, gone: &mut Gone<G>) -> Option<&G> {
        self.see(now, GO_PER_USE, gone);
        let at = self.find(key)?;
        if self.is_over(at, now) {
            self.take_out_idle(at, gone);
            return None;
        }
        self.note_order(now);
        self.entries.touch(at);
        let kept = self.entries.get_mut(at);
        kept.used = kept.used.max(now);
        Some(&kept.gate)
    }

    /// Learns the time of a use.
    #[inline]
    fn note_order(&mut self, used: Time) {
        let Some(idle) = self.limits.idle else {
            return;
        };
        self.disordered |= is_back(self.newest, used, idle);
        self.newest = self.newest.max(used);
    }

    /// Learns the time, and lets at most `most` go that are idle.
    #[inline]
    fn see(&mut self, now: Time, most: usize, gone: &mut Gone<G>) {
        let Some(idle) = self.limits.idle else {
            return;
        };
        if now < self.last {
            self.go_back(now, idle, gone);
        }
        self.last = now;
        self.let_idle_go(now, most, gone);
    }

    /// Lets those go that were idle when the time was seen last, before it is an earlier one: they
    /// were gone then, though nobody took them out.
    #[cold]
    fn go_back(&mut self, now: Time, idle: Duration, gone: &mut Gone<G>) {
        match is_back(self.last, now, idle) {
            true => self.let_all_idle_go(self.last, gone),
            false => self.let_idle_go(self.last, usize::MAX, gone),
        }
    }

    /// Lets at most `most` go that are idle, the least recently used first.
    fn let_idle_go(&mut self, now: Time, most: usize, gone: &mut Gone<G>) {
        for _ in 0..most {
            match self.entries.oldest(List::Used) {
                Some(at) if self.is_over(at, now) => self.take_out_idle(at, gone),
                Some(at) if self.is_idle(self.entries.get(at), now) => self.entries.hold(at),
                _ => return,
            }
        }
    }

    /// Learns the time, and lets all go that are idle.
    pub(super) fn sweep(&mut self, now: Time, gone: &mut Gone<G>) {
        self.see(now, usize::MAX, gone);
        self.let_all_idle_go(now, gone);
    }

    fn let_all_idle_go(&mut self, now: Time, gone: &mut Gone<G>) {
        if self.limits.idle.is_none() {
            return;
        }
        self.let_idle_go(now, usize::MAX, gone);
        let held_in_order = self.sweep_list(List::Held, now, gone);
        if self.disordered {
            self.disordered = !(self.sweep_list(List::Used, now, gone) && held_in_order);
        }
    }

    /// Lets all of a list go that are idle; says whether the times of the others are in order.
    fn sweep_list(&mut self, list: List, now: Time, gone: &mut Gone<G>) -> bool {
        let mut next = self.entries.oldest(list);
        let (mut last, mut in_order) = (Time::ZERO, true);
        while let Some(at) = next {
            next = self.entries.newer(at);
            if self.is_over(at, now) {
                self.take_out_idle(at, gone);
                continue;
            }
            let used = self.entries.get(at).used;
            in_order &= last <= used;
            last = used;
        }
        in_order
    }

    /// Keeps a gate for a new `key`, if there is room or somebody may go for it.
    pub(super) fn keep(
        &mut self,
        key: Key,
        name: &Arc<str>,
        gate: &G,
        now: Time,
        gone: &mut Gone<G>,
    ) -> bool {
        self.set_aside();
        if self.disordered && !self.has_room(1) {
            self.let_all_idle_go(now, gone);
        }
        if !self.make_room(1, now, gone) {
            return false;
        }
        self.note_order(now);
        let at = self.entries.insert(Kept {
            hash: key.hash,
            name: name.clone(),
            gate: gate.clone(),
            used: now,
        });
        self.table.insert(key.hash, at);
        true
    }

    /// Sets two aside that cannot go, where they are the least recently used: when room is needed
    /// one day, not all of them are still to be looked at.
    fn set_aside(&mut self) {
        for _ in 0..2 {
            match self.entries.oldest(List::Used) {
                Some(at) if !self.entries.get(at).gate.may_go() => self.entries.hold(at),
                _ => return,
            }
        }
    }

    /// Pushes out keys until there is room for `more`; says whether there is.
    fn make_room(&mut self, more: usize, now: Time, gone: &mut Gone<G>) -> bool {
        while !self.has_room(more) {
            match self.least_recently_used() {
                Some(at) => self.push_out(at, now, gone),
                None => return false,
            }
        }
        true
    }

    /// Returns the least recently used key that may go.
    ///
    /// Whoever could not go is set aside and looked at again only so many at a time; whoever is set
    /// aside was used since he was looked at last, so that each use pays for one look.
    fn least_recently_used(&mut self) -> Option<u32> {
        let held = self.entries.len_of(List::Held);
        if held <= LOOKS {
            self.entries.rewind();
        }
        for _ in 0..held.min(LOOKS) {
            let at = self.entries.next_held()?;
            if self.entries.get(at).gate.may_go() {
                return Some(at);
            }
        }
        while let Some(at) = self.entries.oldest(List::Used) {
            if self.entries.get(at).gate.may_go() {
                return Some(at);
            }
            self.entries.hold(at);
        }
        None
    }

    /// Takes other limits; all keys count as used now where there was no idle time.
    pub(super) const fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn reconfigure(&mut self, limits: Limits, now: Time, gone: &mut Gone<G>) {
        self.sweep(now, gone);
        if self.limits.idle.is_none() {
            for list in [List::Held, List::Used] {
                let mut next = self.entries.oldest(list);
                while let Some(at) = next {
                    next = self.entries.newer(at);
                    let kept = self.entries.get_mut(at);
                    kept.used = kept.used.max(now);
                }
            }
        }
        self.limits = limits;
        self.sweep(now, gone);
        self.shrink(now, gone);
    }

    /// Pushes out keys until no more are kept than may be, as far as they may go.
    fn shrink(&mut self, now: Time, gone: &mut Gone<G>) {
        let mut next = self.entries.oldest(List::Held);
        while let Some(at) = next.filter(|_| !self.has_room(0)) {
            next = self.entries.newer(at);
            if self.entries.get(at).gate.may_go() {
                self.push_out(at, now, gone);
            }
        }
        self.make_room(0, now, gone);
    }

    fn has_room(&self, more: usize) -> bool {
        self.entries.len() + more <= self.limits.max_keys.min(MOST)
    }

    fn push_out(&mut self, at: u32, now: Time, gone: &mut Gone<G>) {
        match self.is_idle(self.entries.get(at), now) {
            true => self.went_idle += 1,
            false => self.pushed_out += 1,
        }
        self.take_out(at, gone);
    }

    /// Returns the gate of `key`, where it is kept, which is no use of it.
    pub(super) fn peek(&mut self, key: Key, now: Time, gone: &mut Gone<G>) -> Option<&G> {
        self.see(now, GO_PER_USE, gone);
        let at = self.find(key)?;
        (!self.is_over(at, now)).then(|| &self.entries.get(at).gate)
    }

    /// Returns the keys and their gates, the least recently used first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &G)> {
        let kept = self.entries.of(List::Held);
        let kept = kept.chain(self.entries.of(List::Used));
        kept.map(|kept| (self.key(kept), &kept.gate))
    }

    pub(super) fn snapshot(&self, overflowed: u64) -> KeyedSnapshot {
        KeyedSnapshot {
            max_keys: self.limits.max_keys,
            idle: self.limits.idle,
            keys: self.entries.len(),
            pushed_out: self.pushed_out,
            went_idle: self.went_idle,
            overflowed,
        }
    }
}

/// Says whether the time went back from `then` to `now` by more than threads make it.
#[inline]
fn is_back(then: Time, now: Time, idle: Duration) -> bool {
    now < then && then.since(now) >= idle / RACE
}

#[cfg(all(test, not(loom)))]
impl<G> Keys<G> {
    pub(super) fn places(&self) -> usize {
        self.entries.places() + self.table.places()
    }
}
