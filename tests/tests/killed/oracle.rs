//! What was told, held against what is true.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::sink::Notice;
use crate::truth::{Instance, Kind, Truth};

/// An alert as it is told: its name, `firing` or `resolved`, when it began, when it ended, what it says.
type Line = (String, String, String, String, String);

/// What was told of an instance by one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    fires: bool,
    /// The number of its episode.
    episode: usize,
}

/// A path, and an instance.
type Who = (&'static str, String);

#[derive(Default)]
pub(crate) struct Oracle {
    /// By path and instance, in order; only what was taken.
    told: BTreeMap<Who, Vec<Told>>,
    /// The same with what was refused.
    handed: BTreeMap<Who, Vec<Told>>,
    /// The episodes that somebody was about to be told of, as was on disk.
    noted: BTreeSet<(Who, usize)>,
    /// What each key stands for, and for each channel and group what it was told last, under which key.
    keys: BTreeMap<String, (String, Vec<Line>)>,
    last: BTreeMap<String, (Vec<Line>, String)>,
    /// By the key of an incident, what was done to it.
    incidents: BTreeMap<String, Vec<bool>>,
    /// Groups that nobody is told of.
    pub(crate) silenced: BTreeSet<String>,
    pub(crate) notices: usize,
    pub(crate) repeats: usize,
    /// How many lines told of what their readers had missed.
    missed: usize,
    pub(crate) wrong: Vec<String>,
}

impl Oracle {
    pub(crate) fn hear(&mut self, notice: &Notice, truth: &Truth) {
        self.notices += 1;
        let body = &notice.message.body;
        let path = match &*notice.message.word {
            "/first" => "/first",
            "/second" => "/second",
            "/pager" => return self.hear_pager(body, notice.taken),
            other => panic!("nobody is told at {other}"),
        };
        let alerts = body["alerts"].as_array().into_iter().flatten();
        let (lines, missed): (Vec<Line>, Vec<bool>) =
            alerts.map(|it| (line(it), it["missed"] == true)).unzip();
        self.hear_key(path, body, &lines, &notice.message.key);
        for (line, missed) in lines.iter().zip(missed) {
            match judge(line, truth, &self.silenced) {
                Ok(told) => self.hear_line(path, line, told, notice.taken, missed),
                Err(problem) => self.wrong.push(format!("{path}: {line:?}: {problem}")),
            }
        }
    }

    /// Takes what an engine was about to tell.
    pub(crate) fn note(&mut self, owed: &[Value], truth: &Truth) {
        for it in owed {
            let path = if it[0] == "first" {
                "/first"
            } else {
                "/second"
            };
            let (name, began) = (text(&it[1]), it[2].as_u64().unwrap_or_default());
            let began = Duration::from_nanos(began);
            let found = truth.instances.get(&name).and_then(|it| it.begun(began));
            match found {
                Some(episode) => drop(self.noted.insert(((path, name), episode))),
                None => self
                    .wrong
                    .push(format!("{path}: {name}: it never began at {began:?}")),
            }
        }
    }

    /// One notice has one key, however often it is repeated, and no two have the same.
    fn hear_key(&mut self, path: &str, body: &Value, lines: &[Line], key: &str) {
        let place = format!("{path} {}", text(&body["groupKey"]));
        let means = (place.clone(), lines.to_vec());
        let meant = self
            .keys
            .entry(key.to_owned())
            .or_insert_with(|| means.clone());
        if *meant != means || key.is_empty() {
            let problem = format!("key `{key}` of {meant:?} is that of {means:?} too");
            self.wrong.push(problem);
        }
        if let Some((said, before)) = self.last.get(&place).filter(|it| it.0 == lines) {
            self.repeats += 1;
            if before != key {
                let problem = format!("{place}: {said:?} was told as `{before}`, then as `{key}`");
                self.wrong.push(problem);
            }
        }
        self.last.insert(place, (lines.to_vec(), key.to_owned()));
    }

    fn hear_line(
        &mut self,
        path: &'static str,
        line: &Line,
        told: Told,
        taken: bool,
        missed: bool,
    ) {
        let who = (path, line.0.clone());
        self.missed += usize::from(missed);
        // An end that was told as missed is told again without a word for the sake of others of its group.
        let again = self.told.get(&who).is_some_and(|it| it.contains(&told));
        if !told.fires && !missed && !again && !self.heard_firing(&who, told.episode) {
            let problem = format!("{path}: {line:?}: nobody was ever told that it fires");
            self.wrong.push(problem);
        }
        self.noted.insert((who.clone(), told.episode));
        self.handed.entry(who.clone()).or_default().push(told);
        let before = self.told.entry(who).or_default();
        if before.iter().any(|it| it.episode > told.episode) {
            self.wrong
                .push(format!("{path}: {line:?}: one after it was told before"));
        }
        let ended = Told {
            fires: false,
            ..told
        };
        if told.fires && before.contains(&ended) {
            self.wrong
                .push(format!("{path}: {line:?}: its end was told before"));
        }
        if taken {
            before.push(told);
        }
    }

    /// Says whether an episode, or one that it goes on from since its end was not told, was handed over as firing.
    fn heard_firing(&self, who: &Who, episode: usize) -> bool {
        let told = self.told.get(who).into_iter().flatten();
        let ends = told.filter(|it| !it.fires && it.episode < episode);
        let since = ends.map(|it| it.episode + 1).max().unwrap_or_default();
        let mut handed = self.handed.get(who).into_iter().flatten();
        handed.any(|it| it.fires && (since..=episode).contains(&it.episode))
    }

    fn hear_pager(&mut self, body: &Value, taken: bool) {
        let incident = self.incidents.entry(text(&body["dedup_key"])).or_default();
        let triggers = body["event_action"] == "trigger";
        if !triggers && incident.is_empty() {
            let problem = format!("/pager: {body}: it was never triggered");
            self.wrong.push(problem);
        }
        if taken {
            incident.push(triggers);
        }
    }

    fn of(&self, path: &'static str, name: &str) -> &[Told] {
        let told = self.told.get(&(path, name.to_owned()));
        told.map(Vec::as_slice).unwrap_or_default()
    }

    /// Says whether all know of an instance how it is: of its last episode that it fires, or that it has ended.
    pub(crate) fn knows(&self, name: &str, it: &Instance) -> bool {
        let Some(episode) = it.episodes.len().checked_sub(1) else {
            return true;
        };
        let now = Told {
            fires: it.broken,
            episode,
        };
        it.paths().iter().all(|path| {
            let noted = || self.noted.contains(&((*path, name.to_owned()), episode));
            // Nobody is told of what has ended before anybody was about to be.
            let unknown = it.kind == Kind::Short && !it.broken && !noted();
            unknown || self.of(path, name).contains(&now)
        })
    }

    /// Those that fire, and of which somebody has not been told.
    pub(crate) fn firing_untold(&self, truth: &Truth) -> Vec<String> {
        let silenced = |it: &Instance| self.silenced.contains(&it.group);
        let firing = truth
            .instances
            .iter()
            .filter(|(_, it)| it.fires() && !silenced(it));
        let untold = firing.filter(|(name, it)| !self.knows(name, it));
        untold
            .map(|(name, it)| format!("{name} of group {}", it.group))
            .collect()
    }

    /// Whoever was told that something fires, and not that it has ended, though it has; and episodes that lasted and that
    /// somebody was not told of at all.
    pub(crate) fn ends_untold(&self, truth: &Truth) -> Vec<String> {
        let mut untold = Vec::new();
        for (name, it) in &truth.instances {
            for path in it.paths() {
                let told = self.of(path, name);
                if told.last().is_some_and(|last| last.fires) {
                    untold.push(format!(
                        "{path}: {name} has ended, {:?} was told last",
                        told.last()
                    ));
                }
                for (episode, was) in it.episodes.iter().enumerate() {
                    let [fires, ended] = [true, false].map(|fires| Told { fires, episode });
                    let who = (*path, name.clone());
                    let whole = match it.kind {
                        Kind::Told if was.fires() => told.contains(&fires) && told.contains(&ended),
                        // Of one that ended before it could be told its end is told with both times.
                        _ if self.noted.contains(&(who, episode)) => told.contains(&ended),
                        _ => true,
                    };
                    if !whole {
                        untold.push(format!(
                            "{path}: {name}: episode {episode} was not told whole: {told:?}"
                        ));
                    }
                }
            }
        }
        let open = self
            .incidents
            .iter()
            .filter(|it| it.1.last() == Some(&true));
        untold.extend(open.map(|(key, _)| format!("/pager: {key} is open")));
        untold
    }

    /// How many episodes were long enough, of how many somebody heard that they fire, and of how many only that they did.
    pub(crate) fn counts(&self, truth: &Truth) -> [usize; 3] {
        let mut counts = [0; 3];
        for (name, it) in &truth.instances {
            for (episode, _) in it.episodes.iter().enumerate().filter(|(_, it)| it.fires()) {
                let told = |fires| self.of("/first", name).contains(&Told { fires, episode });
                counts[0] += 1;
                counts[1] += usize::from(told(true));
                counts[2] += usize::from(!told(true) && told(false));
            }
        }
        counts
    }

    /// How many short episodes somebody was about to be told of, and how many lines told of what was missed.
    pub(crate) fn short(&self, truth: &Truth) -> [usize; 2] {
        let short = |name: &str| truth.instances[name].kind == Kind::Short;
        let noted = self.noted.iter().filter(|((_, name), _)| short(name));
        [noted.count(), self.missed]
    }

    /// What is odd about the history: each instance fired and ended in turn, in its own words, as often as it did.
    pub(crate) fn oddly_remembered(&self, history: &Value, truth: &Truth) -> Vec<String> {
        let mut turns = BTreeMap::<String, Vec<bool>>::new();
        let mut odd = Vec::new();
        for entry in history.as_array().into_iter().flatten() {
            let (name, said) = (text(&entry[1]), text(&entry[2]));
            if !said.starts_with(&words(&name)) {
                odd.push(format!("{entry}: these are not its words"));
            }
            turns
                .entry(name)
                .or_default()
                .push(entry[0] == "alert_firing");
        }
        for (name, it) in &truth.instances {
            let turns = turns.remove(name).unwrap_or_default();
            let in_turn = turns.iter().zip([true, false].iter().cycle());
            let fired = turns.iter().filter(|fires| **fires).count();
            let told = self.handed.iter().filter(|(who, _)| who.1 == *name);
            let told: BTreeSet<usize> = told.flat_map(|it| it.1).map(|it| it.episode).collect();
            let most = it.episodes.iter().filter(|it| it.may_fire()).count();
            if !in_turn.clone().all(|(a, b)| a == b) || turns.len() % 2 == 1 {
                odd.push(format!("{name}: {turns:?} is not by turns"));
            }
            if !(told.len()..=most).contains(&fired) {
                let told = told.len();
                odd.push(format!(
                    "{name}: fired {fired} times, {told} were told, {most} are true"
                ));
            }
        }
        odd
    }
}

/// What an alert says to people.
fn words(name: &str) -> String {
    format!("{name} is broken")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn line(alert: &Value) -> Line {
    let name = text(&alert["labels"]["instance"]);
    (
        name,
        text(&alert["status"]),
        text(&alert["startsAt"]),
        text(&alert["endsAt"]),
        text(&alert["annotations"]["summary"]),
    )
}

/// Says of which episode a line tells, or what is wrong with it.
fn judge(line: &Line, truth: &Truth, silenced: &BTreeSet<String>) -> Result<Told, String> {
    let (name, status, began, ended, said) = line;
    let it = truth
        .instances
        .get(name)
        .ok_or("there is no such instance")?;
    if *said != words(name) {
        return Err(format!("it says `{said}`"));
    }
    if silenced.contains(&it.group) {
        return Err("its group is silenced".to_owned());
    }
    let (began, ended) = (time(began)?, time(ended)?);
    let found = it.begun(began);
    let episode = found.ok_or("it was not seen to be broken when it began")?;
    let was = &it.episodes[episode];
    if !was.may_fire() {
        return Err(format!("it was broken for {:?} at most", was.most));
    }
    let fires = status == "firing";
    if !fires && was.well.is_none() {
        return Err("it is broken to this day".to_owned());
    }
    if !fires && was.broken.iter().any(|broken| *broken >= ended) {
        return Err("it was broken after that end".to_owned());
    }
    Ok(Told { fires, episode })
}

fn time(text: &str) -> Result<Duration, String> {
    let time: jiff::Timestamp = text.parse().map_err(|error| format!("{text}: {error}"))?;
    Ok(Duration::try_from(time.as_duration()).unwrap_or_default())
}
