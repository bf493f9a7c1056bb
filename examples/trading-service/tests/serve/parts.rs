//! Venues and a feed that die, and come back.

use admf_alerts::Samples;

use super::common::Result;
use super::running::{
    Running, SERVE, ask, await_answer, await_ready, filled_at, scrape, send, status_of,
};

#[test]
fn a_venue_whose_process_dies_is_done_without_and_comes_back() -> Result {
    let mut service = Running::start(&SERVE)?;
    let (api, ops) = (service.listening("api")?, service.listening("ops")?);
    await_ready(&ops)?;
    assert_eq!(filled_at(&api, "before")?, "primary");

    send("-KILL", service.venue("primary")?)?;
    service.says("venue primary: its process has ended: signal: 9")?;
    assert_eq!(filled_at(&api, "meanwhile")?, "backup");
    service.says("venue primary listens again")?;
    await_answer(&ops, "GET /health/detail", |_, detail| {
        status_of(detail, "primary").as_deref() == Some("healthy")
    })?;
    // It is the primary again once it is well, and knows what it traded before.
    for number in 0.. {
        if filled_at(&api, &format!("after-{number}"))? == "primary" {
            break;
        }
        assert!(number < 300, "the primary never came back");
    }
    let (status, body) = ask(&api, "GET /api/orders/before", "")?;
    assert!(status == 200 && body.contains("primary"), "{body}");
    service.signal("-TERM")?;
    assert_eq!(service.child.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn both_venues_may_die_and_come_back() -> Result {
    let service = Running::start(&SERVE)?;
    let ops = service.listening("ops")?;
    await_ready(&ops)?;
    for venue in ["primary", "backup"] {
        send("-KILL", service.venue(venue)?)?;
    }
    service.says("listens again")?;
    service.says("listens again")?;
    await_answer(&ops, "GET /health/detail", |_, detail| {
        let status = |part| status_of(detail, part);
        status("primary") == status("backup") && status("venues").as_deref() == Some("healthy")
    })?;
    await_ready(&ops)?;
    Ok(())
}

#[test]
fn a_feed_that_dies_is_started_again_where_it_was() -> Result {
    let flags = [&SERVE[..], &["--pace", "0.01", "--feed-fails", "2,2,5"]].concat();
    let service = Running::start(&flags)?;
    let ops = service.listening("ops")?;
    for number in [2, 2, 5] {
        service.says(&format!("feed: told to fail before date {number}"))?;
    }
    await_ready(&ops)?;
    await_answer(&ops, "GET /health/detail", |status, detail| {
        status == 200 && status_of(detail, "feed").as_deref() == Some("healthy")
    })?;
    let bars = |samples: &Samples| samples.value("bars_replayed_total", &[("side", "stack")]);
    let now = bars(&scrape(&ops)?);
    assert!(now > Some(0.0), "{now:?}");
    Ok(())
}

#[test]
fn a_feed_that_is_given_up_is_named_by_readiness_and_the_service_lives() -> Result {
    let flags = [
        &SERVE[..],
        &["--pace", "0.01", "--feed-fails", "1,1,1,1,1,1"],
    ]
    .concat();
    let service = Running::start(&flags)?;
    let (api, ops) = (service.listening("api")?, service.listening("ops")?);
    service.says("feed given up, restarts in vain: 5")?;
    let (status, body) = ask(&ops, "GET /ready", "")?;
    assert!(
        status == 503 && body.contains(r#""name":"feed""#),
        "{status} {body}"
    );
    assert!(body.contains("told to fail before date 1"), "{body}");
    let (status, body) = ask(&ops, "GET /health/detail", "")?;
    assert_eq!(status, 200);
    assert_eq!(status_of(&body, "feed").as_deref(), Some("unhealthy"));
    assert!(body.contains(r#""overall_status":"unhealthy""#), "{body}");
    assert_eq!(ask(&ops, "GET /health", "")?.0, 200);
    assert_eq!(filled_at(&api, "a")?, "primary");
    Ok(())
}
