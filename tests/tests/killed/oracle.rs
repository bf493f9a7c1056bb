//! What was told, held against what is true.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::sink::Notice;
use crate::truth::{Instance, Kind, Truth};

/// An alert as it is told: its name, `firing` or `resolved`, when it began, when it ended.
type Line = (String, String, String, String);

/// What was told of an instance by one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    fires: bool,
    /// The number of its episode.
    episode: usize,
}

#[derive(Default)]
pub(crate) struct Oracle {
    /// By path and instance, in order; only what was taken.
    told: BTreeMap<(&'static str, String), Vec<Told>>,
    /// What each key stands for, and for each channel and group what it was told last, under which key.
    keys: BTreeMap<String, (String, Vec<Line>)>,
    last: BTreeMap<String, (Vec<Line>, String)>,
    /// By the key of an incident, what was done to it.
    incidents: BTreeMap<String, Vec<bool>>,
    /// Groups that nobody is told of.
    pub(crate) silenced: BTreeSet<String>,
    pub(crate) notices: usize,
    pub(crate) repeats: usize,
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
        let lines: Vec<Line> = body["alerts"]
            .as_array()
            .into_iter()
            .flatten()
            .map(line)
            .collect();
        self.hear_key(path, body, &lines, &notice.message.key);
        for line in &lines {
            match judge(line, truth, &self.silenced) {
                Ok(told) => self.hear_line(path, line, told, notice.taken),
                Err(problem) => self.wrong.push(format!("{path}: {line:?}: {problem}")),
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

    fn hear_line(&mut self, path: &'static str, line: &Line, told: Told, taken: bool) {
        let before = self.told.entry((path, line.0.clone())).or_default();
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
            let told = self.of(path, name);
            // One that ended and fires again before anybody could be told goes on, as far as they know.
            let same = told.last().is_some_and(|last| last.fires == it.broken);
            told.contains(&now) || (it.kind == Kind::Short && same)
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
                    let all = [true, false].map(|fires| Told { fires, episode });
                    if it.kind == Kind::Told
                        && was.fires()
                        && !all.iter().all(|it| told.contains(it))
                    {
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
    )
}

/// Says of which episode a line tells, or what is wrong with it.
fn judge(line: &Line, truth: &Truth, silenced: &BTreeSet<String>) -> Result<Told, String> {
    let (name, status, began, ended) = line;
    let it = truth
        .instances
        .get(name)
        .ok_or("there is no such instance")?;
    if silenced.contains(&it.group) {
        return Err("its group is silenced".to_owned());
    }
    let (began, ended) = (time(began)?, time(ended)?);
    let mut episodes = it.episodes.iter().enumerate();
    let found = episodes.find(|(_, it)| it.broken.contains(&began));
    let (episode, was) = found.ok_or("it was not seen to be broken when it began")?;
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
