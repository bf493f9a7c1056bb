//! What others go on from once this process is gone.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use super::AlertService;
use super::channels::Channel;
use crate::notify::{Changes, Delivery};

/// How long what others were posted too may wait to be copied.
const PACE: Duration = Duration::from_secs(1);

/// Keeps a copy of what a service knows where the next process finds it.
pub(super) trait Copies {
    /// Writes what changed.
    ///
    /// # Errors
    ///
    /// Says why it is not known to be written: nothing may be sent any more.
    fn write(&mut self, changes: Changes) -> impl Future<Output = Result<(), String>> + Send;
}

/// Nobody goes on but who has the file.
pub(super) enum Nobody {}

impl Copies for Nobody {
    async fn write(&mut self, _: Changes) -> Result<(), String> {
        match *self {}
    }
}

/// A delivery, and by what.
pub(super) type Ready = (Option<Arc<Channel>>, Delivery);

/// Deliveries that wait until they are noted where the next process finds it.
pub(super) struct Copying<C> {
    /// Who copies; `None` while it writes.
    to: Option<C>,
    copies: bool,
    /// What is due and not written.
    pub(super) due: Vec<Ready>,
    /// What is being written.
    held: Vec<Ready>,
    began: Option<Duration>,
}

impl<C: Copies> Copying<C> {
    pub(super) fn new(to: Option<C>) -> Self {
        Self {
            copies: to.is_some(),
            to,
            due: Vec::new(),
            held: Vec::new(),
            began: None,
        }
    }

    /// Returns what may be sent, as it need not be written.
    pub(super) fn unheld(&mut self) -> Vec<Ready> {
        match self.copies {
            true => Vec::new(),
            false => std::mem::take(&mut self.due),
        }
    }

    /// Begins to write, if it is time and nothing is being written.
    pub(super) fn begin(
        &mut self,
        service: &AlertService,
        last: bool,
    ) -> Option<impl Future<Output = (C, Result<(), String>)> + use<C>> {
        self.to.as_ref()?;
        let mut state = service.state();
        let now = service.now();
        let waited = self
            .began
            .is_none_or(|it| now.saturating_sub(it) >= PACE || now < it);
        if !(last || waited || !self.due.is_empty() || state.durable.is_urgent()) {
            return None;
        }
        let changes = state.durable.take_copied();
        if changes.is_none() && self.due.is_empty() {
            return None;
        }
        drop(state);
        self.began = Some(now);
        self.held = std::mem::take(&mut self.due);
        let mut to = self.to.take()?;
        Some(async move {
            let written = to.write(changes.unwrap_or_default()).await;
            (to, written)
        })
    }

    /// Returns what may be sent since it is written.
    pub(super) fn written(&mut self, to: C) -> Vec<Ready> {
        self.to = Some(to);
        std::mem::take(&mut self.held)
    }

    /// How long may be slept, if nothing happens for `wait`.
    pub(super) fn nap(&self, wait: Duration) -> Duration {
        match self.copies {
            true => wait.min(PACE),
            false => wait,
        }
    }
}
