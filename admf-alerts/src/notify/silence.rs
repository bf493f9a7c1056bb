//! Alerts that nobody is told of for a time, since somebody said so.

use std::mem;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::kept::Kept;
use super::state;
use crate::labels::Labels;
use crate::series::Matcher;

/// Declares a silence: from its start to before its end nobody is told of alerts that all its matchers match.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Names it; empty for a new one.
    pub id: String,
    /// At least one, and one of them must not match an empty label.
    #[serde(with = "state::matchers")]
    pub matchers: Vec<Matcher>,
    /// Its start; one in the past is now.
    pub starts_at: Option<Duration>,
    /// Its end, not before its start.
    pub ends_at: Option<Duration>,
    /// When it was last changed.
    pub updated_at: Duration,
    /// Who says so.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// Says where a silence stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SilenceState {
    /// It has not begun.
    Pending,
    /// It keeps alerts quiet.
    Active,
    /// It is over; at its very end it is.
    Expired,
}

impl SilenceState {
    /// Returns it in words: `pending`, `active`, `expired`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Expired => "expired",
        }
    }
}

impl Silence {
    /// Returns its state at `now`.
    #[must_use]
    pub fn state(&self, now: Duration) -> SilenceState {
        if self.starts_at.is_some_and(|start| now < start) {
            return SilenceState::Pending;
        }
        match self.ends_at.is_some_and(|end| now < end) {
            true => SilenceState::Active,
            false => SilenceState::Expired,
        }
    }

    /// Checks it.
    ///
    /// # Errors
    ///
    /// Says in one sentence what is wrong first: no matcher, none that needs a label, a time that is missing, an end
    /// before the start.
    pub fn check(&self) -> Result<(), String> {
        if self.matchers.is_empty() {
            return Err("matcher set 0 is empty: a silence needs a matcher".to_owned());
        }
        if self.matchers.iter().all(|matcher| matcher.is_match("")) {
            return Err("at least one matcher must not match the empty string".to_owned());
        }
        match (self.starts_at, self.ends_at) {
            (None, _) => Err("invalid zero start timestamp".to_owned()),
            (_, None) => Err("invalid zero end timestamp".to_owned()),
            (Some(start), Some(end)) if end < start => {
                Err("end time must not be before start time".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Says whether it may become `new` at `now` under the same id; if not, it ends and `new` is another silence.
    #[must_use]
    pub fn becomes(&self, new: &Self, now: Duration) -> bool {
        let second = |it: Option<Duration>| it.map(|it| it.as_secs());
        let texts = |silence: &Self| -> Vec<String> {
            silence.matchers.iter().map(ToString::to_string).collect()
        };
        texts(self) == texts(new)
            && match self.state(now) {
                SilenceState::Pending => new.starts_at >= Some(now),
                // Whoever changes it may know its start less exactly.
                SilenceState::Active => {
                    second(new.starts_at) == second(self.starts_at) && new.ends_at >= Some(now)
                }
                SilenceState::Expired => false,
            }
    }

    /// Ends it; one that has not begun never does.
    pub fn expire(&mut self, now: Duration) {
        match self.state(now) {
            SilenceState::Pending => (self.starts_at, self.ends_at) = (Some(now), Some(now)),
            SilenceState::Active => self.ends_at = Some(now),
            SilenceState::Expired => return,
        }
        self.updated_at = now;
    }

    pub(super) fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels))
    }
}

/// Holds all silences.
#[derive(Clone, Debug, Default)]
pub struct Silences {
    pub(super) silences: Kept<String, Silence>,
    /// When one was changed that nobody has looked at since.
    pub(super) changed: Option<Duration>,
}

impl Silences {
    /// Adds a silence, or changes the one that has its id; `fresh` makes an id for a new one. Returns the id.
    ///
    /// # Errors
    ///
    /// As [`Silence::check`], or an id that no silence has; then all stays as it was.
    pub fn set(
        &mut self,
        mut silence: Silence,
        now: Duration,
        fresh: impl FnOnce() -> String,
    ) -> Result<String, String> {
        let old = match silence.id.as_str() {
            "" => None,
            id => Some(self.silences.get(id).ok_or("silence not found")?),
        };
        silence.check()?;
        silence.updated_at = now;
        if !old.is_some_and(|old| old.becomes(&silence, now)) {
            silence.starts_at = silence.starts_at.max(Some(now));
            silence.check()?;
            let old = mem::replace(&mut silence.id, fresh());
            if let Some(old) = self.silences.change(&old) {
                old.expire(now);
            }
        }
        self.changed = Some(now);
        let id = silence.id.clone();
        self.silences.insert(id.clone(), silence);
        Ok(id)
    }

    /// Ends a silence.
    ///
    /// # Errors
    ///
    /// An id that no silence has.
    pub fn expire(&mut self, id: &str, now: Duration) -> Result<(), String> {
        let silence = self.silences.change(&id.to_owned());
        silence.ok_or("silence not found")?.expire(now);
        self.changed = Some(now);
        Ok(())
    }

    /// Lists the ids of the silences that keep an alert quiet at `now`.
    pub fn of<'s>(
        &'s self,
        labels: &'s Labels,
        now: Duration,
    ) -> impl Iterator<Item = &'s str> + use<'s> {
        let active = self
            .iter()
            .filter(move |it| it.state(now) == SilenceState::Active);
        active
            .filter(|silence| silence.matches(labels))
            .map(|silence| silence.id.as_str())
    }

    /// Returns a silence.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Silence> {
        self.silences.get(id)
    }

    /// Lists all silences, by id.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Silence> {
        self.silences.values()
    }

    /// Forgets the silences that ended `retention` ago.
    pub fn collect(&mut self, now: Duration, retention: Duration) {
        let kept = |silence: &Silence| {
            let end = silence.ends_at.unwrap_or_default();
            end.saturating_add(retention) > now
        };
        self.silences.retain(|_, silence| kept(silence));
    }
}
