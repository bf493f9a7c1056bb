//! The limiters against models that follow the numbered rules word by word, slowly.

use proptest::prelude::*;

use super::*;
use crate::Event;
use crate::rate_limiter::state::Rate;
use crate::testing::Recorder;

/// What may happen, and how many nanoseconds after the step before; negative ones too.
#[derive(Clone, Debug)]
enum Step {
    Take(u32),
    Enqueue(u32, Option<i64>),
    Leave(usize),
    Refund(usize),
    Reconfigure(u32, u64, u32),
    Look,
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let step = prop_oneof![
        4 => (0..5_u32).prop_map(Step::Take),
        4 => ((0..5_u32), prop::option::of(-5..60_i64)).prop_map(|(c, d)| Step::Enqueue(c, d)),
        2 => (0..8_usize).prop_map(Step::Leave),
        2 => (0..8_usize).prop_map(Step::Refund),
        1 => (1..6_u32, 1..40_u64, 1..5_u32).prop_map(|(p, l, b)| Step::Reconfigure(p, l, b)),
        1 => Just(Step::Look),
    ];
    let pause = prop_oneof![3 => Just(0), 4 => 0..30_i64, 1 => -20..0_i64];
    prop::collection::vec((pause, step), 1..60)
}

/// RL-1 to RL-10 in signed numbers, with a list.
#[derive(Debug)]
struct Model {
    each: i128,
    burst: i128,
    tail: i128,
    /// Number, cost, tail.
    waiting: Vec<(usize, i128, i128)>,
    granted: Vec<usize>,
}

const MAX_WAIT: i128 = 90;

fn model_config(permits: u32, per: u64, burst: u32) -> RateLimiterConfig {
    RateLimiterConfig {
        permits,
        per: Duration::from_nanos(per),
        burst: Some(burst),
        max_wait: Some(Duration::from_nanos(MAX_WAIT as u64)),
        ..Default::default()
    }
}

impl Model {
    fn tolerance(&self) -> i128 {
        self.each * self.burst
    }

    fn see(&mut self, now: i128) {
        while let Some(&(number, _, tail)) = self.waiting.first() {
            if tail - self.tolerance() > now {
                return;
            }
            self.waiting.remove(0);
            self.granted.push(number);
        }
    }

    /// The tail and the wait of one who comes now.
    fn reckon(&self, now: i128, cost: i128) -> Option<(i128, i128)> {
        let next = self.tail.max(now) + self.each * cost;
        (cost <= self.burst).then_some((next, (next - self.tolerance() - now).max(0)))
    }

    fn line_up(&mut self, base: i128, now: i128, from: usize) {
        self.tail = base;
        for (_, cost, tail) in &mut self.waiting[from..] {
            self.tail = self.tail.max(now) + self.each * *cost;
            *tail = self.tail;
        }
    }

    fn leave(&mut self, now: i128, number: usize) {
        if let Some(at) = self.waiting.iter().position(|it| it.0 == number) {
            let (_, cost, tail) = self.waiting.remove(at);
            let base = match at {
                0 => tail - self.each * cost,
                _ => self.waiting[at - 1].2,
            };
            self.line_up(base, now, at);
        }
        self.see(now);
    }

    fn refund(&mut self, ticket: Known) {
        let (tail, price) = ticket.unwrap_or((-1, 0));
        if tail == self.tail && self.waiting.is_empty() {
            self.tail -= price;
        }
    }

    fn reconfigure(&mut self, now: i128, config: &RateLimiterConfig) {
        let rate = config.rate();
        let (each, burst) = (i128::from(rate.each), i128::from(rate.burst));
        if each != self.each {
            let first = self.waiting.first();
            let base = first.map_or(self.tail, |(_, cost, tail)| tail - self.each * cost);
            let debt = (base - now).max(0) * each;
            let debt = debt / self.each + i128::from(debt % self.each > 0);
            self.each = each;
            self.line_up(now + debt, now, 0);
        }
        self.burst = burst;
        self.see(now);
    }

    fn seen(&self, now: i128) -> (u32, u128, usize) {
        let ttl = (self.tail - now).max(0);
        let remaining = ((self.tolerance() - ttl) / self.each).max(0);
        (remaining as u32, ttl as u128, self.waiting.len())
    }
}

/// The tail that a ticket made and its price, where the model knows them.
type Known = Option<(i128, i128)>;

/// Both sides of the comparison, and the tickets that are out: which rate they are of, and what the
/// model knows of them.
struct Pair {
    limiter: RateLimiter,
    clock: Arc<ManualClock>,
    model: Model,
    now: i128,
    rates: usize,
    turns: Vec<(usize, RateLimiterTurn)>,
    /// Of the turns, by number: since when who was not admitted at once waits, and until when.
    since: Vec<Option<i128>>,
    deadlines: Vec<Option<i128>>,
    heard: Arc<Recorder>,
    tickets: Vec<(usize, Ticket, Known)>,
}

