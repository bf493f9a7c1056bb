//! `/metrics`: one render at a time, on a thread that may be held up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::{JoinError, spawn_blocking};

use super::encoding::packed;
use crate::exporter::Exporter;

/// Renders for scrapes, which take turns. Clones share the turns.
///
/// A render takes milliseconds, hooks and locks of others included, and would hold up every other task of
/// its thread; so it has one of its own. However many ask, at most one is used: the others wait without
/// a thread, and whoever asked before a render began shares what it gave.
#[derive(Clone, Debug)]
pub(super) struct Scrapes {
    shared: Arc<Shared>,
    turn: Arc<Mutex<Option<Rendered>>>,
}

#[derive(Debug)]
struct Shared {
    exporter: Exporter,
    /// The number of the last scrape that was asked for.
    asked: AtomicU64,
    /// One more for each scrape that waits for its turn.
    waiting: Arc<()>,
}

/// What one render gave.
#[derive(Clone, Debug)]
pub(super) struct Rendered {
    pub(super) body: Bytes,
    pub(super) packed: bool,
    /// Whether whoever it was for takes gzip.
    gzip: bool,
    /// Scrapes up to this number had been asked for when it began.
    serves: u64,
}

impl Scrapes {
    pub(super) fn new(exporter: Exporter) -> Self {
        let shared = Shared {
            exporter,
            asked: AtomicU64::new(0),
            waiting: Arc::default(),
        };
        Self {
            shared: Arc::new(shared),
            turn: Arc::default(),
        }
    }

    /// Returns a render that began after this was called.
    ///
    /// # Errors
    ///
    /// It panicked, or the runtime ends.
    ///
    /// # Cancel safety
    ///
    /// Dropping it while it waits for its turn leaves nothing behind; later, the render that it began
    /// goes on to its end, and keeps the turn until then.
    pub(super) async fn next(&self, gzip: bool) -> Result<Rendered, JoinError> {
        let waits = Arc::clone(&self.shared.waiting);
        let number = self.shared.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let turn = Arc::clone(&self.turn).lock_owned().await;
        drop(waits);
        if let Some(last) = turn.as_ref()
            && last.serves >= number
            && last.gzip == gzip
        {
            return Ok(last.clone());
        }
        let shared = Arc::clone(&self.shared);
        // The turn goes along: it ends with the render, not with a client that went away.
        spawn_blocking(move || shared.render(turn, gzip)).await
    }
}

impl Shared {
    fn render(&self, mut turn: OwnedMutexGuard<Option<Rendered>>, gzip: bool) -> Rendered {
        // What was kept is of no use to anybody any more.
        *turn = None;
        let serves = self.asked.load(Ordering::SeqCst);
        let (body, packed) = packed(self.exporter.scrape().into_bytes(), gzip);
        let rendered = Rendered {
            body: body.into(),
            packed,
            gzip,
            serves,
        };
        if Arc::strong_count(&self.waiting) > 1 {
            *turn = Some(rendered.clone());
        }
        rendered
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as Lock;
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::task::JoinSet;

    use super::*;
    use crate::{Catalogue, Exporter};

    /// Scrapes whose renders tell that they began, and end when they are let.
    fn held() -> (
        Scrapes,
        tokio::sync::mpsc::UnboundedReceiver<u64>,
        mpsc::Sender<()>,
    ) {
        let exporter = Exporter::local(Catalogue::new([]).unwrap());
        let (began, begins) = tokio::sync::mpsc::unbounded_channel();
        let (let_go, may) = mpsc::channel();
        let (may, number) = (Lock::new(may), AtomicU64::new(0));
        exporter.meter().on_scrape(move |_| {
            began.send(number.fetch_add(1, Ordering::SeqCst)).unwrap();
            may.lock().unwrap().recv().unwrap();
        });
        (Scrapes::new(exporter), begins, let_go)
    }

    #[tokio::test]
    async fn a_flood_of_scrapes_is_two_renders_one_after_the_other() {
        let (scrapes, mut begins, let_go) = held();
        let mut asked = JoinSet::new();
        let first = scrapes.clone();
        asked.spawn(async move { first.next(false).await.unwrap() });
        assert_eq!(begins.recv().await, Some(0));
        for _ in 0..1000 {
            let one = scrapes.clone();
            asked.spawn(async move { one.next(false).await.unwrap() });
        }
        while Arc::strong_count(&scrapes.shared.waiting) < 1 + 1000 {
            tokio::task::yield_now().await;
        }
        // Nobody renders beside the one that does.
        assert!(begins.try_recv().is_err());
        let_go.send(()).unwrap();
        assert_eq!(begins.recv().await, Some(1));
        let_go.send(()).unwrap();
        assert_eq!(asked.join_all().await.len(), 1001);
        assert!(begins.try_recv().is_err(), "what the second gave is shared");
        assert!(scrapes.turn.lock().await.is_some());
        let_go.send(()).unwrap();
        scrapes.next(false).await.unwrap();
        assert_eq!(begins.recv().await, Some(2), "a later one gets nothing old");
        assert!(scrapes.turn.lock().await.is_none(), "nobody waited");
    }

    #[tokio::test]
    async fn who_takes_another_encoding_shares_no_render() {
        let (scrapes, mut begins, let_go) = held();
        (0..3).for_each(|_| let_go.send(()).unwrap());
        let (plain, gzip, again) =
            tokio::join!(scrapes.next(false), scrapes.next(true), scrapes.next(true));
        assert!(
            [plain, gzip, again]
                .iter()
                .all(|it| !it.as_ref().unwrap().body.is_empty())
        );
        let mut renders = 0;
        while begins.try_recv().is_ok() {
            renders += 1;
        }
        assert_eq!(renders, 2);
    }

    #[tokio::test]
    async fn clients_that_go_away_leave_one_render_behind_and_no_more() {
        let (scrapes, mut begins, let_go) = held();
        let mut asked = JoinSet::new();
        for _ in 0..100 {
            let one = scrapes.clone();
            asked.spawn(async move { one.next(false).await.map(drop) });
        }
        assert_eq!(begins.recv().await, Some(0));
        asked.shutdown().await;
        let waits = scrapes.next(false);
        tokio::pin!(waits);
        // The render of the one that went away still has the turn.
        assert!(
            tokio::time::timeout(Duration::ZERO, waits.as_mut())
                .await
                .is_err()
        );
        assert!(begins.try_recv().is_err());
        (0..2).for_each(|_| let_go.send(()).unwrap());
        waits.await.unwrap();
        assert_eq!(begins.try_recv(), Ok(1));
        assert!(begins.try_recv().is_err());
    }
}
