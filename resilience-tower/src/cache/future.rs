//! Future types.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;
use resilience_core::cache::{Follow, Followed, Lead, Lifetime};
use resilience_core::fallback::Rescued;
use resilience_core::{Answer, Cache, Classify, Outcome, Rejected};
use tower_service::Service;

use super::Plan;
use crate::rule::{Refused, Told, tells};
use crate::{Oneshot, Tower};

/// Response future of [`Cached`](super::Cached).
#[pin_project]
pub struct ResponseFuture<S: Service<Req>, Req, F> {
    /// The answer that was there at once.
    answer: Option<S::Response>,
    /// The call, which nobody polls before its turn; `None` where there is none, or no more. It goes
    /// before the flight: who takes that over finds its places free.
    #[pin]
    call: Option<Oneshot<S, Req>>,
    /// Whom it concerns; `None` as the call.
    flight: Option<F>,
}

/// A call, and who waits for it or whom it waits for.
pub struct Flight<K: Hash + Eq, V, R> {
    cache: Cache<K, V>,
    /// Whose answer may stand in for an error.
    key: Option<K>,
    role: Role<K, V>,
    mark: fn(Rescued<V>) -> V,
    keep: fn(&V) -> Option<Lifetime>,
    rule: R,
}

pub(super) enum Role<K: Hash + Eq, V> {
    /// Nobody waits for it.
    Alone,
    /// Others may wait for it.
    Leads(Lead<K, V>),
    /// It waits for the call of another.
    Follows(Follow<K, V>),
}

impl<S: Service<Req>, Req, F> ResponseFuture<S, Req, F> {
    pub(super) const fn answered(answer: S::Response) -> Self {
        Self {
            answer: Some(answer),
            call: None,
            flight: None,
        }
    }

    pub(super) const fn waiting(call: Oneshot<S, Req>, flight: F) -> Self {
        Self {
            answer: None,
            call: Some(call),
            flight: Some(flight),
        }
    }
}

impl<K: Hash + Eq, V, R: Clone> Flight<K, V, R> {
    pub(super) fn new<F>(
        cache: &Cache<K, V>,
        key: Option<K>,
        role: Role<K, V>,
        plan: &Plan<V, F, R>,
    ) -> Self {
        Self {
            cache: cache.clone(),
            key,
            role,
            mark: plan.mark,
            keep: plan.keep,
            rule: plan.rule.clone(),
        }
    }
}

impl<K: Hash + Eq, V, R> Flight<K, V, R> {
    /// Sets whose answer stands in for an error.
    pub(super) fn rescuing(self, key: Option<K>) -> Self {
        Self { key, ..self }
    }

    /// Says whether to make the call now.
    pub(super) fn start(&self) -> bool {
        match &self.role {
            Role::Leads(lead) => lead.start(),
            Role::Alone | Role::Follows(_) => true,
        }
    }
}

impl<K, V, R> Flight<K, V, R>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Waits for the call of another, where that is its role; an answer then needs no call.
    fn poll_turn<E>(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<V, E>>>
    where
        Result<V, E>: Answer<Rejected, Tower>,
    {
        let Role::Follows(follow) = &mut self.role else {
            return Poll::Ready(None);
        };
        let followed = ready!(Pin::new(follow).poll(cx));
        self.role = Role::Alone;
        Poll::Ready(match followed {
            Followed::Landed(value) => Some(Ok(value)),
            Followed::Failed(refused) => Some(match self.rescue() {
                Some(value) => Ok(value),
                None => Answer::answer(self.cache.refusal(refused)),
            }),
            Followed::Lead(lead) => {
                self.role = Role::Leads(lead);
                None
            }
            Followed::Alone => None,
        })
    }

    fn rescue(&self) -> Option<V> {
        let rescued = self.cache.rescue(self.key.as_ref()?)?;
        Some((self.mark)(rescued))
    }

    /// Tells those who wait what the call came to, and replaces what is not good.
    fn settle<Req, E>(&mut self, result: Result<V, E>) -> Result<V, E>
    where
        R: Classify<Req, Result<V, E>>,
        Result<V, E>: Answer<Rejected, Tower>,
    {
        let Told {
            outcome, refused, ..
        } = tells::<Req, _, R>(&self.rule, &result);
        let failed = outcome == Outcome::Failure || refused != Refused::No;
        let lead = match std::mem::replace(&mut self.role, Role::Alone) {
            Role::Leads(lead) => Some(lead),
            Role::Alone | Role::Follows(_) => None,
        };
        if let Some(lead) = lead {
            match &result {
                _ if failed => {
                    let refused = self.rule.rejected(&result).or_else(|| result.rejected());
                    lead.fail(refused);
                }
                Ok(value) if outcome == Outcome::Success => match (self.keep)(value) {
                    Some(lifetime) => lead.land_for(value, lifetime),
                    None => lead.release(),
                },
                _ => lead.release(),
            }
        }
        match failed.then(|| self.rescue()).flatten() {
            Some(value) => Ok(value),
            None => result,
        }
    }
}

impl<S, Req, K, V, R> Future for ResponseFuture<S, Req, Flight<K, V, R>>
where
    S: Service<Req, Response = V>,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    R: Classify<Req, Result<V, S::Error>>,
    Result<V, S::Error>: Answer<Rejected, Tower>,
{
    type Output = Result<V, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(answer) = this.answer.take() {
            return Poll::Ready(Ok(answer));
        }
        let flight = this.flight.as_mut().expect("polled after completion");
        let answer = match ready!(flight.poll_turn(cx)) {
            Some(answer) => answer,
            None => {
                let call = this.call.as_mut().as_pin_mut();
                let result = ready!(call.expect("it is made once").poll(cx));
                flight.settle(result)
            }
        };
        this.call.set(None);
        *this.flight = None;
        Poll::Ready(answer)
    }
}

impl<S: Service<Req>, Req, F> fmt::Debug for ResponseFuture<S, Req, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<K: Hash + Eq, V, R> fmt::Debug for Flight<K, V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight")
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
