//! The calls that are let through half-open, and what they found.

use std::collections::BTreeMap;
use std::time::Duration;

use super::config::Rules;
use super::records::Trip;
use crate::clock::nanos;
use crate::window::{Mark, reaches};
use crate::{Outcome, Time};

/// The probes of one half-open stay.
#[derive(Debug, Default)]
pub(super) struct Probes {
    counted: u32,
    failed: u32,
    slow: u32,
    next: u32,
    /// The calls that have not come back, in order of admission.
    out: BTreeMap<u32, Probe>,
}

#[derive(Debug)]
struct Probe {
    admitted: Time,
    pending_since: Option<Time>,
}

/// What the probes say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Healthy,
    Sick,
}

impl Probes {
    /// Says whether a place is free.
    pub(super) fn has_room(&self, rules: &Rules) -> bool {
        let taken = self.out.len() as u64 + u64::from(self.counted);
        taken < rules.config.probes.into()
    }

    /// Lends a place, which must be free, and returns its number.
    pub(super) fn lend(&mut self, now: Time) -> u32 {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let probe = Probe {
            admitted: now,
            pending_since: None,
        };
        self.out.insert(number, probe);
        number
    }

    /// Learns since when the call of a probe is pending.
    pub(super) fn pending(&mut self, number: u32, since: Time) {
        if let Some(probe) = self.out.get_mut(&number) {
            probe.pending_since = Some(since);
        }
    }

    /// Counts the first call as failed that did not come back in time, and as slow if it is; says
    /// whether there was one.
    pub(super) fn expire_one(&mut self, now: Time, rules: &Rules) -> bool {
        let is_late = |probe: &Probe| now.since(probe.admitted) >= rules.config.probe_timeout;
        let Some((&number, probe)) = self.out.iter().find(|(_, it)| is_late(it)) else {
            return false;
        };
        let held = probe
            .pending_since
            .map_or(Duration::ZERO, |it| now.since(it));
        self.settle(number, Outcome::Failure, nanos(held) > rules.slow_call);
        true
    }

    /// Counts what a probe found; an ignored one gives its place back.
    pub(super) fn settle(&mut self, number: u32, outcome: Outcome, slow: bool) {
        if self.out.remove(&number).is_none() || outcome == Outcome::Ignored {
            return;
        }
        let mark = Mark {
            failed: outcome == Outcome::Failure,
            slow,
        };
        self.counted += 1;
        self.failed += u32::from(mark.failed);
        self.slow += u32::from(mark.slow);
    }

    /// Returns the verdict as soon as it cannot change, whatever the probes that are left find.
    ///
    /// Until then fewer results are in than there are places, so a place is free or will expire.
    pub(super) fn verdict(&self, rules: &Rules) -> Option<Verdict> {
        let (failures, slow) = match rules.trip {
            Trip::Consecutive(_) => (Some(1), None),
            Trip::Rates { failures, slow } => {
                let least =
                    |rate: Option<f64>| rate.map(|rate| least_reaching(rate, rules.config.probes));
                (least(failures), least(slow))
            }
        };
        let left = rules.config.probes.saturating_sub(self.counted);
        let reached = |count: u32, most: Option<u32>| most.is_some_and(|most| count >= most);
        if reached(self.failed, failures) || reached(self.slow, slow) {
            Some(Verdict::Sick)
        } else if reached(self.failed.saturating_add(left), failures)
            || reached(self.slow.saturating_add(left), slow)
        {
            None
        } else {
            Some(Verdict::Healthy)
        }
    }
}

/// Returns the least number whose share of `whole`, at least 1, reaches `rate`, at most 1.
fn least_reaching(rate: f64, whole: u32) -> u32 {
    // The product is off by less than one either way; the quotient decides.
    let near = (rate * f64::from(whole)) as u32;
    let candidates = near.saturating_sub(1).max(1)..whole;
    candidates
        .into_iter()
        .find(|&it| reaches(it.into(), whole.into(), rate))
        .unwrap_or(whole)
}
