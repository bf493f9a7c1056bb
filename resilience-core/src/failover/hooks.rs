//! What the caller does when the active target changes.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::SwitchResult;
use crate::{BoxError, Name};

/// Stops and starts targets when a [`Failover`](super::Failover) switches.
///
/// At each switch `stop` is called with the target that was left and then `start` with the one that
/// became active, whatever `stop` said: once each, one switch after the other, with no lock held, on
/// the thread whose call, check or command made the switch, or on one that is already at it for an
/// earlier switch. The failover's own handle may be used in here. Calls go to the new target from the
/// moment of the switch: who cannot serve before it is started refuses until then.
///
/// There is no runtime to wait in. A hook that has to wait hands the work to a task or a thread of
/// its own, and what it returns tells whether it could.
pub trait Hooks: fmt::Debug + Send + Sync {
    /// Called when `target` was left.
    ///
    /// # Errors
    ///
    /// Returns why it could not be stopped. The text goes into the history, and the switch stands.
    fn stop(&self, target: &Name) -> Result<(), BoxError> {
        let _ = target;
        Ok(())
    }

    /// Called when `target` has become active.
    ///
    /// # Errors
    ///
    /// Returns why it could not be started. The text goes into the history, and the switch stands.
    fn start(&self, target: &Name) -> Result<(), BoxError> {
        let _ = target;
        Ok(())
    }
}

/// Stops `from` and starts `to`.
pub(super) fn run(hooks: &dyn Hooks, from: &Name, to: &Name) -> SwitchResult {
    let errors: Vec<_> = [
        said("stop", from, || hooks.stop(from)),
        said("start", to, || hooks.start(to)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if errors.is_empty() {
        SwitchResult::Success
    } else {
        SwitchResult::Failed(errors.join(", "))
    }
}

/// Runs a hook, and returns what went wrong. A hook that panics has failed.
fn said(verb: &str, target: &Name, hook: impl FnOnce() -> Result<(), BoxError>) -> Option<String> {
    // Its text is the caller's code too.
    let result = catch_unwind(AssertUnwindSafe(|| {
        hook().map_err(|error| error.to_string())
    }));
    match result {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{verb} {target}: {error}")),
        Err(_) => Some(format!("{verb} {target}: the hook panicked")),
    }
}
