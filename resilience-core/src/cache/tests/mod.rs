use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::*;
use crate::{Failed, ManualClock};

mod bounds;
mod concurrent;
mod config;
mod fetch;
mod flights;
mod model;
mod rules;

const SECOND: Duration = Duration::from_secs(1);

type Quotes = Cache<&'static str, u32>;
type Fetched = Result<u32, Failed<&'static str>>;

fn quotes(config: CacheConfig) -> (Quotes, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let cache = Cache::new("quotes", config, &env).expect("the config is valid");
    (cache, clock)
}

/// Fresh for 10 s, stale while one refreshes for 5 s, stale on errors for 20 s.
fn aging() -> CacheConfig {
    CacheConfig {
        ttl: 10 * SECOND,
        stale_while_revalidate: 5 * SECOND,
        stale_if_error: 20 * SECOND,
        ..Default::default()
    }
}

/// A waker that counts.
#[derive(Debug, Default)]
struct Woken(AtomicUsize);

impl Woken {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future that is polled by hand.
struct Driven<'f, T> {
    future: Pin<Box<dyn Future<Output = T> + 'f>>,
    woken: Arc<Woken>,
}

impl<'f, T> Driven<'f, T> {
    fn new(future: impl Future<Output = T> + 'f) -> Self {
        Self {
            future: Box::pin(future),
            woken: Arc::default(),
        }
    }

    fn poll(&mut self) -> Poll<T> {
        let waker = Waker::from(self.woken.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

/// Runs a call that nothing wakes.
fn now<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(out) => out,
        Poll::Pending => panic!("it waits"),
    }
}

fn lead(cache: &Quotes, key: &'static str) -> Lead<&'static str, u32> {
    match cache.begin(&key) {
        Begun::Lead(lead) => lead,
        begun => panic!("{begun:?}"),
    }
}

fn follow(cache: &Quotes, key: &'static str) -> Follow<&'static str, u32> {
    match cache.begin(&key) {
        Begun::Follow(follow) => follow,
        begun => panic!("{begun:?}"),
    }
}
