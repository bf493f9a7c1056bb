//! Who is called, and what is given back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use resilience_core::CallError;

use super::drive::{Driven, call, ready, tick};
use super::{Breach, Case, Subject};
use crate::testing::{Probe, Step};

/// How many idle clones starve a small policy that reserves too early.
const IDLE: usize = 16;

/// Checks that an inner service is made ready before each of its calls, retries too, and that no
/// fresh clone of it is called instead.
///
/// # Errors
///
/// Returns a breach where an instance was called that was not ready, or none was.
pub async fn the_instance_that_was_ready_is_called<L: Subject>(
    case: &impl Fn() -> Case<L>,
) -> Result<(), Breach> {
    let steps = [Step::Answer, Step::Fail("down"), Step::Answer];
    let probe = Probe::new(steps).yielding();
    let mut first = case().layer.layer(probe.clone());
    let mut second = first.clone();
    for _ in 0..2 {
        for service in [&mut first, &mut second] {
            // Whether it answers is not what is asked.
            let _ = call::<L>(service, 7).await?.finish().await?;
        }
    }
    Breach::unless(
        !probe.was_called_unready(),
        "an inner service was called that was not made ready",
    )?;
    let calls = probe.calls();
    Breach::unless(
        calls >= 2,
        format!("{calls} of 4 calls came to the inner service"),
    )
}

/// Checks that a call that is dropped, however far it came, leaves nothing behind.
///
/// # Errors
///
/// Returns a breach where the policy or the inner service is not at rest after it.
pub async fn a_call_dropped_at_any_await_point_gives_everything_back<L: Subject>(
    case: &impl Fn() -> Case<L>,
) -> Result<(), Breach> {
    for steps in [&[Step::Answer][..], &[Step::Fail("down"), Step::Answer]] {
        let mut polls = 0;
        while drop_after(polls, steps, &case()).await? {
            polls += 1;
        }
    }
    Ok(())
}

/// Drops a call after so many polls; says whether it was still under way.
async fn drop_after<L: Subject>(
    polls: usize,
    steps: &[Step],
    case: &Case<L>,
) -> Result<bool, Breach> {
    let probe = Probe::new(steps.iter().copied()).yielding();
    let mut service = case.layer.layer(probe.clone());
    let mut driven = call::<L>(&mut service, 7).await?;
    let mut ended = false;
    for _ in 0..polls {
        tick().await;
        ended = driven.poll().is_ready();
        if ended {
            break;
        }
    }
    // What has ended gives back at once, though its future is still there.
    if !ended {
        drop(driven);
    }
    let rests = case.rests(&probe);
    let when = format!("a call dropped after {polls} polls has left something behind");
    Breach::unless(rests, when)?;
    Ok(!ended)
}

/// Checks that a clone that was made ready and is never called keeps nothing from others.
///
/// # Errors
///
/// Returns a breach where idle clones make the policy busy, or another call wait or fail.
pub async fn an_idle_ready_clone_holds_nothing<L: Subject>(
    case: &impl Fn() -> Case<L>,
) -> Result<(), Breach> {
    let (case, probe) = (case(), Probe::default());
    let mut service = case.layer.layer(probe.clone());
    let mut idle: Vec<_> = (0..IDLE).map(|_| service.clone()).collect();
    for service in &mut idle {
        let ready = ready(service).await;
        Breach::unless(
            ready.is_ok(),
            "an idle clone keeps another from being ready",
        )?;
    }
    Breach::unless(
        case.rests(&probe),
        "an idle clone that is ready holds something",
    )?;
    let answer = call::<L>(&mut service, 7).await?.finish().await?;
    Breach::unless(answer.is_ok(), "an idle clone makes another call fail")
}

/// Checks that a call whose inner service panics, when called or polled, leaves nothing behind.
///
/// # Errors
///
/// Returns a breach where the policy or the inner service is not at rest after it.
pub async fn an_inner_panic_gives_everything_back<L: Subject>(
    case: &impl Fn() -> Case<L>,
) -> Result<(), Breach> {
    for step in [Step::PanicInCall, Step::PanicInPoll] {
        let (case, probe) = (case(), Probe::new([step]));
        let mut service = case.layer.layer(probe.clone());
        ready(&mut service).await?;
        let polled = catch_unwind(AssertUnwindSafe(|| {
            use tower_service::Service;
            Driven::new(service.call(7)).poll()
        }));
        Breach::unless(polled.is_err(), "a panic of the inner service is hidden")?;
        Breach::unless(
            case.rests(&probe),
            format!("a call that ended by {step:?} has left something behind"),
        )?;
    }
    Ok(())
}

/// Checks that a call of which something was sent, and failed, does not end with the refusal of a
/// later attempt: nobody may take it for one that was not made.
///
/// # Errors
///
/// Returns a breach where the caller gets the refusal.
pub async fn the_answer_of_a_sent_attempt_outlives_a_refusal<L: Subject>(
    case: &impl Fn() -> Case<L>,
) -> Result<(), Breach> {
    let steps = [Step::Fail("sent")].into_iter();
    let probe = Probe::new(steps.chain([Step::Refuse; 9]));
    let mut service = case().layer.layer(probe);
    let answer = call::<L>(&mut service, 7).await?.finish().await?;
    let refused = answer.is_err_and(|error| error.rejected().is_some());
    Breach::unless(!refused, "a refusal hides that an attempt was sent")
}
