//! Threads that ask for the same key.

use std::sync::Barrier;
use std::sync::atomic::AtomicBool;
use std::thread::{self, Thread};

use super::*;

/// Wakes a thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread.
fn block_on<T>(call: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut call = pin!(call);
    loop {
        match call.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(out) => return out,
            Poll::Pending => thread::park(),
        }
    }
}

/// Is pending once, and wakes itself.
async fn once_around() {
    let mut polled = false;
    std::future::poll_fn(|cx| match std::mem::replace(&mut polled, true) {
        true => Poll::Ready(()),
        false => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

#[test]
fn of_all_threads_one_at_a_time_calls_for_a_key_though_some_give_up() {
    const THREADS: usize = 8;
    const ROUNDS: usize = 200;
    let config = CacheConfig {
        ttl: Duration::ZERO,
        ..Default::default()
    };
    let (cache, _) = quotes(config);
    let (flying, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let start = Barrier::new(THREADS);
    let work = |number: usize| {
        start.wait();
        for round in 0..ROUNDS {
            let fetch = async || {
                let alone = !flying.swap(true, Ordering::SeqCst);
                assert!(alone, "two calls for one key at once");
                calls.fetch_add(1, Ordering::SeqCst);
                let landing = Landing(&flying);
                once_around().await;
                drop(landing);
                Fetched::Ok(7)
            };
            let gives_up = (number + round) % 3 == 0;
            if gives_up {
                let mut call = Driven::new(cache.get_or_fetch(&"a", fetch));
                let _ = call.poll();
            } else {
                assert_eq!(block_on(cache.get_or_fetch(&"a", fetch)), Ok(7));
            }
        }
    };
    thread::scope(|scope| {
        for number in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(number));
        }
    });
    let seen = cache.snapshot();
    assert!(calls.load(Ordering::SeqCst) <= THREADS * ROUNDS);
    assert_eq!(seen.misses, (THREADS * ROUNDS) as u64);
    assert_eq!((cache.0.flights(), seen.entries), (0, 0));
}

/// Marks the end of a call, also of one that is given up.
struct Landing<'f>(&'f AtomicBool);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

#[test]
fn of_threads_that_miss_together_one_calls_while_the_answer_is_fresh() {
    for _ in 0..100 {
        let (cache, _) = quotes(aging());
        let calls = AtomicUsize::new(0);
        let start = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    let fetch = async || {
                        calls.fetch_add(1, Ordering::SeqCst);
                        Fetched::Ok(7)
                    };
                    assert_eq!(block_on(cache.get_or_fetch(&"a", fetch)), Ok(7));
                });
            }
        });
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}
