//! A file of policies that changes while they work.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience_core::{Ask, Env, Gate, Policies};
use resilience_tower::Watch;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);

/// A watched file in a folder of its own.
struct Watched {
    folder: TempDir,
    policies: Policies,
    told: Arc<Mutex<Vec<String>>>,
    run: JoinHandle<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.run.abort();
    }
}

fn bulkhead(max_in_flight: u32) -> String {
    format!("[bulkhead.a]\nmax_in_flight = {max_in_flight}\n")
}

impl Watched {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policies.toml");
        fs::write(&path, bulkhead(1)).unwrap();
        let policies = Policies::load(&path, &Env::default()).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let watch = Watch::new(policies.clone(), &path).every(SECOND);
        #[expect(clippy::disallowed_methods, reason = "the caller spawns the watch")]
        let run = tokio::spawn(watch.run(move |applied| {
            let line = applied.map_or_else(|it| it.to_string(), |it| it.to_string());
            heard.lock().unwrap().push(line);
        }));
        Self {
            folder,
            policies,
            told,
            run,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("policies.toml")
    }

    fn write(&self, text: impl AsRef<[u8]>) {
        fs::write(self.path(), text).unwrap();
    }

    fn limit(&self) -> u32 {
        self.policies.bulkhead("a").unwrap().config().max_in_flight
    }

    /// Waits until the watch has seen what is there now, and returns what it told.
    async fn told(&self) -> Vec<String> {
        sleep(SECOND * 3).await;
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_is_applied_and_told_once_and_what_is_in_force_is_not() {
    let watched = Watched::new();
    assert_eq!(watched.told().await, [""; 0]);
    let permit = watched.policies.bulkhead("a").unwrap();
    let permit = permit.permit(&Ask::default()).unwrap();
    watched.write(bulkhead(2));
    assert_eq!(watched.told().await, ["changed bulkhead.a"]);
    assert_eq!(watched.limit(), 2);
    let in_flight = watched.policies.bulkhead("a").unwrap().snapshot().in_flight;
    assert_eq!(in_flight, 1);
    drop(permit);
    assert_eq!(watched.told().await, [""; 0]);
    // The same again, with another comment.
    watched.write(format!("# mine\n{}", bulkhead(2)));
    assert_eq!(watched.told().await, ["nothing changed"]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_file_is_told_once_and_the_next_good_one_is_applied() {
    let watched = Watched::new();
    watched.write(bulkhead(0));
    let line = "bulkhead.a: `max_in_flight` must be at least 1, is 0";
    let place = format!("{}:2: {line}", watched.path().display());
    assert_eq!(watched.told().await, [&*place]);
    assert_eq!(watched.told().await, [""; 0]);
    assert_eq!(watched.limit(), 1);
    for bad in [&b"[[["[..], b"\xff\xfe", &[b'#'; (1 << 20) + 1]] {
        watched.write(bad);
        assert_eq!(watched.told().await.len(), 1);
    }
    watched.write(bulkhead(3));
    assert_eq!(watched.told().await, ["changed bulkhead.a"]);
    watched.write(bulkhead(0));
    assert_eq!(watched.told().await, [place]);
}

#[tokio::test(start_paused = true)]
async fn a_file_may_be_renamed_over_the_old_one_and_be_missing_for_a_moment() {
    let watched = Watched::new();
    let new = watched.folder.path().join("new.toml");
    fs::write(&new, bulkhead(2)).unwrap();
    fs::rename(&new, watched.path()).unwrap();
    assert_eq!(watched.told().await, ["changed bulkhead.a"]);

    // Missing at some looks, and back at the ones that follow a tenth of a second later.
    for _ in 0..50 {
        fs::remove_file(watched.path()).unwrap();
        sleep(SECOND * 7 / 100).await;
        watched.write(bulkhead(2));
        sleep(SECOND * 14 / 100).await;
    }
    assert_eq!(watched.told().await, [""; 0]);

    fs::remove_file(watched.path()).unwrap();
    let missing = watched.told().await;
    assert_eq!(missing.len(), 1);
    assert!(missing[0].starts_with(&watched.path().display().to_string()));
    assert_eq!(watched.limit(), 2, "what is in force stays");
    watched.write(bulkhead(2));
    assert_eq!(watched.told().await, ["nothing changed"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_half_written_at_a_look_is_not_applied() {
    let watched = Watched::new();
    assert_eq!(watched.told().await, [""; 0]);
    // Each look finds another half of it, all of which could be read: by the first of them the policy
    // would be gone.
    for half in [
        "",
        "[bulkhead.a]\n",
        "[bulkhead.a]\nmax_in_flight = 5",
        "# done",
    ] {
        watched.write(half);
        sleep(SECOND / 10).await;
    }
    watched.write(bulkhead(55));
    assert_eq!(watched.told().await, ["changed bulkhead.a"]);
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_link_that_moves_is_followed() {
    let watched = Watched::new();
    let folder = watched.folder.path();
    for (name, limit) in [("one", 4), ("two", 5)] {
        fs::write(folder.join(name), bulkhead(limit)).unwrap();
        let link = folder.join("link");
        std::os::unix::fs::symlink(folder.join(name), &link).unwrap();
        fs::rename(&link, watched.path()).unwrap();
        assert_eq!(watched.told().await, ["changed bulkhead.a"]);
        assert_eq!(watched.limit(), limit);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_whose_future_is_dropped_ends() {
    let watched = Watched::new();
    assert_eq!(watched.told().await, [""; 0]);
    watched.run.abort();
    watched.write(bulkhead(9));
    assert_eq!(watched.told().await, [""; 0]);
    assert_eq!(watched.limit(), 1);
}
