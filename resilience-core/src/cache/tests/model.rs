//! The cache against lists that are searched from end to end.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(u8),
    Insert(u8),
    Invalidate(u8),
    /// What the lead of this number does; numbers wrap.
    Lead(usize, End),
    Poll(usize),
    Leave(usize),
    Pass(u64),
}

#[derive(Clone, Copy, Debug)]
enum End {
    Land,
    Fail,
    Release,
    Cancel,
}

fn step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![
        Just(End::Land),
        Just(End::Fail),
        Just(End::Release),
        Just(End::Cancel)
    ];
    prop_oneof![
        8 => (0_u8..3).prop_map(Step::Ask),
        1 => (0_u8..3).prop_map(Step::Insert),
        1 => (0_u8..3).prop_map(Step::Invalidate),
        4 => (0_usize..16, end).prop_map(|(at, end)| Step::Lead(at, end)),
        3 => (0_usize..16).prop_map(Step::Poll),
        1 => (0_usize..16).prop_map(Step::Leave),
        3 => (0_u64..8).prop_map(Step::Pass),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    Fresh(u32),
    Stale(u32),
    Refresh(u32),
    Lead,
    Follow,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Nothing,
    Landed(u32),
    Lead,
    Failed,
    Alone,
}

/// A flight: its followers by number, each with what it was told.
#[derive(Debug)]
struct Flight {
    key: u8,
    joined: bool,
    leader: Option<usize>,
    followers: Vec<(usize, Told)>,
}

/// The rules, without any cleverness. Of who leads and who follows the numbers are given in order.
#[derive(Default)]
struct Model {
    now: u64,
    kept: Vec<(u8, u32, u64)>,
    flights: Vec<Flight>,
    leads: usize,
    follows: usize,
}

impl Model {
    fn age(&self, key: u8) -> Option<(u32, u64)> {
        let found = self.kept.iter().find(|it| it.0 == key)?;
        Some((found.1, self.now - found.2))
    }

    fn joined(&mut self, key: u8) -> Option<&mut Flight> {
        let mut flights = self.flights.iter_mut();
        flights.find(|it| it.key == key && it.joined && it.leader.is_some())
    }

    fn take_off(&mut self, key: u8) {
        let leader = Some(self.leads);
        self.leads += 1;
        let (joined, followers) = (true, Vec::new());
        self.flights.push(Flight {
            key,
            joined,
            leader,
            followers,
        });
    }

    fn ask(&mut self, key: u8) -> Said {
        match self.age(key) {
            Some((value, 0..10)) => return Said::Fresh(value),
            Some((value, 10..15)) => match self.joined(key) {
                Some(_) => return Said::Stale(value),
                None => {
                    self.take_off(key);
                    return Said::Refresh(value);
                }
            },
            _ => {}
        }
        let number = self.follows;
        if let Some(flight) = self.joined(key) {
            flight.followers.push((number, Told::Nothing));
            self.follows += 1;
            return Said::Follow;
        }
        self.take_off(key);
        Said::Lead
    }

    fn keep(&mut self, key: u8, value: u32) {
        self.forget(key);
        self.kept.push((key, value, self.now));
    }

    fn forget(&mut self, key: u8) {
        self.kept.retain(|it| it.0 != key);
    }

    fn detach(&mut self, key: u8) {
        for flight in self.flights.iter_mut().filter(|it| it.key == key) {
            flight.joined = false;
        }
    }

    fn end(&mut self, lead: usize, end: End, value: u32) {
        let mut flights = self.flights.iter_mut();
        let flight = flights.find(|it| it.leader == Some(lead)).unwrap();
        let told = match end {
            End::Land => Told::Landed(value),
            End::Fail => Told::Failed,
            End::Release => Told::Alone,
            End::Cancel => {
                flight.leader = None;
                let mut waiting = flight.followers.iter_mut();
                if let Some(next) = waiting.find(|it| it.1 == Told::Nothing) {
                    next.1 = Told::Lead;
                    flight.leader = Some(usize::MAX - next.0);
                }
                return;
            }
        };
        flight.leader = None;
        for follower in &mut flight.followers {
            if follower.1 == Told::Nothing {
                follower.1 = told;
            }
        }
        let (key, newest) = (flight.key, flight.joined);
        if matches!(end, End::Land) && newest {
            self.keep(key, value);
        }
    }

    fn told(&mut self, follow: usize) -> Told {
        let told = self.flights.iter_mut().find_map(|flight| {
            let found = flight.followers.iter().find(|it| it.0 == follow);
            let told = found.map(|it| it.1)?;
            if told == Told::Lead {
                flight.leader = Some(self.leads);
                self.leads += 1;
            }
            if told != Told::Nothing {
                flight.followers.retain(|it| it.0 != follow);
            }
            Some(told)
        });
        told.unwrap()
    }

