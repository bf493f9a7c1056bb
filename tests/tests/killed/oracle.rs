//! What is true, and what was told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use tests::chance::Chance;

const INSTANCES: u64 = 500;

/// A name, whether it fires, and since when.
type Told = (String, bool, String);

/// One notice: group, key, and of each alert its name and whether it fires.
pub(crate) struct Notice {
    group: String,
    key: String,
    alerts: Vec<Told>,
}

impl Notice {
    pub(crate) fn read(body: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
        let alerts = body["webhook"]["alerts"].as_array().expect("it is a list");
        let alert = |it: &Value| {
            let fires = it["status"] == "firing";
            (
                text(&it["labels"]["alertname"]),
                fires,
                text(&it["startsAt"]),
            )
        };
        Self {
            group: text(&body["webhook"]["groupKey"]),
            key: text(&body["key"]),
            alerts: alerts.iter().map(alert).collect(),
        }
    }
}

#[derive(Default)]
pub(crate) struct Oracle {
    /// Since when those fire that do, by what was answered.
    firing: BTreeMap<String, u64>,
    /// All that were ever posted, whether it was answered or not.
    posted: BTreeSet<String>,
    /// Those of which nobody knows whether they ended: they may be told of again, as they were.
    perhaps_ended: BTreeSet<String>,
    /// Whether each was told last that it fires.
    told: BTreeMap<String, bool>,
    last: BTreeMap<String, (Vec<Told>, String)>,
    keys: BTreeSet<String>,
    pub(crate) notices: usize,
    pub(crate) repeats: usize,
    pub(crate) wrong: Vec<String>,
}

fn alert(name: &str, starts: u64, ends: Option<Duration>) -> Value {
    let number = name.strip_prefix('a').and_then(|it| it.parse().ok());
    let group = number.map_or("held".to_owned(), |it: u64| match it % 11 {
        10 => "silenced".to_owned(),
        group => group.to_string(),
    });
    json!({"name": name, "group": group, "starts": starts, "ends": ends.map(|it| it.as_nanos() as u64)})
}

impl Oracle {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Some that begin, and some that end.
    pub(crate) fn storm(&mut self, chance: &mut Chance, now: Duration) -> Value {
        let names: BTreeSet<String> = (0..6)
            .map(|_| format!("a{}", chance.below(INSTANCES)))
            .collect();
        let alerts = names.iter().map(|name| match self.firing.get(name) {
            Some(since) if chance.one_in(2) => alert(name, *since, Some(now)),
            Some(since) => alert(name, *since, None),
            None => alert(name, now.as_nanos() as u64, None),
        });
        alerts.collect()
    }

    pub(crate) fn posted(&mut self, alerts: &Value) {
        for it in alerts.as_array().expect("it is a list") {
            let name = it["name"].as_str().expect("it is a text").to_owned();
            self.posted.insert(name.clone());
            match it["ends"].as_u64() {
                Some(_) => drop(self.firing.remove(&name)),
                None => drop(
                    self.firing
                        .insert(name, it["starts"].as_u64().expect("a time")),
                ),
            }
        }
    }

    /// Takes what nobody answered: it may be known or not. What may have ended is posted again at the end.
    pub(crate) fn perhaps(&mut self, alerts: &Value) {
        for it in alerts.as_array().expect("it is a list") {
            let name = it["name"].as_str().expect("it is a text");
            self.posted.insert(name.to_owned());
            if !it["ends"].is_null() {
                self.perhaps_ended.insert(name.to_owned());
            }
        }
    }

    /// All that were ever posted, as they are now.
    pub(crate) fn all(&self, now: Duration) -> Value {
        let alerts = self.posted.iter().map(|name| match self.firing.get(name) {
            Some(since) => alert(name, *since, None),
            None => alert(name, now.as_nanos() as u64, Some(now)),
        });
        alerts.collect()
    }

    pub(crate) fn end_all(&self, now: Duration) -> Value {
        let firing = self.firing.iter();
        firing
            .map(|(name, since)| alert(name, *since, Some(now)))
            .collect()
    }

    pub(crate) fn told(&mut self, notice: Notice) {
        self.notices += 1;
        let last = self.last.get(&notice.group);
        let same = last.is_some_and(|(alerts, _)| *alerts == notice.alerts);
        let key = last.map(|(_, key)| key.clone()).unwrap_or_default();
        let sure = |it: &Told| !self.perhaps_ended.contains(&it.0);
        if same != (key == notice.key) && notice.alerts.iter().all(sure) {
            self.wrong.push(format!(
                "{}: keys {key}, {}, same: {same}",
                notice.group, notice.key
            ));
        }
        self.repeats += usize::from(same);
        if !same && !self.keys.insert(notice.key.clone()) {
            self.wrong
                .push(format!("{}: key {} again", notice.group, notice.key));
        }
        for (name, fires, _) in &notice.alerts {
            if !self.posted.contains(name) {
                self.wrong.push(format!("{name} was never posted"));
            }
            if notice.group.contains("silenced") {
                self.wrong.push(format!("{name} is silenced"));
            }
            self.told.insert(name.clone(), *fires);
        }
        self.last.insert(notice.group, (notice.alerts, notice.key));
    }

    fn silenced(name: &str) -> bool {
        alert(name, 0, None)["group"] == "silenced"
    }

    /// Those that fire, and whose last notice does not say so.
    pub(crate) fn firing_untold(&self) -> Vec<String> {
        let firing = self.firing.keys().filter(|name| !Self::silenced(name));
        let untold = firing.filter(|name| self.told.get(*name) != Some(&true));
        untold.cloned().collect()
    }

    /// Those that have ended, and whose last notice says that they fire.
    pub(crate) fn ends_untold(&self) -> Vec<String> {
        let told = self
            .told
            .iter()
            .filter(|(name, fires)| **fires && !self.firing.contains_key(*name));
        told.map(|(name, _)| name.clone()).collect()
    }
}
