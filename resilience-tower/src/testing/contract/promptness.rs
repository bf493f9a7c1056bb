//! When a layer answers, and what it does meanwhile.

use std::sync::Arc;
use std::task::Poll;

use resilience_core::CallError;
use tokio::runtime::Handle;
use tokio::task::yield_now;
use tower_service::Service;

use super::drive::{Driven, Wakes, call, poll_ready, ready, tick};
use super::{Breach, Case, Subject};
use crate::testing::{Probe, Step};

/// Checks that a policy that refuses answers at once though the inner service is pending, and that
/// such a refusal stays one, taking nothing, even where the policy has changed its mind since.
///
/// # Errors
///
/// Returns a breach where the refusal waits or is none. A layer that never refuses keeps it.
pub async fn a_refusal_answers_while_the_inner_service_is_pending<L: Subject>(
    case: &impl Fn() -> Case<L>,
) -> Result<(), Breach> {
    for changes in [false, true] {
        let (case, probe) = (case(), Probe::default());
        let Some(refuse) = &case.refuse else {
            return Ok(());
        };
        let mut service = case.layer.layer(probe.clone());
        probe.set_pending(true);
        refuse(true);
        let ready = poll_ready(&mut service, &Arc::default());
        Breach::unless(
            matches!(ready, Poll::Ready(Ok(()))),
            "a refusal waits for the inner service to be ready",
        )?;
        refuse(!changes);
        let mut refused = Driven::new(service.call(7));
        match refused.poll() {
            Poll::Ready(answer) => Breach::unless(
                answer.is_err_and(|error| error.rejected().is_some()),
                "a refusal that was promised is not given",
            )?,
            // It may wait its turn instead, but not for what refuses.
            Poll::Pending => Breach::unless(changes, "a refusal is not given at once")?,
        }
        drop(refused);
        Breach::unless(
            probe.calls() == 0 && case.rests(&probe),
            "a refusal has taken something",
        )?;
    }
    Ok(())
}

/// Checks that a layer that waits for its inner service sleeps until that wakes it, and is then done
/// with one more poll.
///
/// # Errors
///
/// Returns a breach where it wakes itself, is not woken, or polls more often.
pub async fn a_wait_is_polled_at_most_twice<L: Subject>(
    case: &impl Fn() -> Case<L>,
) -> Result<(), Breach> {
    let case = case();
    let probe = Probe::new([Step::Wait]);
    let mut service = case.layer.layer(probe.clone());

    probe.set_pending(true);
    let wakes = Arc::default();
    if poll_ready(&mut service, &wakes).is_pending() {
        sleeps_until_woken(&wakes, || probe.set_pending(false)).await?;
        let ready = poll_ready(&mut service, &wakes).is_ready();
        Breach::unless(ready, "a service that was woken is not ready")?;
    }
    probe.set_pending(false);
    ready(&mut service).await?;

    let mut driven = Driven::new(service.call(7));
    Breach::unless(driven.poll().is_pending(), "an answer comes from nowhere")?;
    let wakes = driven.wakes.clone();
    sleeps_until_woken(&wakes, || probe.release()).await?;
    let done = driven.poll().is_ready();
    Breach::unless(done, "a call that was woken for its answer has none")?;
    let polls = probe.most_polls();
    Breach::unless(polls <= 2, format!("one wait was polled {polls} times"))
}

async fn sleeps_until_woken(wakes: &Arc<Wakes>, wake: impl Fn()) -> Result<(), Breach> {
    for _ in 0..3 {
        tick().await;
    }
    Breach::unless(
        wakes.count() == 0,
        "a wait woke itself though nothing had happened",
    )?;
    wake();
    Breach::unless(
        wakes.count() > 0,
        "a wait is not woken by what it waits for",
    )
}

/// Checks that a layer does its work in the caller's task.
///
/// # Errors
///
/// Returns a breach where there are more tasks during or after a call than before.
pub async fn it_spawns_nothing<L: Subject>(case: &impl Fn() -> Case<L>) -> Result<(), Breach> {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let probe = Probe::new([Step::Fail("down")]).yielding();
    let mut service = case().layer.layer(probe);
    let mut driven = call::<L>(&mut service, 7).await?;
    let pending = driven.poll().is_pending();
    let spawned = "a layer has spawned a task";
    Breach::unless(tasks() <= before, spawned)?;
    if pending {
        let _ = driven.finish().await?;
    }
    Breach::unless(tasks() <= before, spawned)
}

/// Checks that calls get through where the inner service is a [`tower::buffer`] of one place, which
/// deadlocks over layers that keep a place which they do not use.
///
/// # Errors
///
/// Returns a breach where a call hangs or fails.
pub async fn it_works_over_a_buffer<L: Subject>(case: &impl Fn() -> Case<L>) -> Result<(), Breach> {
    let probe = Probe::default().yielding().buffered(1);
    let mut service = case().layer.layer(probe.clone());
    for _ in 0..3 {
        let mut clone = service.clone();
        let first = call::<L>(&mut service, 1).await?;
        let second = call::<L>(&mut clone, 2);
        let (first, second) = (first.finish().await?, second.await?.finish().await?);
        Breach::unless(
            first.is_ok() && second.is_ok(),
            "a call over a buffer fails",
        )?;
    }
    yield_now().await;
    Breach::unless(
        !probe.was_called_unready(),
        "a buffered service was called that was not made ready",
    )
}