impl Pair {
    fn new((permits, per, burst): (u32, u64, u32)) -> Self {
        let config = model_config(permits, per, burst);
        let rate = config.rate();
        let ((env, clock), heard) = (Env::manual(), Arc::new(Recorder::default()));
        let env = env.with_observer(heard.clone());
        let limiter = RateLimiter::new("test", config, &env).unwrap();
        let model = Model {
            each: rate.each.into(),
            burst: rate.burst.into(),
            tail: 0,
            waiting: Vec::new(),
            granted: Vec::new(),
        };
        Self {
            limiter,
            clock,
            model,
            now: 0,
            rates: 0,
            turns: Vec::new(),
            since: Vec::new(),
            heard,
            deadlines: Vec::new(),
            tickets: Vec::new(),
        }
    }

    fn step(&mut self, pause: i64, step: Step) {
        self.now = (self.now + i128::from(pause)).max(0);
        self.clock.set(Time::from_nanos(self.now as u64));
        let now = self.now;
        self.model.see(now);
        match step {
            Step::Take(cost) => self.take(cost),
            Step::Enqueue(cost, deadline) => self.enqueue(cost, deadline.map(i128::from)),
            Step::Leave(at) if at < self.turns.len() => {
                let (number, turn) = self.turns.remove(at);
                // Only who still waits: a turn that came is a permit, which goes back otherwise.
                if self.model.waiting.iter().any(|it| it.0 == number) {
                    drop(turn);
                    self.model.leave(now, number);
                } else {
                    self.turns.insert(at, (number, turn));
                }
            }
            Step::Refund(at) if at < self.tickets.len() => {
                let (rate, ticket, known) = self.tickets.remove(at);
                self.limiter.settle(ticket, End::Unused);
                self.model.refund(known.filter(|_| rate == self.rates));
            }
            Step::Reconfigure(permits, per, burst) => {
                let config = model_config(permits, per, burst);
                self.rates += usize::from(i128::from(config.rate().each) != self.model.each);
                self.model.reconfigure(now, &config);
                self.limiter.reconfigure(config).unwrap();
            }
            _ => {}
        }
        self.compare();
    }

    fn take(&mut self, cost: u32) {
        let reckoned = self.model.reckon(self.now, cost.into());
        let ask = || Ask::default().cost(cost);
        let checked = self.limiter.check(&ask());
        let taken = self.limiter.try_acquire(&ask());
        assert_eq!(checked.as_ref().err(), taken.as_ref().err());
        match (taken, reckoned) {
            (Ok(_), _) if cost == 0 => {}
            (Ok(ticket), Some((next, 0))) => {
                self.model.tail = next;
                let price = self.model.each * i128::from(cost);
                self.tickets.push((self.rates, ticket, Some((next, price))));
            }
            (Err(Rejected::NeverFits(_)), None) => {}
            (Err(Rejected::RateLimited(it)), Some((_, wait))) if wait > 0 => {
                assert_eq!(it.retry_after.as_nanos() as i128, wait);
            }
            (taken, reckoned) => panic!("{taken:?} {reckoned:?}"),
        }
    }

    fn enqueue(&mut self, cost: u32, deadline: Option<i128>) {
        let reckoned = self.model.reckon(self.now, cost.into());
        let deadline = deadline.map(|after| (self.now + after).max(0));
        let ask = Ask::default().cost(cost);
        let ask = match deadline {
            Some(at) => ask.deadline(Time::from_nanos(at as u64)),
            None => ask,
        };
        let accepted = reckoned.filter(|(_, wait)| {
            *wait <= MAX_WAIT && deadline.is_none_or(|deadline| self.now + wait < deadline)
        });
        match (self.limiter.enqueue(&ask), accepted) {
            (Ok(turn), Some((next, wait))) => {
                assert_eq!(turn.due_in().unwrap().as_nanos() as i128, wait);
                self.model.tail = next;
                let number = self.deadlines.len();
                self.deadlines.push(deadline);
                self.since.push((wait > 0).then_some(self.now));
                self.turns.push((number, turn));
                match wait {
                    0 => self.model.granted.push(number),
                    _ => self.model.waiting.push((number, cost.into(), next)),
                }
            }
            (Err(refused), None) => {
                let wait = reckoned.map(|(_, wait)| wait);
                let told = refused.retry_after().map(|it| it.as_nanos() as i128);
                assert_eq!(told, wait);
            }
            (turn, accepted) => panic!("{turn:?} {accepted:?}"),
        }
    }

    /// Polls those whom a slower rate has moved past their deadlines, which have come.
    fn end_in_vain(&mut self) {
        let numbers: Vec<_> = self.model.waiting.iter().map(|it| it.0).collect();
        for number in numbers {
            let waits = self.model.waiting.iter().any(|it| it.0 == number);
            let late = self.deadlines[number].is_some_and(|it| it <= self.now);
            if waits && late {
                let at = self.turns.iter().position(|it| it.0 == number);
                let (_, mut turn) = self.turns.remove(at.unwrap());
                assert!(in_vain(&mut turn));
                self.model.leave(self.now, number);
            }
        }
    }

