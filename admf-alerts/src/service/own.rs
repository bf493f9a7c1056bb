//! Alerts on the service itself, told by channels other than those that fail.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::State;
use crate::alertmanager_file::meta::{CHANNEL_FAILING, NOT_WRITTEN, TOLD};
use crate::labels::Labels;
use crate::notify::{LogKey, Posted};

/// For how long something fails before somebody is told: the next try may arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the service looks at itself.
const EVERY: Duration = Duration::from_secs(1);

/// How often an alert that goes on firing is posted again, and how long it fires if it is not.
const AGAIN: Duration = Duration::from_secs(60);
const VALID: Duration = Duration::from_secs(4 * 60);

/// What is wrong: the labels of an alert, since when, and what it says.
type Wrong = BTreeMap<Labels, (Duration, String)>;

/// The alerts on the service that fire.
#[derive(Debug, Default)]
pub(super) struct Own {
    firing: BTreeMap<Labels, Firing>,
    looked: Option<Duration>,
}

#[derive(Debug)]
struct Firing {
    since: Duration,
    /// Who is told.
    told: String,
    /// When it was last posted.
    posted: Duration,
}

impl State {
    /// Posts what is wrong with the service itself, and what no longer is.
    pub(super) fn look_at_itself(&mut self, now: Duration) {
        let soon = |last: Duration| last <= now && now < last.saturating_add(EVERY);
        if self.own.looked.is_some_and(soon) {
            return;
        }
        self.own.looked = Some(now);
        let told = &self.setup.meta.failures;
        if told.is_empty() && self.own.firing.is_empty() {
            return;
        }
        let wrong = match told.is_empty() {
            true => Wrong::new(),
            false => self.wrong(now),
        };
        let posts = self.own.posts(wrong, told, now);
        if !posts.is_empty() {
            drop(self.durable.post(now, posts));
        }
    }

    fn wrong(&self, now: Duration) -> Wrong {
        let mut wrong = Wrong::new();
        for (key, since) in self.late(now) {
            let totals = self.channels.get(key).map(|it| it.totals());
            let Some(totals) = totals.filter(|it| it.failing_since.is_some()) else {
                continue;
            };
            let labels = Labels::from_iter([
                ("alertname", CHANNEL_FAILING),
                ("severity", "critical"),
                ("receiver", &key.receiver),
                ("channel", &totals.name),
            ]);
            let why = totals.said.unwrap_or_default();
            let said = format!("{} has told nobody since then: {why}", totals.name);
            wrong.insert(labels, (since, said));
        }
        if let Some(problem) = self.durable.failing() {
            let labels = Labels::from_iter([("alertname", NOT_WRITTEN), ("severity", "critical")]);
            wrong.insert(labels, (now, problem.to_owned()));
        }
        wrong
    }

    /// Lists the channels that owe something for long, each by one key of the log, and since when.
    fn late(&self, now: Duration) -> impl Iterator<Item = (&LogKey, Duration)> {
        let mut late = BTreeMap::new();
        let owed = self.durable.notifier().owed();
        for (key, owed) in owed.filter(|(_, it)| it.since.saturating_add(PATIENCE) <= now) {
            let channel = late.entry((&key.receiver, &key.integration));
            let (_, since) = channel.or_insert((key, owed.since));
            *since = owed.since.min(*since);
        }
        late.into_values()
    }
}

impl Own {
    /// Takes what is wrong at `now`, and returns what is to be posted.
    fn posts(&mut self, wrong: Wrong, failures: &[String], now: Duration) -> Vec<Posted> {
        let failing = wrong.keys().filter_map(|it| it.get("receiver"));
        let failing: BTreeSet<String> = failing.map(str::to_owned).collect();
        let fails = |receiver: &str| failing.contains(receiver);
        let mut posts = Vec::new();
        self.firing.retain(|labels, it| {
            // Whoever is told goes on to be, until he fails himself.
            let stays = failures.contains(&it.told) && !fails(&it.told);
            let goes_on = wrong.contains_key(labels)
                && (stays || pick(failures, labels.get("receiver"), fails) == Some(&*it.told));
            if !goes_on {
                posts.push(it.posted(labels, now, String::new()));
            }
            goes_on
        });
        for (labels, (since, said)) in wrong {
            let Some(told) = pick(failures, labels.get("receiver"), fails) else {
                continue;
            };
            let it = self.firing.entry(labels.clone()).or_insert_with(|| Firing {
                since,
                told: told.to_owned(),
                posted: Duration::ZERO,
            });
            if it.posted.saturating_add(AGAIN) <= now {
                it.posted = now;
                posts.push(it.posted(&labels, now.saturating_add(VALID), said));
            }
        }
        posts
    }
}

