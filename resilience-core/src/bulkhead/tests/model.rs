//! The bulkhead against a model that follows the numbered rules word by word, slowly.

use proptest::prelude::*;

use super::*;
use crate::Time;

#[derive(Clone, Debug)]
enum Step {
    Take,
    Enqueue(Option<i64>),
    End(usize),
    Leave(usize),
    Reconfigure(u32, u32, Option<u64>),
    Check,
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let reconfigure = (1..4_u32, 0..4_u32, prop::option::of(1..30_u64));
    let step = prop_oneof![
        2 => Just(Step::Take),
        5 => prop::option::of(-3..30_i64).prop_map(Step::Enqueue),
        4 => (0..4_usize).prop_map(Step::End),
        2 => (0..4_usize).prop_map(Step::Leave),
        1 => reconfigure.prop_map(|(flight, wait, max)| Step::Reconfigure(flight, wait, max)),
        1 => Just(Step::Check),
    ];
    let pause = prop_oneof![3 => Just(0), 4 => 0..20_i64, 1 => -10..0_i64];
    prop::collection::vec((pause, step), 1..60)
}

fn settings((max_in_flight, max_waiting, max_wait): (u32, u32, Option<u64>)) -> BulkheadConfig {
    BulkheadConfig {
        max_in_flight,
        max_waiting,
        max_wait: max_wait.map(Duration::from_nanos),
    }
}

/// BH-1 to BH-7 with lists.
struct Model {
    config: BulkheadConfig,
    in_flight: u32,
    /// Number and end.
    waiting: Vec<(usize, Option<i64>)>,
    granted: Vec<usize>,
    timed_out: Vec<usize>,
}

impl Model {
    fn see(&mut self, now: i64) {
        let (mut ended, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, end)| end.is_some_and(|end| end <= now));
        ended.sort_by_key(|(_, end)| *end);
        self.waiting = waiting;
        self.timed_out
            .extend(ended.into_iter().map(|(number, _)| number));
    }

    fn let_in(&mut self) {
        while self.in_flight < self.config.max_in_flight && !self.waiting.is_empty() {
            let (number, _) = self.waiting.remove(0);
            self.granted.push(number);
            self.in_flight += 1;
        }
    }

    fn is_free(&self) -> bool {
        self.waiting.is_empty() && self.in_flight < self.config.max_in_flight
    }
}

struct Pair {
    bulkhead: Bulkhead,
    clock: Arc<ManualClock>,
    model: Model,
    now: i64,
    next: usize,
    slots: Vec<Slot>,
    turns: Vec<(usize, BulkheadTurn)>,
}

impl Pair {
    fn new(config: BulkheadConfig) -> Self {
        let (bulkhead, clock) = bulkhead(config.clone());
        let model = Model {
            config,
            in_flight: 0,
            waiting: Vec::new(),
            granted: Vec::new(),
            timed_out: Vec::new(),
        };
        Self {
            bulkhead,
            clock,
            model,
            now: 0,
            next: 0,
            slots: Vec::new(),
            turns: Vec::new(),
        }
    }

    fn step(&mut self, pause: i64, step: Step) {
        self.now = (self.now + pause).max(0);
        self.clock.set(Time::from_nanos(self.now as u64));
        self.model.see(self.now);
        match step {
            Step::Take => {
                let free = self.model.is_free();
                let taken = take(&self.bulkhead);
                assert_eq!(taken.is_ok(), free);
                self.model.in_flight += u32::from(free);
                self.slots.extend(taken);
            }
            Step::Check => {
                let checked = self.bulkhead.check(&Ask::default());
                assert_eq!(checked.is_ok(), self.model.is_free());
            }
            Step::Enqueue(deadline) => self.enqueue(deadline),
            Step::End(at) if at < self.slots.len() => {
                give(&self.bulkhead, self.slots.swap_remove(at));
                self.model.in_flight -= 1;
                self.model.let_in();
            }
            Step::Leave(at) if at < self.turns.len() => {
                let (number, turn) = self.turns.remove(at);
                drop(turn);
                self.model.waiting.retain(|it| it.0 != number);
                self.model.in_flight -= u32::from(self.model.granted.contains(&number));
                self.model.let_in();
            }
            Step::Reconfigure(in_flight, waiting, max_wait) => {
                let config = settings((in_flight, waiting, max_wait));
                self.bulkhead.reconfigure(config.clone()).unwrap();
                self.model.config = config;
                self.model.let_in();
            }
            Step::End(_) | Step::Leave(_) => {}
        }
        self.compare();
    }

    fn enqueue(&mut self, after: Option<i64>) {
        let (now, number) = (self.now, self.next);
        self.next += 1;
        let deadline = after.map(|after| (now + after).max(0));
        let ask = match deadline {
            Some(at) => Ask::default().deadline(Time::from_nanos(at as u64)),
            None => Ask::default(),
        };
        let turn = self.bulkhead.enqueue(&ask);
        let model = &mut self.model;
        let is_late = deadline.is_some_and(|deadline| deadline <= now);
        let has_place = model.waiting.len() < model.config.max_waiting as usize;
        if is_late || !model.is_free() && !has_place {
            let refused = turn.unwrap_err();
            assert_eq!(matches!(refused, Rejected::DeadlinePassed(_)), is_late);
            return;
        }
        self.turns.push((number, turn.unwrap()));
        if model.is_free() {
            model.granted.push(number);
            model.in_flight += 1;
        } else {
            let longest = model.config.max_wait.map(|it| now + it.as_nanos() as i64);
            let end = longest.into_iter().chain(deadline).min();
            model.waiting.push((number, end));
        }
    }

    /// Compares what is seen, and half the time comes for what was handed out.
    fn compare(&mut self) {
        let waiting = self.model.waiting.len() as u32;
        assert_eq!(counts(&self.bulkhead), (self.model.in_flight, waiting));
        if self.now % 2 == 0 {
            return;
        }
        for (number, mut turn) in std::mem::take(&mut self.turns) {
            match poll(&mut turn) {
                Poll::Pending => {
                    assert!(self.model.waiting.iter().any(|it| it.0 == number));
                    self.turns.push((number, turn));
                }
                Poll::Ready(Ok(slot)) => {
                    assert!(self.model.granted.contains(&number));
                    self.slots.push(slot);
                }
                Poll::Ready(Err(_)) => assert!(self.model.timed_out.contains(&number)),
            }
        }
    }
}

proptest! {
    #[test]
    fn a_bulkhead_does_what_the_rules_say(
        config in (1..4_u32, 0..4_u32, prop::option::of(1..30_u64)).prop_map(settings),
        steps in steps(),
    ) {
        let mut pair = Pair::new(config);
        for (pause, step) in steps {
            pair.step(pause, step);
        }
    }
}
