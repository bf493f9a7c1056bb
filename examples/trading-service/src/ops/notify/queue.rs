//! What is to be told, in order.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::notify::{Notifier, Posted};

/// How long a change waits until the one before it was told; where that takes longer, the newest state is what is told.
const PATIENCE: Duration = Duration::from_secs(1);
/// How soon it is looked again whether a flush that is due has begun.
const SOON: Duration = Duration::from_millis(2);
/// How many changes of an alert wait.
const WAITING: usize = 64;

/// Alerts whose changes wait until those before them were told, so that what fires and ends within milliseconds is told
/// as both.
///
/// The notifier knows of the newest state of an alert alone, as Alertmanager does: it would tell of years that pass in
/// seconds by chance.
#[derive(Debug, Default)]
pub(super) struct Queue {
    alerts: BTreeMap<Labels, Changes>,
    /// How many changes were left out.
    pub(super) left_out: u64,
}

#[derive(Debug, Default)]
struct Changes {
    waiting: VecDeque<Posted>,
    /// When one was last handed on.
    posted: Option<Duration>,
}

impl Queue {
    /// Takes a change of an alert.
    pub(super) fn push(&mut self, posted: Posted) {
        let changes = self.alerts.entry(posted.labels.clone()).or_default();
        changes.waiting.push_back(posted);
        if changes.waiting.len() > WAITING {
            // A beginning and an end, or an end and a beginning: what follows is as true without them.
            changes.waiting.drain(..2);
            self.left_out += 2;
        }
    }

    /// Says whether changes of an alert wait.
    pub(super) fn waits(&self, alert: &Labels) -> bool {
        let changes = self.alerts.get(alert);
        changes.is_some_and(|it| !it.waiting.is_empty())
    }

    /// Takes out what the notifier may be told at `now`, one change of each alert at most, and says when to ask again.
    pub(super) fn next(
        &mut self,
        now: Duration,
        notifier: &Notifier,
    ) -> (Vec<Posted>, Option<Duration>) {
        let mut posts = Vec::new();
        let mut again: Option<Duration> = None;
        self.alerts.retain(|alert, changes| {
            let told = changes
                .posted
                .map_or(Ok(()), |at| told(notifier, alert, at));
            match told {
                Err(next) if next <= now + PATIENCE => {
                    let next = next.max(now + SOON);
                    again = Some(again.map_or(next, |it| it.min(next)));
                }
                _ => {
                    let Some(next) = changes.waiting.pop_front() else {
                        return false;
                    };
                    posts.push(next);
                    changes.posted = Some(now);
                }
            }
            true
        });
        if !posts.is_empty() {
            again = Some(now + SOON);
        }
        (posts, again)
    }
}

/// Says when people will be told of what was posted of an alert, if they were not. What keeps it quiet counts as told.
fn told(notifier: &Notifier, alert: &Labels, posted: Duration) -> Result<(), Duration> {
    let of = notifier
        .groups()
        .filter(|group| group.alerts().any(|it| it.labels == *alert));
    let waits = of.filter_map(|group| {
        let next = group.next_flush();
        let last = next.checked_sub(group.node().group_interval);
        last.is_none_or(|last| last < posted).then_some(next)
    });
    waits.max().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use admf_alerts::notify::{Config, Integration, Outcome};

    use super::*;

    const EPOCH: Duration = Duration::from_secs(1_700_000_000);
    const MILLI: Duration = Duration::from_millis(1);

    fn notifier(interval: Duration) -> Notifier {
        let mut config = Config::default();
        config.route.receiver = Some("day".to_owned());
        config.route.group_by = Some(admf_alerts::notify::GroupBy::All);
        config.route.group_wait = Some(Duration::ZERO);
        config.route.group_interval = Some(interval);
        let integration = vec![Integration::default()];
        config.receivers.insert("day".to_owned(), integration);
        Notifier::new(config, || 0.5).unwrap()
    }

    fn change(name: &str, starts_at: Duration, ends_at: Option<Duration>) -> Posted {
        Posted {
            labels: Labels::from_iter([("alertname", name)]),
            starts_at: Some(starts_at),
            ends_at: ends_at.or(Some(starts_at + Duration::from_secs(240))),
            ..Posted::default()
        }
    }

    /// Lets so many milliseconds pass, and returns what is told: when, of whom, and whether it fires.
    fn pass(queue: &mut Queue, notifier: &mut Notifier, millis: u32) -> Vec<(u32, String, bool)> {
        let mut told = Vec::new();
        for milli in 0..millis {
            let now = EPOCH + MILLI * (milli + 10);
            let (posts, _) = queue.next(now, notifier);
            for posted in posts {
                notifier.post(now, posted).unwrap();
            }
            for delivery in notifier.due(now) {
                for alert in &delivery.batch.alerts {
                    let name = alert.labels.get("alertname").unwrap().to_owned();
                    told.push((milli, name, alert.ends_at.is_none()));
                }
                notifier.finished(now, delivery.id, Outcome::Sent);
            }
        }
        told
    }

    #[test]
    fn what_fires_and_ends_within_a_millisecond_is_told_as_both_and_each_alert_goes_at_its_own_pace()
     {
        let (mut queue, mut notifier) = (Queue::default(), notifier(MILLI * 100));
        for episode in 0..3 {
            let at = EPOCH + MILLI * episode;
            queue.push(change("Drawdown", at, None));
            queue.push(change("Drawdown", at, Some(at + MILLI)));
        }
        queue.push(change("Tripped", EPOCH, None));
        assert!(queue.waits(&Labels::from_iter([("alertname", "Tripped")])));
        let told = pass(&mut queue, &mut notifier, 1_000);
        let of = |name: &str| {
            let of = told.iter().filter(|it| it.1 == name);
            of.map(|it| it.2).collect::<Vec<_>>()
        };
        assert_eq!(of("Drawdown"), [true, false, true, false, true, false]);
        assert_eq!(of("Tripped"), [true]);
        assert!(told.iter().all(|it| it.0 <= 600), "{told:?}");
        assert_eq!((queue.alerts.len(), queue.left_out), (0, 0));
    }

    #[test]
    fn where_people_are_told_seldom_they_are_told_the_newest_state() {
        let (mut queue, mut notifier) = (Queue::default(), notifier(Duration::from_secs(300)));
        queue.push(change("Drawdown", EPOCH, None));
        queue.push(change("Drawdown", EPOCH, Some(EPOCH + MILLI)));
        queue.push(change("Drawdown", EPOCH + MILLI * 2, None));
        let told = pass(&mut queue, &mut notifier, 100);
        assert_eq!(told, [(0, "Drawdown".to_owned(), true)]);
        let known = notifier.alerts().next().unwrap();
        assert_eq!(known.starts_at, EPOCH + MILLI * 2);
    }

    #[test]
    fn an_alert_that_changes_all_the_time_does_not_grow_without_bounds() {
        let mut queue = Queue::default();
        for episode in 0..200 {
            let at = EPOCH + MILLI * episode;
            queue.push(change("Drawdown", at, None));
            queue.push(change("Drawdown", at, Some(at + MILLI)));
        }
        let changes = queue.alerts.values().next().unwrap();
        assert_eq!(changes.waiting.len() as u64 + queue.left_out, 400);
        assert!(changes.waiting.len() <= WAITING);
        let ends = |it: &Posted| it.ends_at == it.starts_at.map(|at| at + MILLI);
        let last = changes.waiting.back().unwrap();
        assert!(ends(last) && !ends(&changes.waiting[changes.waiting.len() - 2]));
    }
}
