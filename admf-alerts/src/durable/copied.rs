//! What the disk holds, for somebody who copies it.

use std::mem;

use super::Durable;
use crate::notify::Changes;

impl Durable {
    /// Notes what changes, beginning with all there is, until [`copy_no_more`](Self::copy_no_more).
    #[cfg(all(feature = "leader", feature = "service"))]
    pub(crate) fn copy_all(&mut self, now: std::time::Duration) {
        self.copied = Some(Changes::default());
        self.notifier.forget_changes();
        self.save(now);
    }

    #[cfg(all(feature = "leader", feature = "service"))]
    pub(crate) fn copy_no_more(&mut self) {
        self.copied = None;
    }

    pub(super) fn copy(&mut self, changes: &Changes) {
        if let Some(copied) = &mut self.copied {
            copied.add(changes.clone());
        }
    }

    /// Says whether something changed that has to be known elsewhere soon.
    pub(crate) fn is_urgent(&self) -> bool {
        let urgent = |it: &Changes| !it.whole && it.is_urgent();
        self.copied.as_ref().is_some_and(urgent)
    }

    /// Returns what changed since the last time; `None`: nothing, or nobody copies.
    pub(crate) fn take_copied(&mut self) -> Option<Changes> {
        self.copied.as_ref()?;
        // What the disk could not take is not noted as changed.
        if self.failing.is_some() {
            let all = self.notifier.take_changes();
            self.copy(&all);
            self.notifier.forget_changes();
        }
        let taken = mem::take(self.copied.as_mut()?);
        (!taken.is_empty()).then_some(taken)
    }
}
