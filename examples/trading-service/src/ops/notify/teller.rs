//! The thread that tells.

use std::collections::BTreeMap;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::notify::Notifier;
use admf_alerts::service::AlertService;
use admf_metrics::Component;
use admf_metrics::health::ComponentState::{Degraded, Healthy};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, timeout_at};

use super::post::{Change, HOLDS};
use super::queue::Queue;

/// How often it is said how telling does.
const STAND: Duration = Duration::from_secs(1);
/// How often it is said again that what fires does.
const AGAIN: Duration = Duration::from_secs(60);
/// How long what is owed in the end may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How soon it is looked again whether all is told.
const SOON: Duration = Duration::from_millis(2);

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Heard {
    /// What changed at once.
    Changes(Vec<Change>),
    /// Something that happened, to be told of once.
    Once(Box<admf_alerts::notify::Posted>),
    /// Nothing more will come. Whether what fires still ends with it.
    Finish { ends: bool },
}

/// Hands on what is told, in order, to who tells people.
pub(super) struct Teller {
    service: AlertService,
    component: Component,
    queue: Queue,
    /// What fires, as it was told last, and when.
    firing: BTreeMap<Labels, (Change, Duration)>,
    /// Since when nothing was handed on.
    last: Duration,
}

impl Teller {
    pub(super) fn new(service: AlertService, component: Component) -> Self {
        Self {
            last: service.now(),
            service,
            component,
            queue: Queue::default(),
            firing: BTreeMap::new(),
        }
    }

    /// Hands on what is heard until it is finished and told, as far as that takes no longer than [`PATIENCE`]; returns how
    /// many changes were left out.
    pub(super) async fn run(mut self, mut heard: UnboundedReceiver<Heard>) -> u64 {
        let mut ends = None;
        let mut stand = Instant::now();
        while ends.is_none() {
            let again = self.turn();
            let wait = again.map_or(stand, |again| {
                let wait = again.saturating_sub(self.service.now());
                stand.min(Instant::now() + wait)
            });
            match timeout_at(wait, heard.recv()).await {
                Ok(None) => ends = Some(false),
                Ok(Some(first)) => {
                    let mut next = Some(first);
                    while let Some(one) = next {
                        ends = self.take(one).or(ends);
                        next = heard.try_recv().ok();
                    }
                }
                Err(_) => {}
            }
            if stand <= Instant::now() {
                self.stand();
                stand = Instant::now() + STAND;
            }
        }
        if ends == Some(true) {
            self.end_all();
        }
        self.settle().await;
        self.stand();
        self.queue.left_out
    }

    /// Takes what is heard; says whether that was all, and what fires still ends with it.
    fn take(&mut self, heard: Heard) -> Option<bool> {
        match heard {
            Heard::Finish { ends } => return Some(ends),
            Heard::Once(posted) => {
                self.last = self.service.now();
                // It has labels.
                let _ = self.service.post_once(*posted);
            }
            Heard::Changes(changes) => changes.into_iter().for_each(|it| self.change(it)),
        }
        None
    }

    fn change(&mut self, change: Change) {
        let labels = change.posted.labels.clone();
        self.queue.push(change.posted.clone());
        if change.ended {
            self.firing.remove(&labels);
        } else {
            self.firing.insert(labels, (change, self.service.now()));
        }
    }

    /// Hands on what may be; says when something is to be done again.
    fn turn(&mut self) -> Option<Duration> {
        let now = self.service.now();
        for (labels, (change, told)) in &mut self.firing {
            if change.alone && *told + AGAIN <= now && !self.queue.waits(labels) {
                *told = now;
                change.posted.ends_at = Some(now + HOLDS);
                self.queue.push(change.posted.clone());
            }
        }
        let queue = &mut self.queue;
        let (posts, again) = self.service.look(|notifier, now| queue.next(now, notifier));
        if !posts.is_empty() {
            self.last = now;
            // What is refused has no labels, or ends before it began: neither is made here.
            self.service.post(posts);
        }
        again
    }

    fn end_all(&mut self) {
        let now = self.service.now();
        for (_, (change, _)) in std::mem::take(&mut self.firing) {
            self.queue.push(change.ends(now).posted);
        }
    }

    /// Waits until all is told that can be in time.
    async fn settle(&mut self) {
        let until = self.service.now() + PATIENCE;
        while self.service.now() < until {
            let waits = self.turn().is_some();
            let last = self.last;
            let due = |it: &Notifier, _| is_due(it, last, until);
            let owed = self.service.totals().undelivered > 0;
            if !waits && !owed && !self.service.look(due) {
                return;
            }
            sleep(SOON).await;
        }
    }

    /// Says how telling does.
    fn stand(&self) {
        let totals = self.service.totals();
        let now = self.service.now();
        let age = |at: Duration| now.saturating_sub(at).as_secs();
        let channels = totals.channels.values().flatten();
        let failing = channels.filter_map(|it| {
            let why = it.said.as_deref().unwrap_or("nobody answers");
            let seconds = age(it.failing_since?);
            Some(format!("{} fails for {seconds} s: {why}", it.name))
        });
        let mut wrong: Vec<_> = failing.collect();
        if let (owed @ 1.., Some(oldest)) = (totals.undelivered, totals.oldest_undelivered) {
            let line = format!("{owed} undelivered, the oldest for {} s", age(oldest));
            // What is under way is no news.
            if age(oldest) > 0 || !wrong.is_empty() {
                wrong.push(line);
            }
        }
        wrong.extend(totals.failing.map(|why| format!("nothing is kept: {why}")));
        let sent: u64 = totals.channels.values().flatten().map(|it| it.sent).sum();
        match &wrong[..] {
            [] => self.component.report(Healthy, format!("{sent} sent")),
            wrong => self.component.report(Degraded, wrong.join("; ")),
        }
    }
}

/// Says whether a group is to be told before `until` of what came at `last`.
fn is_due(notifier: &Notifier, last: Duration, until: Duration) -> bool {
    notifier.groups().any(|group| {
        let next = group.next_flush();
        let flushed = next.checked_sub(group.node().group_interval);
        next <= until && flushed.is_none_or(|at| at < last)
    })
}
