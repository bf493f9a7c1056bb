//! What is true: which instance is broken, since when, and for how long an engine may and must have seen it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use tests::chance::Chance;
use tests::killed::FOR;

/// What makes an instance break and be well again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It is broken until all were told, and well until all were told that.
    Told,
    /// It is broken for 3 to 12 evaluations, whoever was told; once somebody was about to be, it is well until he was told
    /// that too.
    Short,
    /// It is broken for one evaluation: nobody is to be told.
    Blink,
    /// It stays broken, once it is.
    Held,
    /// As `Held`, once its group is silenced.
    Silenced,
}

/// From when an instance is broken until it is well.
#[derive(Clone, Debug, Default)]
pub(crate) struct Episode {
    /// When it was said to be broken.
    pub(crate) broken: Vec<Duration>,
    /// When it was first said to be well, whether that was answered or not.
    pub(crate) well: Option<Duration>,
    /// For how long an engine saw it broken at least, and at most; what is between two processes counts for none.
    pub(crate) least: Duration,
    pub(crate) most: Duration,
    last: Option<(u64, Duration)>,
    last_answered: Option<(u64, Duration)>,
}

impl Episode {
    pub(crate) fn fires(&self) -> bool {
        self.least >= FOR
    }

    pub(crate) fn may_fire(&self) -> bool {
        self.most >= FOR
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) kind: Kind,
    pub(crate) group: String,
    pub(crate) episodes: Vec<Episode>,
    pub(crate) broken: bool,
    /// How many answered evaluations it has been so.
    answered: u64,
    /// After how many it changes.
    length: u64,
}

impl Instance {
    /// Whether an engine must hold it for firing.
    pub(crate) fn fires(&self) -> bool {
        self.broken && self.episodes.last().is_some_and(Episode::fires)
    }

    /// Whether it is well, or was seen to be broken often enough and for long enough.
    pub(crate) fn is_settled(&self) -> bool {
        let often = |it: &Episode| it.broken.len() >= 3;
        !self.broken || (self.fires() && self.episodes.last().is_some_and(often))
    }

    /// The number of the episode that an engine saw begin at this time.
    pub(crate) fn begun(&self, began: Duration) -> Option<usize> {
        let mut episodes = self.episodes.iter();
        episodes.position(|it| it.broken.contains(&began))
    }

    /// Who is told of it.
    pub(crate) fn paths(&self) -> &'static [&'static str] {
        match self.group.ends_with(['0', '2', '4', '6', '8']) {
            true => &["/first", "/second"],
            false => &["/first"],
        }
    }
}

pub(crate) struct Truth {
    pub(crate) instances: BTreeMap<String, Instance>,
    pub(crate) evaluations: usize,
}

/// How many instances there are that are broken for long enough; there are a tenth as many that are not.
const INSTANCES: u64 = 500;

impl Truth {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let mut instances = BTreeMap::new();
        for number in 0..INSTANCES / 10 * 11 {
            let kind = match number % 50 {
                _ if number >= INSTANCES => Kind::Blink,
                0..=1 => Kind::Held,
                2..=4 => Kind::Silenced,
                5..=29 => Kind::Told,
                _ => Kind::Short,
            };
            let group = match kind {
                Kind::Silenced => format!("quiet{}", number % 2),
                _ => (number % 11).to_string(),
            };
            let instance = Instance {
                kind,
                group,
                episodes: Vec::new(),
                broken: false,
                answered: 0,
                length: chance.below(60),
            };
            instances.insert(format!("i{number}"), instance);
        }
        Self {
            instances,
            evaluations: 0,
        }
    }

    /// What is scraped at `at` by the process of this number. Who is well shows it, or is gone.
    pub(crate) fn scrape(&mut self, process: u64, at: Duration) -> String {
        let mut text = String::new();
        for (number, (name, it)) in self.instances.iter_mut().enumerate() {
            let group = &it.group;
            if it.broken || number % 16 == 0 {
                let value = u8::from(it.broken);
                writeln!(
                    text,
                    "broken{{instance=\"{name}\",group=\"{group}\"}} {value}"
                )
                .expect("a text takes all");
            }
            let Some(episode) = it.episodes.last_mut() else {
                continue;
            };
            if it.broken {
                episode.most += lasted(episode.last.replace((process, at)), process, at);
                episode.broken.push(at);
            } else {
                episode.well.get_or_insert(at);
            }
        }
        text
    }

    /// Takes that the last scrape was answered, and goes on: whom `told` holds for told of may change.
    pub(crate) fn answered(
        &mut self,
        process: u64,
        at: Duration,
        chance: &mut Chance,
        told: impl Fn(&str, &Instance) -> bool,
        silenced: &[String],
    ) {
        self.last_answered(process, at);
        for (name, it) in &mut self.instances {
            it.answered += 1;
            let long = it.answered >= it.length;
            let changes = match (it.kind, it.broken) {
                (Kind::Told, true) => it.answered >= 3 && it.fires() && told(name, it),
                (Kind::Told, false) => long && told(name, it),
                (Kind::Short, true) | (Kind::Blink, _) => long,
                (Kind::Short, false) => long && told(name, it),
                (Kind::Held, broken) => !broken && long,
                (Kind::Silenced, broken) => !broken && long && silenced.contains(&it.group),
            };
            if changes {
                it.turn(chance);
            }
        }
    }

    /// Takes that the last scrape was answered, and leaves all as they are.
    pub(crate) fn last_answered(&mut self, process: u64, at: Duration) {
        self.evaluations += 1;
        for it in self.instances.values_mut().filter(|it| it.broken) {
            if let Some(episode) = it.episodes.last_mut() {
                let before = episode.last_answered.replace((process, at));
                episode.least += lasted(before, process, at);
            }
        }
    }

    /// Breaks those that have never been broken for long enough.
    pub(crate) fn break_the_rest(&mut self, chance: &mut Chance) {
        let rest = self.instances.values_mut().filter(|it| {
            it.kind != Kind::Blink && !it.broken && !it.episodes.iter().any(Episode::fires)
        });
        rest.for_each(|it| it.turn(chance));
    }

    pub(crate) fn mend_all(&mut self, chance: &mut Chance) {
        let broken = self.instances.values_mut().filter(|it| it.broken);
        broken.for_each(|it| it.turn(chance));
    }
}

impl Instance {
    fn turn(&mut self, chance: &mut Chance) {
        self.broken = !self.broken;
        self.answered = 0;
        self.length = match (self.kind, self.broken) {
            (Kind::Blink, true) => 1,
            (_, true) => 3 + chance.below(10),
            (_, false) => 2 + chance.below(12),
        };
        if self.broken {
            self.episodes.push(Episode::default());
        }
    }
}

fn lasted(before: Option<(u64, Duration)>, process: u64, at: Duration) -> Duration {
    match before {
        Some((of, before)) if of == process => at - before,
        _ => Duration::ZERO,
    }
}
