//! A group at work: its rules, and when they are due.

use std::time::Duration;

use super::alert::{Alert, AlertEvent};
use super::ask::{Found, Row, checked, millis};
use super::compiled::Compiled;
use super::error::EvalError;
use super::evaluated::{Evaluated, Turn};
use super::options::Options;
use super::snapshot::RuleKey;
use super::status::GroupStatus;
use crate::promql::Settings;
use crate::rule::{Rule, RuleError, RuleGroup};
use crate::series::Store;

#[derive(Debug)]
pub(super) struct Group {
    /// Without its rules.
    pub(super) config: RuleGroup,
    pub(super) rules: Vec<Evaluated>,
    pub(super) slots: Slots,
}

/// Which slots there were.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slots {
    last: Option<Duration>,
    missed: u64,
    /// When its rules were last evaluated.
    evaluated: Option<Duration>,
}

/// What a step is to a group.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Due {
    /// The slot to evaluate.
    pub(super) at: Option<Duration>,
    /// How long the slots took that were missed before it; `None`: there are none, or this is the first.
    pub(super) lost: Option<Duration>,
}

impl Group {
    pub(super) fn new(mut config: RuleGroup, settings: &Settings) -> Result<Self, RuleError> {
        if let Some(interval) = config.interval.filter(|it| it.as_millis() == 0) {
            let problem = "must be at least a millisecond";
            return Err(config.refused("interval", &format!("{interval:?}"), problem));
        }
        let rules = std::mem::take(&mut config.rules).into_iter();
        let interval = config.interval;
        let compiled = rules.map(|rule| Compiled::new(rule, interval, settings));
        let compiled = compiled.map(|rule| rule.map(Evaluated::new));
        Ok(Self {
            rules: compiled.collect::<Result<_, _>>()?,
            config,
            slots: Slots::default(),
        })
    }

    /// Finds the slot to evaluate at `now`, if one is due. What is between it and the last one is missed.
    pub(super) fn due(&mut self, now: Duration) -> Due {
        let Some(interval) = self.config.interval else {
            let at = Some(now);
            return Due { at, lost: None };
        };
        let slot = slot(now, interval, self.hash());
        let last = self.slots.last.replace(slot);
        let Some(last) = last else {
            let at = (slot == now).then_some(now);
            return Due { at, lost: None };
        };
        if slot <= last {
            self.slots.last = Some(last);
            return Due::default();
        }
        let lost = (slot - last).saturating_sub(interval);
        let missed = lost.as_nanos() / interval.as_nanos();
        let missed = u64::try_from(missed).unwrap_or(u64::MAX);
        self.slots.missed = self.slots.missed.saturating_add(missed);
        Due {
            at: Some(slot),
            lost: Some(lost),
        }
    }

    /// Nobody looked for so long before the evaluation that is to come.
    pub(super) fn skip(&mut self, lost: Duration) {
        for alert in self.alerts_mut() {
            alert.skip(lost);
        }
    }

    /// The clock was set back to `now`. The next slot follows the last one there was; without slots, or by hand, no time has
    /// passed.
    pub(super) fn set_back(&mut self, now: Duration, by: Duration, by_hand: bool) {
        let slots = self.config.interval.zip(self.slots.last);
        let by = slots.map_or(by, |(interval, last)| {
            let slot = slot(now, interval, self.hash());
            self.slots.last = Some(slot);
            if by_hand {
                by
            } else {
                last.saturating_sub(slot)
            }
        });
        let evaluated = &mut self.slots.evaluated;
        *evaluated = evaluated.map(|at| at.saturating_sub(by));
        for alert in self.alerts_mut() {
            alert.set_back(by);
        }
    }

    fn alerts_mut(&mut self) -> impl Iterator<Item = &mut Alert> {
        let rules = self.rules.iter_mut();
        rules.flat_map(|rule| rule.carried.alerts.iter_mut())
    }

    /// Spreads the groups over the interval: FNV-1a of file and name.
    fn hash(&self) -> u64 {
        let bytes = self.config.file.bytes().chain([0xff]);
        let bytes = bytes.chain(self.config.name.bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    /// Evaluates the rules, one after another.
    pub(super) fn evaluate(
        &mut self,
        now: Duration,
        store: &mut Store,
        options: &Options,
        query: &mut Asked<'_>,
    ) -> Vec<AlertEvent> {
        self.slots.evaluated = Some(now);
        let mut turn = Turn {
            now,
            asked: now.saturating_sub(self.config.query_offset),
            limit: self.config.limit,
            store,
            options,
        };
        let mut events = Vec::new();
        for rule in &mut self.rules {
            let found = match query {
                Some(query) => query(&rule.compiled.rule)
                    .and_then(checked)
                    .map(Found::Rows),
                None => rule.compiled.found(&turn.at()),
            };
            events.extend(rule.evaluate(&mut turn, found));
        }
        events
    }

    /// What tells its rules apart.
    pub(super) fn key(&self, rule: &Rule) -> RuleKey {
        let RuleGroup { file, name, .. } = self.config.clone();
        let rule = rule.clone();
        (file, name, rule.kind, rule.name, rule.labels)
    }

    pub(super) fn status(&self) -> GroupStatus<'_> {
        GroupStatus {
            file: &self.config.file,
            name: &self.config.name,
            slot: self.slots.last,
            missed: self.slots.missed,
            interval: self.config.interval,
            limit: self.config.limit,
            evaluated: self.slots.evaluated,
            rules: &self.rules,
        }
    }
}

/// A query of the caller's in place of the expressions.
pub(super) type Asked<'q> = Option<&'q mut dyn FnMut(&Rule) -> Result<Vec<Row>, EvalError>>;

/// The latest slot that is not after `now`.
fn slot(now: Duration, interval: Duration, hash: u64) -> Duration {
    let interval = millis(interval).unsigned_abs().max(1);
    let offset = hash % interval;
    let time = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    // Before the first slot of all there is the origin.
    let since = time.checked_sub(offset).map(|it| it % interval);
    Duration::from_millis(since.map_or(0, |since| time - since))
}
