//! Who leads, by a file and on a driven clock.

use std::fs;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, advance, timeout};

use super::*;

/// Long enough for many looks, on a clock that runs by itself where all wait.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_second_handle_waits_until_the_first_gives_up_and_then_leads() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("leader.lock");
    let (first, second) = (Leader::file(&path), Leader::file(&path));
    let leadership = first.lead().await;
    let mut waits = pin!(second.lead());
    assert!(timeout(LONG, waits.as_mut()).await.is_err());
    assert_eq!(second.problem(), None);
    drop(leadership);
    let began = Instant::now();
    let mut leadership = waits.await;
    assert!(began.elapsed() <= EVERY);
    assert!(timeout(LONG, leadership.lost()).await.is_err());
    assert!(timeout(LONG, first.lead()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn who_no_longer_waits_holds_nothing() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("leader.lock");
    let (first, second) = (Leader::file(&path), Leader::file(&path));
    let leadership = first.lead().await;
    assert!(timeout(LONG, second.lead()).await.is_err());
    drop(leadership);
    assert!(timeout(LONG, first.lead()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_removed_or_replaced_is_a_lock_no_more() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("leader.lock");
    let leader = Leader::file(&path);
    let mut removed = leader.lead().await;
    fs::remove_file(&path).expect("it is there");
    let mut replaced = leader.lead().await;
    let why = removed.lost().await;
    assert!(
        why.ends_with("leader.lock: another file is there now"),
        "{why}"
    );
    // It stays lost.
    assert_eq!(removed.lost().await, why);
    fs::remove_file(&path).expect("it is there");
    let why = replaced.lost().await;
    assert!(why.contains("No such file"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_is_seen_however_often_the_look_is_given_up() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("leader.lock");
    let mut leadership = Leader::file(&path).lead().await;
    fs::remove_file(&path).expect("it is there");
    let step = EVERY / 4;
    let mut looks = 0;
    while timeout(step, leadership.lost()).await.is_err() {
        looks += 1;
        assert!(looks < 10);
    }
    advance(step).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_made_is_a_problem_and_is_asked_for_again() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("later").join("leader.lock");
    let leader = Leader::file(&path).every(Duration::from_secs(7));
    let mut lead = pin!(leader.lead());
    assert!(timeout(LONG, lead.as_mut()).await.is_err());
    let problem = leader.problem().expect("there is no such folder");
    assert!(problem.contains("leader.lock: No such file"), "{problem}");
    fs::create_dir(folder.path().join("later")).expect("there is room");
    let began = Instant::now();
    let _leadership = lead.await;
    assert!(began.elapsed() <= Duration::from_secs(7));
    assert_eq!(leader.problem(), None);
}

#[cfg(feature = "leader-postgres")]
#[test]
fn a_url_that_is_none_or_asks_for_what_is_not_there_is_refused_without_its_password() {
    let refused = |url: &str| Leader::postgres(url, 1).map(drop).unwrap_err();
    let none = "the url of the database is none of PostgreSQL";
    assert_eq!(refused("postgres://me:hunter22@[::1/alerts"), none);
    assert_eq!(refused("mysql://me:hunter22@localhost/alerts"), none);
    for url in [
        "postgres://me:hunter22@db.example.com/alerts",
        "postgres://me:hunter22@localhost,10.0.0.1/alerts",
        "postgres://me:hunter22@localhost/alerts?sslmode=require",
    ] {
        assert!(refused(url).starts_with("the database is asked without TLS: "));
    }
    for url in [
        "postgres://me:hunter22@localhost/alerts",
        "postgres://me:hunter22@127.0.0.2,[::1]/alerts",
        "postgres://me:hunter22@db.example.com/alerts?sslmode=disable",
        "host=/run/postgresql user=me password=hunter22",
    ] {
        let leader = Leader::postgres(url, 1).expect(url);
        assert!(!format!("{leader:?}").contains("hunter22"));
    }
}