    fn leave(&mut self, follow: usize) {
        let mut flights = self.flights.iter_mut();
        let flight = flights.find(|it| it.followers.iter().any(|it| it.0 == follow));
        let flight = flight.unwrap();
        flight.followers.retain(|it| it.0 != follow);
        if flight.leader == Some(usize::MAX - follow) {
            self.end(usize::MAX - follow, End::Cancel, 0);
        }
    }
}

/// The cache and those who use it, by number.
struct Real {
    cache: Cache<u8, u32>,
    leads: Vec<(usize, Lead<u8, u32>)>,
    follows: Vec<(usize, Follow<u8, u32>)>,
    numbers: (usize, usize),
}

impl Real {
    fn lead(&mut self, lead: Lead<u8, u32>) {
        assert!(lead.start());
        self.leads.push((self.numbers.0, lead));
        self.numbers.0 += 1;
    }

    fn ask(&mut self, key: u8) -> Said {
        match self.cache.begin(&key) {
            Begun::Fresh(value) => Said::Fresh(value),
            Begun::Stale(stale) => Said::Stale(stale.value),
            Begun::Refresh(stale, lead) => {
                self.lead(lead);
                Said::Refresh(stale.value)
            }
            Begun::Lead(lead) => {
                self.lead(lead);
                Said::Lead
            }
            Begun::Follow(follow) => {
                self.follows.push((self.numbers.1, follow));
                self.numbers.1 += 1;
                Said::Follow
            }
        }
    }

    fn told(&mut self, at: usize) -> Told {
        let follow = Pin::new(&mut self.follows[at].1);
        let Poll::Ready(followed) = follow.poll(&mut Context::from_waker(Waker::noop())) else {
            return Told::Nothing;
        };
        drop(self.follows.remove(at));
        match followed {
            Followed::Landed(value) => Told::Landed(value),
            Followed::Lead(lead) => {
                self.lead(lead);
                Told::Lead
            }
            Followed::Failed(_) => Told::Failed,
            Followed::Alone => Told::Alone,
        }
    }

    fn end(&mut self, at: usize, end: End, value: u32) -> usize {
        let (number, lead) = self.leads.remove(at);
        match end {
            End::Land => lead.land(&value),
            End::Fail => lead.fail(None),
            End::Release => lead.release(),
            End::Cancel => drop(lead),
        }
        number
    }
}

proptest! {
    #[test]
    fn the_cache_does_what_lists_do(steps in prop::collection::vec(step(), 0..200)) {
        let (env, clock) = Env::manual();
        let cache = Cache::new("quotes", aging(), &env).unwrap();
        let (leads, follows) = (Vec::new(), Vec::new());
        let mut real = Real { cache, leads, follows, numbers: (0, 0) };
        let mut model = Model::default();
        for (value, step) in (0_u32..).zip(steps) {
            match step {
                Step::Ask(key) => prop_assert_eq!(real.ask(key), model.ask(key)),
                Step::Insert(key) => {
                    real.cache.insert(key, value);
                    model.detach(key);
                    model.keep(key, value);
                }
                Step::Invalidate(key) => {
                    let was = model.age(key).is_some();
                    // What has expired may be gone already.
                    let gone = real.cache.invalidate(&key);
                    prop_assert!(!gone || was);
                    model.detach(key);
                    model.forget(key);
                }
                Step::Lead(at, end) if !real.leads.is_empty() => {
                    let number = real.end(at % real.leads.len(), end, value);
                    model.end(number, end, value);
                }
                Step::Poll(at) if !real.follows.is_empty() => {
                    let at = at % real.follows.len();
                    let number = real.follows[at].0;
                    prop_assert_eq!(real.told(at), model.told(number));
                }
                Step::Leave(at) if !real.follows.is_empty() => {
                    let (number, follow) = real.follows.remove(at % real.follows.len());
                    drop(follow);
                    model.leave(number);
                }
                Step::Pass(seconds) => {
                    clock.advance(seconds as u32 * SECOND);
                    model.now += seconds;
                }
                Step::Lead(..) | Step::Poll(_) | Step::Leave(_) => {}
            }
            for key in 0..3 {
                let kept = model.age(key).filter(|it| it.1 < 30);
                let rescued = real.cache.rescue(&key).map(|it| (it.value, it.age().unwrap().as_secs()));
                prop_assert_eq!(rescued, kept);
            }
        }
        drop((real.leads, real.follows));
        prop_assert_eq!(real.cache.0.flights(), 0);
    }
}
