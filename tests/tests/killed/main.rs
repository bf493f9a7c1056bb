//! An engine that is killed again and again, and a parent that knows the truth.
//!
//! `KILLS` says how often (50), `SEED` by which chance. `BREAK` breaks the engine, as its program says: then it must fail.

mod engine;
mod oracle;
mod sink;
mod truth;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use engine::{Dies, Engine, LONG, Victim};
use oracle::Oracle;
use serde_json::{Value, json};
use sink::Sink;
use tests::chance::Chance;
use tests::killed::now;
use truth::{Kind, Truth};

fn number(name: &str, default: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(default, |it| it.parse().expect("a number"))
}

/// The parent.
struct Parent {
    file: PathBuf,
    sink: Sink,
    victim: Victim,
    chance: Chance,
    truth: Truth,
    oracle: Oracle,
    /// How many processes there were.
    processes: u64,
    /// What was answered: silences by group, and instances that somebody takes care of.
    silences: BTreeSet<(String, String)>,
    acknowledged: BTreeSet<String>,
}

impl Parent {
    fn new(file: PathBuf, seed: u64) -> Self {
        let (mut chance, victim) = (Chance::new(seed), Victim::default());
        Self {
            file,
            sink: Sink::new(Chance::new(seed + 1), victim.clone()),
            victim,
            truth: Truth::new(&mut chance),
            chance,
            oracle: Oracle::default(),
            processes: 0,
            silences: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
        }
    }

    fn start(&mut self, dies: Dies) -> Engine {
        self.processes += 1;
        Engine::start(&self.file, self.sink.port, &self.victim, dies)
    }

    /// Ends a process, and hears what it said to the last.
    fn bury(&mut self, engine: Engine) {
        drop(engine);
        self.sink.drain();
        self.listen(Duration::ZERO);
    }

    /// Takes all notices, as long as the next comes within `most`.
    fn listen(&mut self, most: Duration) {
        let end = now() + most;
        while let Ok(notice) = self.sink.notices.recv_timeout(end.saturating_sub(now())) {
            self.oracle.hear(&notice, &self.truth);
        }
    }

    /// Has it evaluate what is true now; says whether it has answered.
    fn evaluate(&mut self, engine: &Engine, goes_on: bool) -> bool {
        let at = now();
        let samples = self.truth.scrape(self.processes, at);
        let body = json!({"at": at.as_nanos() as u64, "samples": samples});
        let Some(Value::Array(owed)) = engine.ask("/samples", &body) else {
            return false;
        };
        self.listen(Duration::ZERO);
        self.oracle.note(&owed, &self.truth);
        let silenced: Vec<String> = self.silences.iter().map(|it| it.0.clone()).collect();
        let (truth, oracle) = (&mut self.truth, &self.oracle);
        let told = |name: &str, it: &truth::Instance| goes_on && oracle.knows(name, it);
        match goes_on {
            true => truth.answered(self.processes, at, &mut self.chance, told, &silenced),
            false => truth.last_answered(self.processes, at),
        }
        true
    }

    /// Silences a group, or has somebody take care of an instance.
    fn meddle(&mut self, engine: &Engine) {
        let group = format!("quiet{}", self.chance.below(2));
        if self.silences.iter().all(|it| it.0 != group) && self.chance.one_in(4) {
            let id = engine.ask("/silence", &json!({"group": group}));
            if let Some(Value::String(id)) = id {
                self.oracle.silenced.insert(group.clone());
                self.silences.insert((group, id));
            }
        }
        let fires = |it: &truth::Instance| it.kind == Kind::Held && it.fires();
        let held = self.truth.instances.iter().filter(|it| fires(it.1));
        let held: Vec<String> = held.map(|it| it.0.clone()).collect();
        if !held.is_empty() && self.chance.one_in(4) {
            let instance = held[self.chance.below(held.len() as u64) as usize].clone();
            if engine.ask("/acknowledge", &json!({"instance": instance})) == Some(json!(true)) {
                self.acknowledged.insert(instance);
            }
        }
    }

    /// One process that is killed at any moment, its start among them, and one between a notice and its log.
    fn storm(&mut self) {
        let delay = Duration::from_millis(5 + self.chance.below(296));
        let dies = match self.chance.one_in(3) {
            true => Dies::AfterBirth(delay),
            false => Dies::AfterStart(delay),
        };
        self.live(dies);
        self.sink.dies_after(1 + self.chance.below(24));
        self.live(Dies::AfterStart(Duration::from_secs(1)));
        self.sink.dies_after(0);
    }

    fn live(&mut self, dies: Dies) {
        let engine = self.start(dies);
        while engine.lives() {
            self.evaluate(&engine, true);
            self.meddle(&engine);
            let pause = Duration::from_millis(self.chance.below(15));
            self.listen(pause);
        }
        self.bury(engine);
    }

