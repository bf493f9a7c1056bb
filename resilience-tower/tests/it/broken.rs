//! Each check of the contract finds the layer that breaks it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use resilience_core::{BoxError, BulkheadFull, Name, Rejected};
use resilience_tower::testing::contract::{self, Case};
use resilience_tower::testing::{Probe, ProbeFuture};
use tower_layer::Layer;
use tower_service::Service;

/// What is wrong with a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Calls a fresh clone of what it made ready.
    CallsAClone,
    /// Polls the inner service before it refuses.
    RefusesLate,
    /// Takes a slot when ready, as an idle clone does too.
    HoldsWhenReady,
    /// Gives its slot back only with an answer.
    KeepsWhenDropped,
    /// Gives its slot back only when its future goes.
    KeepsWhenAnswered,
    /// Wakes itself while it waits.
    WakesItself,
    /// Waits without a waker.
    Sleeps,
    /// Answers a failure with a refusal.
    Disguises,
    /// Spawns a task for each call.
    Spawns,
    /// Answers what panicked.
    HidesPanics,
}

#[derive(Clone)]
struct Broken<S = ()> {
    fault: Fault,
    busy: Arc<AtomicUsize>,
    shut: Arc<AtomicBool>,
    inner: S,
}

impl Layer<Probe> for Broken {
    type Service = Broken<Probe>;

    fn layer(&self, inner: Probe) -> Broken<Probe> {
        let Self {
            fault, busy, shut, ..
        } = self.clone();
        Broken {
            fault,
            busy,
            shut,
            inner,
        }
    }
}

impl Service<u64> for Broken<Probe> {
    type Response = u64;
    type Error = BoxError;
    type Future = Call;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.shut.load(Ordering::SeqCst) && self.fault != Fault::RefusesLate {
            return Poll::Ready(Ok(()));
        }
        if self.fault == Fault::HoldsWhenReady {
            self.busy.fetch_add(1, Ordering::SeqCst);
        }
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: u64) -> Call {
        let shut = self.shut.load(Ordering::SeqCst);
        let inner = match self.fault {
            _ if shut => None,
            Fault::CallsAClone => Some(self.inner.clone().call(req)),
            _ => Some(self.inner.call(req)),
        };
        if self.fault == Fault::Spawns {
            #[expect(clippy::disallowed_methods, reason = "it is the fault")]
            tokio::spawn(std::future::pending::<()>());
        }
        let counts = [Fault::KeepsWhenDropped, Fault::KeepsWhenAnswered].contains(&self.fault);
        self.busy.fetch_add(usize::from(counts), Ordering::SeqCst);
        Call {
            fault: self.fault,
            busy: self.busy.clone(),
            inner,
        }
    }
}

struct Call {
    fault: Fault,
    busy: Arc<AtomicUsize>,
    inner: Option<ProbeFuture>,
}

fn refusal() -> BoxError {
    Rejected::from(BulkheadFull::new(Name::from("broken"), 1, 0)).into()
}

impl Future for Call {
    type Output = Result<u64, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let fault = self.fault;
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(Err(refusal()));
        };
        let mut deaf = Context::from_waker(std::task::Waker::noop());
        let polled = match fault {
            Fault::Sleeps => Pin::new(inner).poll(&mut deaf),
            Fault::HidesPanics => {
                let poll = std::panic::AssertUnwindSafe(|| Pin::new(inner).poll(cx));
                std::panic::catch_unwind(poll).unwrap_or(Poll::Ready(Ok(0)))
            }
            _ => Pin::new(inner).poll(cx),
        };
        match (polled, fault) {
            (Poll::Pending, Fault::WakesItself) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            (Poll::Ready(result), Fault::KeepsWhenDropped) => {
                self.busy.fetch_sub(1, Ordering::SeqCst);
                Poll::Ready(result)
            }
            (Poll::Ready(Err(_)), Fault::Disguises) => Poll::Ready(Err(refusal())),
            (polled, _) => polled,
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.fault == Fault::KeepsWhenAnswered {
            self.busy.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn case(fault: Fault) -> Case<Broken> {
    let (busy, shut) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let layer = Broken {
        fault,
        busy: busy.clone(),
        shut: shut.clone(),
        inner: (),
    };
    Case::new(layer)
        .idle(move || busy.load(Ordering::SeqCst) == 0)
        .refuse(move |refuse| shut.store(refuse, Ordering::SeqCst))
}

/// Says that a check finds a fault, and by which words.
macro_rules! finds {
    ($($name:ident: $check:ident, $fault:ident, $words:expr;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let case = || case(Fault::$fault);
            let breach = contract::$check(&case).await.unwrap_err();
            assert!(breach.to_string().contains($words), "{breach}");
            assert!(contract::check(&case).await.is_err());
        }
    )+};
}

finds! {
    a_call_of_a_fresh_clone: the_instance_that_was_ready_is_called, CallsAClone,
        "not made ready";
    a_refusal_that_waits: a_refusal_answers_while_the_inner_service_is_pending, RefusesLate,
        "waits for the inner service";
    a_slot_held_by_an_idle_clone: an_idle_ready_clone_holds_nothing, HoldsWhenReady,
        "idle clone";
    a_slot_kept_by_a_dropped_call: a_call_dropped_at_any_await_point_gives_everything_back,
        KeepsWhenDropped, "after 0 polls";
    a_slot_kept_by_an_answered_call: a_call_dropped_at_any_await_point_gives_everything_back,
        KeepsWhenAnswered, "left something behind";
    a_slot_kept_by_a_panic: an_inner_panic_gives_everything_back, KeepsWhenDropped,
        "ended by Panic";
    a_panic_that_is_hidden: an_inner_panic_gives_everything_back, HidesPanics, "hidden";
    a_wait_that_wakes_itself: a_wait_is_polled_at_most_twice, WakesItself, "woke itself";
    a_wait_that_nobody_ends: a_wait_is_polled_at_most_twice, Sleeps, "not woken";
    a_refusal_of_what_was_sent: the_answer_of_a_sent_attempt_outlives_a_refusal, Disguises,
        "hides";
    a_task_of_its_own: it_spawns_nothing, Spawns, "spawned";
    a_fresh_clone_of_a_buffer: it_works_over_a_buffer, CallsAClone,
        "never ready";
}