    fn compare(&mut self) {
        self.end_in_vain();
        let seen = self.limiter.snapshot();
        let seen = (seen.remaining, seen.reset_after.as_nanos(), seen.waiting);
        assert_eq!(seen, self.model.seen(self.now));
        for (number, turn) in &self.turns {
            let waits = self.model.waiting.iter().find(|it| it.0 == *number);
            let left = self.deadlines[*number].map_or(i128::MAX, |it| it - self.now);
            let due = waits.map_or(0, |it| it.2 - self.model.tolerance() - self.now);
            let due = due.min(left);
            assert_eq!(turn.due_in().unwrap().as_nanos() as i128, due.max(0));
        }
        let (limiter, granted) = (self.rates, &self.model.granted);
        let came = |(number, _): &mut (usize, RateLimiterTurn)| granted.contains(number);
        let mut waits = Vec::new();
        for (number, mut turn) in self.turns.extract_if(.., came) {
            let ticket = poll(&mut turn).unwrap_or_else(|| panic!("{number} has not come"));
            waits.extend(self.since[number].map(|since| Event::Waited {
                kind: "rate_limiter",
                lasted: Duration::from_nanos((self.now - since).max(0) as u64),
            }));
            // What it gives back is compared where the ticket was taken at once.
            self.tickets.push((limiter, ticket, None));
        }
        self.tickets.retain(|(_, _, known)| known.is_some());
        for (number, turn) in &mut self.turns {
            assert!(poll(turn).is_none(), "{number} has come");
        }
        let told = self.heard.take().into_iter().map(|(_, event)| event);
        assert_eq!(told.collect::<Vec<_>>(), waits);
    }
}

proptest! {
    #[test]
    fn gcra_and_its_queue_do_what_the_rules_say(
        config in (1..6_u32, 1..40_u64, 1..5_u32),
        steps in steps(),
    ) {
        let mut pair = Pair::new(config);
        for (pause, step) in steps {
            pair.step(pause, step);
        }
    }

    #[test]
    fn windows_do_what_the_rules_say(
        config in (1..8_u32, 1..40_u64),
        takes in prop::collection::vec((0..30_u64, 0..6_u32), 1..80),
    ) {
        for kind in [
            RateLimiterKind::FixedWindow,
            RateLimiterKind::SlidingLog,
            RateLimiterKind::SlidingCounter,
        ] {
            against_all_admissions(kind, config, &takes);
        }
    }

    #[test]
    fn a_word_decides_as_exact_numbers_do(
        each in 1..u64::MAX, burst in 1..u32::MAX, tail: u64, now: u64, cost: u32,
    ) {
        for (each, burst, cost) in [(each, burst, cost), (each >> 40, burst >> 20, cost >> 22)] {
            let rate = Rate { each: each.max(1), burst: burst.max(1) };
            if let Some(near) = rate.take_near(tail, now, cost) {
                prop_assert_eq!(near.map(u128::from), rate.take(tail.into(), now, cost));
            }
        }
    }
}

/// The use at `now` times the period, from all admissions ever.
fn in_use(kind: RateLimiterKind, per: u64, now: u64, log: &[(u64, u32)]) -> u64 {
    let sum = |of: &dyn Fn(u64) -> bool| -> u64 {
        let counted = log.iter().filter(|(at, _)| of(*at));
        counted.map(|(_, cost)| u64::from(*cost)).sum()
    };
    let window = now / per;
    match kind {
        RateLimiterKind::FixedWindow => per * sum(&|at| at / per == window),
        RateLimiterKind::SlidingLog => per * sum(&|at| now - at < per),
        _ => {
            let before = sum(&|at| at / per + 1 == window);
            before * (per - now % per) + per * sum(&|at| at / per == window)
        }
    }
}

fn against_all_admissions(kind: RateLimiterKind, (permits, per): (u32, u64), takes: &[(u64, u32)]) {
    let (limiter, clock) = limiter(RateLimiterConfig {
        kind,
        permits,
        per: Duration::from_nanos(per),
        ..Default::default()
    });
    let mut log = Vec::new();
    let mut now = 0;
    for (pause, cost) in takes {
        now += pause;
        clock.set(Time::from_nanos(now));
        let room = per * u64::from(permits);
        let fits_at = |at: u64, log: &[(u64, u32)]| {
            in_use(kind, per, at, log) + per * u64::from(*cost) <= room
        };
        match wait(&limiter, *cost) {
            Ok(()) => {
                assert!(*cost == 0 || fits_at(now, &log));
                log.push((now, *cost));
            }
            Err(None) => assert!(*cost > permits),
            Err(Some(told)) => {
                let told = told.as_nanos() as u64;
                let first = (0..=2 * per).find(|wait| fits_at(now + wait, &log));
                assert_eq!(Some(told), first);
            }
        }
        let used = in_use(kind, per, now, &log);
        let empty = (0..=2 * per).find(|wait| in_use(kind, per, now + wait, &log) == 0);
        let seen = limiter.snapshot();
        assert_eq!(u64::from(seen.remaining), room.saturating_sub(used) / per);
        assert_eq!(Some(seen.reset_after.as_nanos() as u64), empty);
    }
}
