//! A group at work: its rules, and when they are due.

use std::time::Duration;

use super::alert::AlertEvent;
use super::ask::{Found, Row, millis};
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

    /// Returns the slot to evaluate at `now`, if one is due. What is between it and the last one is missed.
    pub(super) fn due(&mut self, now: Duration) -> Option<Duration> {
        let Some(interval) = self.config.interval else {
            return Some(now);
        };
        let slot = slot(now, interval, self.hash());
        let last = self.slots.last.replace(slot);
        let Some(last) = last else {
            return (slot == now).then_some(now);
        };
        if slot <= last {
            self.slots.last = Some(last);
            return None;
        }
        let passed = (slot - last).as_nanos() / interval.as_nanos();
        let missed = u64::try_from(passed.saturating_sub(1)).unwrap_or(u64::MAX);
        self.slots.missed = self.slots.missed.saturating_add(missed);
        Some(slot)
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
                Some(query) => query(&rule.compiled.rule).map(Found::Rows),
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