impl Firing {
    fn posted(&self, labels: &Labels, ends_at: Duration, said: String) -> Posted {
        let mut labels = labels.clone();
        labels.insert(TOLD, &*self.told);
        Posted {
            labels,
            annotations: [("summary".to_owned(), said)].into(),
            starts_at: Some(self.since),
            ends_at: Some(ends_at),
            ..Posted::default()
        }
    }
}

/// Picks who is told of a failure, of `receiver` or of none: the next one after it who does not fail, or else the next one.
fn pick<'f>(
    failures: &'f [String],
    receiver: Option<&str>,
    fails: impl Fn(&str) -> bool,
) -> Option<&'f str> {
    let at = receiver.and_then(|it| failures.iter().position(|other| other == it));
    let from = at.map_or(0, |at| at + 1);
    let (before, after) = failures.split_at(from);
    let order = || after.iter().chain(before).map(String::as_str);
    let others = || order().filter(|it| receiver != Some(*it));
    others().find(|it| !fails(it)).or_else(|| others().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Duration = Duration::from_secs(1_700_000_000);

    /// Lets these receivers fail, and returns who is told of each that is posted, and whether it fires.
    fn told(own: &mut Own, now: u64, fail: &[&str]) -> Vec<(String, String, bool)> {
        let now = AT + Duration::from_secs(now);
        let wrong = fail.iter().map(|it| {
            let labels = Labels::from_iter([("alertname", CHANNEL_FAILING), ("receiver", it)]);
            (labels, (AT, String::new()))
        });
        let failures = ["a", "b", "c"].map(str::to_owned);
        let posts = own.posts(wrong.collect(), &failures, now);
        let of = |it: &Posted, name: &str| it.labels.get(name).unwrap_or_default().to_owned();
        let posts = posts.iter().map(|it| {
            let fires = it.ends_at > Some(now);
            (of(it, "receiver"), of(it, TOLD), fires)
        });
        posts.collect()
    }

    fn is(receiver: &str, told: &str, fires: bool) -> (String, String, bool) {
        (receiver.to_owned(), told.to_owned(), fires)
    }

    #[test]
    fn of_a_failure_one_is_told_who_does_not_fail_for_as_long_as_he_does_not() {
        let mut own = Own::default();
        assert_eq!(told(&mut own, 0, &["a"]), [is("a", "b", true)]);
        assert_eq!(told(&mut own, 1, &["a"]), [], "it was posted");
        let both = [is("a", "b", false), is("a", "c", true), is("b", "c", true)];
        assert_eq!(told(&mut own, 2, &["a", "b"]), both);
        let ends = [is("b", "c", false)];
        assert_eq!(told(&mut own, 3, &["a"]), ends, "c goes on to be told of a");
        assert_eq!(told(&mut own, 63, &["a"]), [is("a", "c", true)], "again");
        assert_eq!(told(&mut own, 64, &[]), [is("a", "c", false)]);
    }

    #[test]
    fn where_all_fail_the_next_one_is_told_once_he_works() {
        let mut own = Own::default();
        let all = ["a", "b", "c"];
        let next = [is("a", "b", true), is("b", "c", true), is("c", "a", true)];
        assert_eq!(told(&mut own, 0, &all), next);
        assert_eq!(told(&mut own, 1, &all), [], "nobody is better");
        let c = [is("a", "b", false), is("c", "a", false), is("a", "c", true)];
        assert_eq!(told(&mut own, 2, &["a", "b"]), c);
    }

    #[test]
    fn of_whoever_is_not_told_of_failures_the_first_who_works_is() {
        let mut own = Own::default();
        let of = [is("a", "b", true), is("other", "b", true)];
        assert_eq!(told(&mut own, 0, &["other", "a"]), of);
    }
}
