//! Word that a retry gave up, for whoever is further out on the same call.
//!
//! It goes by the thread that runs the step, and so leaves the type of the error alone: the one
//! further out listens while it polls the one further in.

use std::cell::Cell;

use super::Cause;

/// A run of attempts that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GivenUp {
    /// Number of attempts that were sent.
    pub attempts: u32,
    /// Why there was no other.
    pub cause: Cause,
}

thread_local!(static TOLD: Cell<Option<GivenUp>> = const { Cell::new(None) });

/// Runs `step`, such as one poll of a call, and says which retry gave up in there: the innermost
/// where several lie within one another, the last of several beside one another.
///
/// It is heard on the thread of `step` alone: what is spawned there is another call, and so is what a
/// buffer carries to its worker.
///
/// ```
/// use resilience_core::{Ask, Env, Hint, Outcome, Retry};
/// use resilience_core::retry::{Cause, GivenUp, listen};
///
/// let retry = Retry::new("quotes", Default::default(), &Env::default())?;
/// let mut attempts = retry.start(&Ask::default())?;
/// let (wait, told) = listen(|| attempts.next(Outcome::Failure, false, Hint::DoNotRetry));
/// assert_eq!((wait, told), (None, Some(GivenUp { attempts: 1, cause: Cause::DoNotRetry })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub fn listen<T>(step: impl FnOnce() -> T) -> (T, Option<GivenUp>) {
    let outside = set(None);
    let out = step();
    (out, set(outside))
}

/// Tells whoever listens next to this thread's step that a retry gave up.
#[inline]
pub(super) fn tell(told: GivenUp) {
    set(Some(told));
}

/// Sets what the step has told so far, and returns what it was.
#[inline]
fn set(told: Option<GivenUp>) -> Option<GivenUp> {
    // A thread that is going listens no more.
    TOLD.try_with(|it| it.replace(told)).unwrap_or(None)
}
