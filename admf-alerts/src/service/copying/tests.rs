//! What is copied before it is told.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::*;
use crate::notify::State;
use crate::service::tests::{Place, post};

const WHILE: Duration = Duration::from_secs(30);

/// Writes as often as it may, and knows what was written.
#[derive(Clone)]
struct Slow {
    may: Arc<Semaphore>,
    written: Arc<Mutex<(State, u32)>>,
}

impl Slow {
    fn new() -> Self {
        Self {
            may: Arc::new(Semaphore::new(0)),
            written: Arc::default(),
        }
    }
}

impl Copies for Slow {
    async fn write(&mut self, changes: Changes) -> Result<(), String> {
        let may = self.may.acquire().await;
        may.map_err(|_| "it is gone".to_owned())?.forget();
        let mut written = self.written.lock();
        written.0.apply(changes);
        written.1 += 1;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_before_it_is_written_elsewhere_and_what_came_of_it_after() {
    let place = Place::new();
    let (service, copies) = (place.open(), Slow::new());
    service.state().durable.copy_all(service.now());
    let end = Some(service.now() + WHILE * 1_000);
    post(&service, "Down", end);
    let story = async {
        sleep(WHILE).await;
        assert!(place.told().is_empty(), "it is not written");
        // What comes meanwhile is one more write, and not many.
        for name in ["Slow", "Wet", "Cold"] {
            post(&service, name, end);
        }
        copies.may.add_permits(1);
        sleep(WHILE).await;
        assert_eq!(place.told(), ["firing"]);
        assert_eq!(copies.written.lock().0.owed.len(), 1);
        copies.may.add_permits(1);
        sleep(WHILE).await;
        assert_eq!(place.told().len(), 4);
        // That the first has arrived goes with the next write, which nobody allows yet.
        assert_eq!(copies.written.lock().0.owed.len(), 4);
        copies.may.add_permits(100);
        sleep(WHILE).await;
        let (known, writes) = copies.written.lock().clone();
        assert_eq!((known.owed.len(), known.log.len()), (0, 4));
        assert!(writes < 10, "{writes}");
    };
    let ran = service.run_copying(story, Some(copies.clone())).await;
    assert_eq!(ran, Ok(()));
    let known = service.look(|it, _| it.state());
    let text = |state: &State| serde_json::to_string(state).expect("it can be written");
    assert_eq!(text(&copies.written.lock().0), text(&known));
}

#[tokio::test(start_paused = true)]
async fn who_cannot_write_tells_nobody_and_ends() {
    let place = Place::new();
    let (service, copies) = (place.open(), Slow::new());
    service.state().durable.copy_all(service.now());
    post(&service, "Down", Some(service.now() + WHILE));
    copies.may.close();
    let run = service.run_copying(sleep(WHILE * 2), Some(copies));
    let ended = timeout(WHILE, run).await;
    assert_eq!(ended, Ok(Err("it is gone".to_owned())));
    assert!(place.told().is_empty());
    // The next run tells.
    service.state().durable.copy_no_more();
    service.run(sleep(WHILE / 2)).await;
    assert_eq!(place.told(), ["firing"]);
}
