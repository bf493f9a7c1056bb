mod concurrent;
#[cfg(not(loom))]
mod config;
#[cfg(not(loom))]
mod gcra;
#[cfg(not(loom))]
mod model;
#[cfg(not(loom))]
mod queue;
#[cfg(not(loom))]
mod quota;
#[cfg(not(loom))]
mod reconfigure;
#[cfg(not(loom))]
mod windows;

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::*;
#[cfg(not(loom))]
use crate::Turn;
use crate::{ManualClock, Time};

const SECOND: Duration = Duration::from_secs(1);
#[cfg(not(loom))]
const NANO: Duration = Duration::from_nanos(1);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A limiter with a second's `permits`, and waits as long as anybody likes.
fn gcra(permits: u32, burst: u32) -> RateLimiterConfig {
    RateLimiterConfig {
        permits,
        per: SECOND,
        burst: Some(burst),
        max_wait: Some(Duration::MAX),
        ..Default::default()
    }
}

fn limiter(config: RateLimiterConfig) -> (RateLimiter, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let limiter = RateLimiter::new("test", config, &env).expect("the config is valid");
    (limiter, clock)
}

fn take(limiter: &RateLimiter, cost: u32) -> Result<Ticket, Rejected> {
    limiter.try_acquire(&Ask::default().cost(cost))
}

/// Takes and says how long to wait if refused, `None` where the cost never fits.
fn wait(limiter: &RateLimiter, cost: u32) -> Result<(), Option<Duration>> {
    let taken = take(limiter, cost);
    taken.map(drop).map_err(|refused| refused.retry_after())
}

fn enqueue(limiter: &RateLimiter, cost: u32) -> RateLimiterTurn {
    let turn = limiter.enqueue(&Ask::default().cost(cost));
    turn.expect("everybody may wait")
}

/// Says whether a wait has ended for its deadline.
fn in_vain(turn: &mut RateLimiterTurn) -> bool {
    let polled = Pin::new(turn).poll(&mut Context::from_waker(Waker::noop()));
    matches!(polled, Poll::Ready(Err(Rejected::DeadlinePassed(_))))
}

fn poll(turn: &mut RateLimiterTurn) -> Option<Ticket> {
    match Pin::new(turn).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(ticket) => Some(ticket.expect("a wait ends with a ticket")),
        Poll::Pending => None,
    }
}