    /// Silences both groups that are to be quiet, and breaks who has not been broken for long enough: for longer than any
    /// process lives, and the last one is killed as soon as it has answered.
    fn break_the_rest(&mut self) {
        let engine = self.start(Dies::Never);
        let deadline = now() + LONG;
        while self.silences.len() < 2 && now() < deadline {
            self.evaluate(&engine, true);
            self.meddle(&engine);
        }
        self.bury(engine);
        self.truth.break_the_rest(&mut self.chance);
        while !self
            .truth
            .instances
            .values()
            .all(truth::Instance::is_settled)
        {
            let engine = self.start(Dies::Never);
            for _ in 0..2 {
                self.evaluate(&engine, false);
            }
            self.bury(engine);
        }
    }

    /// Listens until all is as it should be, or too much time has passed; returns the last state.
    fn settle(&mut self, engine: &Engine, done: impl Fn(&Self, &Value) -> bool) -> Value {
        let deadline = now() + LONG;
        loop {
            self.listen(Duration::from_millis(50));
            let state = engine.ask("/state", &Value::Null).expect("it lives");
            if done(self, &state) || deadline < now() {
                return state;
            }
        }
    }

    /// Checks that all that fires is told, by what is on disk: nothing is evaluated any more.
    fn check_firing(&mut self, engine: &Engine, seed: u64) -> Value {
        let state = self.settle(engine, |it, state| {
            state["owed"] == 0 && it.oracle.firing_untold(&it.truth).is_empty()
        });
        let untold = self.oracle.firing_untold(&self.truth);
        assert_eq!(untold, Vec::<String>::new(), "seed {seed}: {state}");
        state
    }

    /// Ends all that fires, and has it told by what is on disk; returns the last state.
    fn end_all(&mut self, engine: Engine) -> (Engine, Value) {
        self.truth.mend_all(&mut self.chance);
        assert!(self.evaluate(&engine, false), "it lives");
        self.bury(engine);
        // Between notice and log, for one end after another: nothing else would tell of them again.
        for _ in 0..5 {
            self.sink.dies_after(1);
            let engine = self.start(Dies::AfterStart(Duration::from_secs(2)));
            while engine.lives() {
                self.listen(Duration::from_millis(10));
            }
            self.bury(engine);
        }
        self.sink.dies_after(0);
        let engine = self.start(Dies::Never);
        let state = self.settle(&engine, |it, state| {
            state["owed"] == 0 && state["told"] == 0 && it.oracle.ends_untold(&it.truth).is_empty()
        });
        (engine, state)
    }
}

fn listed(state: &Value, name: &str) -> BTreeSet<String> {
    let list = state[name].as_array().expect("it is a list");
    list.iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[test]
fn an_engine_that_is_killed_at_any_moment_loses_no_notice() {
    let (kills, seed) = (number("KILLS", 50), number("SEED", 20_261_121));
    println!("{kills} kills, seed {seed}");
    let folder = tempfile::tempdir().expect("there is room");
    let mut parent = Parent::new(folder.path().join("alerts.redb"), seed);
    for _ in 0..kills {
        parent.storm();
    }
    println!("{} evaluations in the storm", parent.truth.evaluations);
    parent.sink.be_fair();
    parent.break_the_rest();
    let engine = parent.start(Dies::Never);
    let state = parent.check_firing(&engine, seed);
    let (silences, taken) = (listed(&state, "silences"), listed(&state, "acknowledged"));
    let held = parent.silences.iter().map(|it| it.1.clone()).collect();
    assert!(
        silences.is_superset(&held),
        "seed {seed}: {state}, {held:?}"
    );
    let held = &parent.acknowledged;
    assert!(taken.is_superset(held), "seed {seed}: {state}, {held:?}");
    // What was silenced fires all the same, and is told once it is silenced no more.
    for id in silences {
        let mut quiet = parent.silences.iter().filter(|it| it.1 == id);
        if quiet.all(|it| it.0 == "quiet0") {
            assert_eq!(engine.ask("/expire", &json!({"id": id})), Some(json!(true)));
        }
    }
    parent.oracle.silenced.remove("quiet0");
    parent.check_firing(&engine, seed);
    let (engine, state) = parent.end_all(engine);
    let untold = parent.oracle.ends_untold(&parent.truth);
    let none = Vec::<String>::new();
    assert_eq!(untold, none, "seed {seed}: {state}");
    assert_eq!(parent.oracle.wrong, none, "seed {seed}");
    assert_eq!(
        (&state["dropped"], &state["write_failures"]),
        (&json!(0), &json!(0)),
        "seed {seed}"
    );
    let history = engine.ask("/history", &Value::Null).expect("it lives");
    let odd = parent.oracle.oddly_remembered(&history, &parent.truth);
    assert_eq!(odd, none, "seed {seed}");
    let [long, told, ends] = parent.oracle.counts(&parent.truth);
    println!(
        "{} evaluations, {} notices, {} of them repeats",
        parent.truth.evaluations, parent.oracle.notices, parent.oracle.repeats
    );
    let [short, missed] = parent.oracle.short(&parent.truth);
    println!(
        "{short} short episodes were about to be told, {missed} lines told of what was missed"
    );
    println!("{long} episodes were long enough: {told} were told, of {ends} both times at once");
}
