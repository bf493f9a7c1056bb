//! The lock of a PostgreSQL, between sessions.

use std::pin::pin;
use std::process::Command;

use admf_alerts::leader::Leader;
use tests::postgres::Postgres;
use tokio_postgres::NoTls;

use super::{EVERY, soon};

const KEYS: [i64; 3] = [7, -7, 0x7654_3210_fedc_ba98];

fn leader(postgres: &Postgres, key: i64) -> Leader {
    let leader = Leader::postgres(&postgres.url(), key).expect("the url is one");
    leader.every(EVERY)
}

/// Asks something of a session of its own.
pub(crate) async fn ask(postgres: &Postgres, question: &str) -> i64 {
    let connected = tokio_postgres::connect(&postgres.url(), NoTls).await;
    let (client, connection) = connected.expect("it runs");
    let answer = tokio::select! {
        biased;
        answer = client.query_one(question, &[]) => answer,
        _ = connection => panic!("the connection has ended"),
    };
    answer.expect("the question is sound").get(0)
}

/// Has something done by a session of its own.
pub(crate) async fn run(postgres: &Postgres, statement: &str) {
    let connected = tokio_postgres::connect(&postgres.url(), NoTls).await;
    let (client, connection) = connected.expect("it runs");
    let done = tokio::select! {
        biased;
        done = client.batch_execute(statement) => done,
        _ = connection => panic!("the connection has ended"),
    };
    done.expect("the statement is sound");
}

#[tokio::test]
async fn who_loses_its_session_leads_no_more_and_who_waits_does() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    for key in KEYS {
        let (first, second) = (leader(&postgres, key), leader(&postgres, key));
        let mut leads = soon(first.lead()).await;
        let mut waits = pin!(second.lead());
        // Both are looked at, many times over.
        let waited = tokio::time::timeout(EVERY * 10, async {
            tokio::select! {
                biased;
                why = leads.lost() => panic!("{why}"),
                _ = waits.as_mut() => panic!("two lead"),
            }
        });
        assert!(waited.await.is_err());
        assert_eq!(second.problem(), None);
        let other = leader(&postgres, key.wrapping_add(1));
        drop(soon(other.lead()).await);

        // The server may not have seen yet that the other one has ended.
        let terminate = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' \
                AND granted AND (classid::bigint << 32) | objid::bigint = {key}"
        );
        assert_eq!(ask(&postgres, &terminate).await, 1);
        let why = soon(leads.lost()).await;
        // The server's last words, or that it hung up, if we were speaking.
        assert!(why.contains("the database"), "{why}");
        let mut follows = soon(waits).await;
        let waited = tokio::time::timeout(EVERY * 10, first.lead());
        assert!(waited.await.is_err());
        let waited = tokio::time::timeout(EVERY * 10, follows.lost());
        assert!(waited.await.is_err());
        drop(follows);
        drop(soon(first.lead()).await);
    }
}

#[tokio::test]
async fn who_leads_no_more_by_its_own_will_frees_the_lock_at_once() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let (first, second) = (leader(&postgres, 1), leader(&postgres, 1));
    let leads = soon(first.lead()).await;
    drop(leads);
    drop(soon(second.lead()).await);
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    while ask(&postgres, held).await > 0 {}
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_loss_and_then_a_problem() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let leader = leader(&postgres, 1);
    let mut leads = soon(leader.lead()).await;
    drop(postgres);
    let why = soon(leads.lost()).await;
    assert!(why.starts_with("the database: "), "{why}");
    let waited = tokio::time::timeout(EVERY * 5, leader.lead());
    assert!(waited.await.is_err());
    let problem = leader.problem().expect("the server is gone");
    assert!(problem.contains("refused"), "{problem}");
}

#[tokio::test]
async fn a_lock_that_the_session_has_no_more_is_lost_though_the_session_goes_on() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let path = "ALTER ROLE admf SET search_path = public, pg_catalog";
    run(&postgres, path).await;
    let leader = leader(&postgres, 1);
    let mut leads = soon(leader.lead()).await;
    let waited = tokio::time::timeout(EVERY * 5, leads.lost());
    assert!(waited.await.is_err());
    // Nobody can free another session's lock, so it is hidden.
    let hide = "CREATE TABLE public.pg_locks AS SELECT * FROM pg_catalog.pg_locks WHERE false";
    run(&postgres, hide).await;
    let why = soon(leads.lost()).await;
    assert_eq!(why, "the session has the lock no more");
}

#[tokio::test]
async fn a_session_that_answers_no_more_is_lost() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let leader = leader(&postgres, 1).patience(EVERY * 10);
    let mut leads = soon(leader.lead()).await;
    let process = "SELECT pid::bigint FROM pg_locks WHERE locktype = 'advisory'";
    let process = ask(&postgres, process).await.to_string();
    let signal = |signal: &str| {
        let sent = Command::new("kill").args([signal, &process]).status();
        assert!(sent.expect("`kill` is there").success());
    };
    signal("-STOP");
    let why = soon(leads.lost()).await;
    signal("-CONT");
    assert_eq!(why, "who holds the lock does not answer");
}
