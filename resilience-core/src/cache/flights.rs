//! Which keys are being fetched, by whom, and who waits for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::task::Waker;

use crate::Rejected;
use crate::line::{Left, Line, Wakes};

/// The flights: at most one per key that others may join.
#[derive(Debug)]
pub(super) struct Flights<K, T> {
    by_key: HashMap<Arc<K>, u64>,
    flights: HashMap<u64, Flight<T>>,
    next: u64,
    /// Keys that left: they are the caller's, and are dropped with no lock held.
    gone: Vec<Arc<K>>,
}

#[derive(Debug)]
struct Flight<T> {
    /// Who makes the call, by number; nobody once it has ended.
    leader: Option<u64>,
    /// Whether the leader has begun; one that has not may be overtaken.
    begun: bool,
    line: Line<(), Given<T>>,
    /// Number of those in the line who have not left it, whether or not they were served.
    followers: usize,
}

/// The right to make the call of a flight, or a place in its line: plain data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    flight: u64,
    number: u64,
}

/// What one who asks for a key becomes.
#[derive(Debug)]
pub(super) enum Joined {
    Leads(Place),
    Follows(Place),
}

impl Joined {
    pub(super) const fn place(self) -> Place {
        match self {
            Self::Leads(place) | Self::Follows(place) => place,
        }
    }
}

/// What a follower is given.
#[derive(Clone, Debug)]
pub(super) enum Given<T> {
    /// The answer.
    Landed(T),
    /// The lead: whoever had it is gone.
    Lead(Place),
    /// The call failed, by this refusal where it was one.
    Failed(Option<Rejected>),
    /// The answer is the leader's alone.
    Alone,
}

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            flights: HashMap::new(),
            next: 0,
            gone: Vec::new(),
        }
    }
}

impl<K: Hash + Eq, T: Clone> Flights<K, T> {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn take_off(&mut self, key: &Arc<K>, begun: bool) -> Place {
        let (flight, number) = (self.number(), self.number());
        self.by_key.insert(key.clone(), flight);
        let new = Flight {
            leader: Some(number),
            begun,
            line: Line::default(),
            followers: 0,
        };
        self.flights.insert(flight, new);
        Place { flight, number }
    }

    /// Leads the flight of `key` where there is none or its leader has not begun; follows it
    /// otherwise.
    pub(super) fn join(&mut self, key: &Arc<K>) -> Joined {
        let Some(&flight) = self.by_key.get(&**key) else {
            return Joined::Leads(self.take_off(key, true));
        };
        let overtaker = self.number();
        let found = self.flights.get_mut(&flight);
        let found = found.expect("a flight that can be joined is there");
        if !found.begun {
            found.leader = Some(overtaker);
            found.begun = true;
            return Joined::Leads(Place {
                flight,
                number: overtaker,
            });
        }
        found.followers += 1;
        let number = found.line.join(());
        Joined::Follows(Place { flight, number })
    }

    /// Leads a flight of `key` that has not begun, unless there is one.
    pub(super) fn prepare(&mut self, key: &Arc<K>) -> Option<Place> {
        match self.by_key.contains_key(&**key) {
            true => None,
            false => Some(self.take_off(key, false)),
        }
    }

    /// Begins a flight that was prepared; says whether nobody overtook it.
    pub(super) fn begin(&mut self, lead: Place) -> bool {
        let led = self.led_by(lead);
        led.map(|flight| flight.begun = true).is_some()
    }

    /// Says whether this flight is the one that is joined by who asks for `key` now.
    pub(super) fn is_joined(&self, key: &K, lead: Place) -> bool {
        self.by_key.get(key) == Some(&lead.flight)
    }

    fn led_by(&mut self, lead: Place) -> Option<&mut Flight<T>> {
        let flight = self.flights.get_mut(&lead.flight)?;
        (flight.leader == Some(lead.number)).then_some(flight)
    }

    /// Ends the flight, and gives everyone who follows what it came to.
    pub(super) fn end(&mut self, key: &K, lead: Place, given: &Given<T>, wakes: &mut Wakes) {
        let Some(flight) = self.led_by(lead) else {
            return;
        };
        flight.leader = None;
        while let Some((number, ())) = flight.line.first() {
            flight.line.serve(number, wakes, given.clone());
        }
        self.close(key, lead.flight);
    }

    /// Gives the lead to the first who follows, or ends the flight where nobody does.
    pub(super) fn resign(&mut self, key: &K, lead: Place, wakes: &mut Wakes) {
        let number = self.number();
        let Some(flight) = self.led_by(lead) else {
            return;
        };
        flight.leader = None;
        if let Some((first, ())) = flight.line.first() {
            flight.leader = Some(number);
            flight.begun = true;
            let given = Given::Lead(Place { number, ..lead });
            flight.line.serve(first, wakes, given);
        }
        self.close(key, lead.flight);
    }

    /// Forgets a flight that nobody leads: nobody joins it any more, and it goes with its last
    /// follower.
    fn close(&mut self, key: &K, number: u64) {
        let Some(flight) = self.flights.get(&number) else {
            return;
        };
        if flight.leader.is_some() {
            return;
        }
        if flight.followers == 0 {
            self.flights.remove(&number);
        }
        if self.by_key.get(key) == Some(&number) {
            self.detach(key);
        }
    }

    /// Makes who asks for `key` from now on begin a flight of their own.
    pub(super) fn detach(&mut self, key: &K) {
        let detached = self.by_key.remove_entry(key);
        self.gone.extend(detached.map(|(key, _)| key));
    }

    /// As [`detach`](Self::detach), for all keys.
    pub(super) fn detach_all(&mut self) {
        self.gone.extend(self.by_key.drain().map(|(key, _)| key));
    }

    /// Returns the keys that left.
    pub(super) fn take_gone(&mut self) -> Vec<Arc<K>> {
        std::mem::take(&mut self.gone)
    }

    /// Gives a follower what there is for it; otherwise it goes on waiting, to be woken by `waker`.
    pub(super) fn poll(
        &mut self,
        key: &K,
        at: Place,
        waker: Waker,
        wakes: &mut Wakes,
    ) -> Option<Given<T>> {
        let flight = self.flights.get_mut(&at.flight);
        let flight = flight.expect("a flight is there while it is followed");
        let given = flight.line.poll(at.number, waker, wakes)?;
        flight.followers -= 1;
        self.close(key, at.flight);
        Some(given)
    }

    /// Takes a follower out, and returns what it was given and did not come for. A lead goes on.
    pub(super) fn leave(
        &mut self,
        key: &K,
        at: Place,
        wakes: &mut Wakes,
    ) -> Option<Left<(), Given<T>>> {
        let flight = self.flights.get_mut(&at.flight)?;
        let left = flight.line.leave(at.number, wakes);
        flight.followers -= usize::from(left.is_some());
        match left {
            Some(Left::Served(Given::Lead(lead))) => self.resign(key, lead, wakes),
            _ => self.close(key, at.flight),
        }
        left
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.flights.len().max(self.by_key.len())
    }
}
