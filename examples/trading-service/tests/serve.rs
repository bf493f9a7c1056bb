//! The service that stays up, and the operations of a run, as processes.

#[expect(dead_code, reason = "reports of whole runs are for other tests")]
mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};

use admf_alerts::{Samples, Selector};
use common::{Result, bars, service};

/// A running service, killed where a test ends early.
struct Running {
    child: Child,
    said: BufReader<ChildStderr>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(flags: &[&str]) -> Result<Self> {
        let mut child = service(flags)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = child.stderr.take().ok_or("standard error is piped")?;
        Ok(Self {
            child,
            said: BufReader::new(said),
        })
    }

    /// Reads on until it says where `what` listens.
    fn listening(&mut self, what: &str) -> Result<String> {
        loop {
            let mut line = String::new();
            if self.said.read_line(&mut line)? == 0 {
                return Err(format!("it ended before {what} was listening").into());
            }
            let mut words = line.split_whitespace();
            if (words.next(), words.next()) == (Some(what), Some("listening")) {
                return Ok(words.next().ok_or("no address")?.to_owned());
            }
        }
    }

    /// Reads on until it says such a line.
    fn says(&mut self, expected: &str) -> Result {
        loop {
            let mut line = String::new();
            if self.said.read_line(&mut line)? == 0 {
                return Err(format!("it ended before it said {expected:?}").into());
            }
            if line.contains(expected) {
                return Ok(());
            }
        }
    }

    fn signal(&self, signal: &str) -> Result {
        send(signal, self.child.id())
    }

    /// Finds the process of one of its venues.
    fn venue(&self, name: &str) -> Result<u32> {
        let mine = format!("PPid:\t{}\n", self.child.id());
        for entry in std::fs::read_dir("/proc")? {
            let folder = entry?.path();
            let read = |file| std::fs::read(folder.join(file)).unwrap_or_default();
            let (status, words) = (read("status"), read("cmdline"));
            let named = format!("venue\0--name\0{name}\0");
            let is = |text: &[u8], part: &str| String::from_utf8_lossy(text).contains(part);
            if is(&status, &mine) && is(&words, &named) {
                let pid = folder.file_name().and_then(|pid| pid.to_str());
                return Ok(pid.ok_or("no pid")?.parse()?);
            }
        }
        Err(format!("no process of venue {name}").into())
    }
}

fn send(signal: &str, pid: u32) -> Result {
    let sent = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status()?;
    assert!(sent.success());
    Ok(())
}

/// Asks once, and returns status and body.
fn ask(address: &str, request: &str, body: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nhost: service\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.get(9..12).ok_or("no status line")?.parse()?;
    let body = answer.split_once("\r\n\r\n").ok_or("no head")?.1;
    Ok((status, unchunked(body)))
}

/// Joins the chunks of a body, each of which comes after its length in a line of its own.
fn unchunked(body: &str) -> String {
    let mut rest = body;
    let mut whole = String::new();
    while let Some((length, chunks)) = rest.split_once("\r\n") {
        let Ok(length) = usize::from_str_radix(length, 16) else {
            return body.to_owned();
        };
        whole.push_str(&chunks[..length]);
        rest = chunks[length..].trim_start_matches("\r\n");
    }
    if whole.is_empty() {
        body.to_owned()
    } else {
        whole
    }
}

/// Polls `/ready`, each time over a new connection, until it says yes.
fn await_ready(address: &str) -> Result {
    await_answer(address, "GET /ready", |status, _| status == 200)
}

/// Polls, each time over a new connection, until the answer is the one that is waited for.
fn await_answer(address: &str, request: &str, is: impl Fn(u16, &str) -> bool) -> Result {
    for _ in 0..20_000 {
        let (status, body) = ask(address, request, "")?;
        if is(status, &body) {
            return Ok(());
        }
        std::thread::yield_now();
    }
    Err(format!("never: {}", ask(address, request, "")?.1).into())
}

/// Reads how a part of the service is.
fn status_of(detail: &str, part: &str) -> Option<String> {
    let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
    Some(detail["components"][part]["status"].as_str()?.to_owned())
}

/// Places an order, and returns the venue that filled it.
fn filled_at(api: &str, id: &str) -> Result<String> {
    let order =
        format!(r#"{{"client_id":"{id}","symbol":"IBM","side":"buy","quantity":1,"price":10000}}"#);
    let (status, body) = ask(api, "POST /api/orders", &order)?;
    let told: serde_json::Value = serde_json::from_str(&body)?;
    assert_eq!((status, &told["status"]), (200, &"filled".into()), "{body}");
    Ok(told["venue"].as_str().ok_or("no venue")?.to_owned())
}

fn scrape(address: &str) -> Result<Samples> {
    let (status, text) = ask(address, "GET /metrics", "")?;
    assert_eq!(status, 200);
    Ok(Samples::parse(&text)?)
}

/// Checks that each circuit is in one state, and returns how many circuits there are.
fn circuits(samples: &Samples) -> Result<usize> {
    let states = Selector::parse("circuit_breaker_state")?;
    let states: Vec<_> = samples.select(&states).collect();
    let held: Vec<_> = states.iter().filter(|state| state.value == 1.0).collect();
    assert_eq!(states.len(), 6 * held.len());
    let mut names: Vec<_> = held.iter().map(|state| state.labels.get("name")).collect();
    names.dedup();
    assert_eq!(names.len(), held.len());
    Ok(held.len())
}

const SERVE: [&str; 7] = [
    "serve",
    "--api",
    "127.0.0.1:0",
    "--ops",
    "127.0.0.1:0",
    "--scenario",
    "calm",
];

#[test]
fn the_service_trades_shows_what_it_did_and_ends_well_when_asked_to() -> Result {
    for signal in ["-TERM", "-INT"] {
        let mut service = Running::start(&SERVE)?;
        let (api, ops) = (service.listening("api")?, service.listening("ops")?);
        assert_eq!(
            ask(&ops, "GET /health", "")?,
            (200, r#"{"status":"ok"}"#.to_owned())
        );
        await_ready(&ops)?;

        let order = r#"{"client_id":"a","symbol":"IBM","side":"buy","quantity":10,"price":10000}"#;
        let (status, body) = ask(&api, "POST /api/orders", order)?;
        assert!(
            status == 200 && body.contains(r#""status":"filled""#),
            "{body}"
        );
        let (status, body) = ask(&api, "GET /api/orders/a", "")?;
        assert!(
            status == 200 && body.contains(r#""status":"filled""#),
            "{body}"
        );
        let (status, body) = ask(&api, "GET /api/quotes/IBM", "")?;
        assert!(
            status == 200 && body.contains(r#""symbol":"IBM""#),
            "{body}"
        );
        let (status, body) = ask(&api, "POST /api/orders", &order.replace("10,", "0,"))?;
        assert!(
            status == 400 && body.contains(r#""field":"quantity""#),
            "{body}"
        );

        let samples = scrape(&ops)?;
        let filled = [("side", "stack"), ("outcome", "filled")];
        assert_eq!(samples.value("orders_total", &filled), Some(1.0));
        let bad = [("route", "orders"), ("status", "4xx")];
        assert_eq!(samples.value("api_requests_total", &bad), Some(1.0));
        assert_eq!(circuits(&samples)?, 2);

        service.signal(signal)?;
        let mut rest = String::new();
        service.said.read_to_string(&mut rest)?;
        assert_eq!(service.child.wait()?.code(), Some(0), "{rest}");
        assert!(rest.is_empty(), "{rest}");
    }
    Ok(())
}

#[test]
fn what_was_traded_is_known_to_the_service_that_comes_after() -> Result {
    let folder = tempfile::tempdir()?;
    let state = folder.path().display().to_string();
    let flags = [&SERVE[..], &["--state", &state]].concat();
    let order = r#"{"client_id":"a","symbol":"IBM","side":"buy","quantity":10,"price":10000}"#;
    for signal in ["-KILL", "-TERM"] {
        let mut service = Running::start(&flags)?;
        let (api, ops) = (service.listening("api")?, service.listening("ops")?);
        await_ready(&ops)?;
        let (status, body) = ask(&api, "POST /api/orders", order)?;
        assert!(
            status == 200 && body.contains(r#""status":"filled""#),
            "{body}"
        );
        service.signal(signal)?;
        service.child.wait()?;
    }
    Ok(())
}

#[test]
fn a_port_in_use_is_one_line_and_exit_code_1() -> Result {
    let held = TcpListener::bind("127.0.0.1:0")?;
    let taken = held.local_addr()?.to_string();
    for (flags, flag) in [
        (
            &["serve", "--api", &taken, "--ops", "127.0.0.1:0"][..],
            "--api",
        ),
        (&["serve", "--api", "127.0.0.1:0", "--ops", &taken], "--ops"),
        (&["--naive", "--ops", &taken], "--ops"),
    ] {
        let output = service(flags).output()?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(1), "{said}");
        let expected = format!("error: {flag} {taken}: Address already in use");
        assert!(
            said.starts_with(&expected) && said.lines().count() == 1,
            "{said}"
        );
    }
    Ok(())
}

#[test]
fn a_run_shows_what_it_does_while_it_lasts() -> Result {
    let mut run = Running::start(&["--json"])?;
    let ops = run.listening("ops")?;
    await_ready(&ops)?;
    let samples = scrape(&ops)?;
    assert_eq!(circuits(&samples)?, 2);
    for side in ["stack", "naive"] {
        let bars = samples.value("bars_replayed_total", &[("side", side)]);
        assert!(bars > Some(0.0), "{side}: {bars:?}");
    }
    let later = scrape(&ops)?;
    for sample in samples
        .iter()
        .filter(|sample| sample.name.ends_with("_total"))
    {
        let labels: Vec<_> = sample.labels.iter().collect();
        let now = later.value(sample.name, &labels);
        assert!(
            now >= Some(sample.value),
            "{} went back to {now:?}",
            sample.name
        );
    }
    run.signal("-TERM")?;
    let mut rest = String::new();
    run.said.read_to_string(&mut rest)?;
    assert_eq!(run.child.wait()?.code(), Some(143), "{rest}");
    Ok(())
}

#[test]
fn on_a_bad_day_both_alerts_fire_and_are_resolved() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), 3000)?;
    let flags = ["--json", "--data", &data, "--alert-drawdown", "0.02"];
    let output = service(&flags).output()?;
    let said = String::from_utf8(output.stderr)?;
    for alert in ["HighDrawdown{", "BreakerOpen{name=\"primary\""] {
        for change in ["FIRING  ", "RESOLVED"] {
            let expected = format!(" {change} {alert}");
            assert!(
                said.contains(&expected),
                "{expected} is missing from:\n{said}"
            );
        }
    }
    Ok(())
}

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
    let mut service = Running::start(&SERVE)?;
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
    let mut service = Running::start(&flags)?;
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
    let mut service = Running::start(&flags)?;
    let (api, ops) = (service.listening("api")?, service.listening("ops")?);
    service.says("feed given up, restarts in vain: 5")?;
    let (status, body) = ask(&ops, "GET /ready", "")?;
    assert!(status == 503 && body.contains("replay"), "{status} {body}");
    assert!(body.contains("told to fail before date 1"), "{body}");
    let (status, body) = ask(&ops, "GET /health/detail", "")?;
    assert_eq!(status, 200);
    assert_eq!(status_of(&body, "feed").as_deref(), Some("unhealthy"));
    assert!(body.contains(r#""overall_status":"unhealthy""#), "{body}");
    assert_eq!(ask(&ops, "GET /health", "")?.0, 200);
    assert_eq!(filled_at(&api, "a")?, "primary");
    Ok(())
}

const TOKEN: &str = "a-secret-of-the-operators";

#[test]
fn policies_are_operated_on_the_port_of_operations_alone() -> Result {
    let mut service = Running::start(&SERVE)?;
    let (api, ops) = (service.listening("api")?, service.listening("ops")?);
    await_ready(&ops)?;
    let path = "/admin/policies/circuit_breaker/primary";
    for request in ["GET /admin/policies", &format!("POST {path}/isolate")] {
        assert_eq!(ask(&api, request, "")?.0, 404);
    }
    let (status, body) = ask(&ops, "GET /admin/policies", "")?;
    let listed: serde_json::Value = serde_json::from_str(&body)?;
    let listed = listed["policies"].as_array().ok_or("no list")?;
    let kinds: Vec<_> = listed.iter().filter_map(|it| it["kind"].as_str()).collect();
    assert_eq!(status, 200);
    for kind in ["circuit_breaker", "keyed_rate_limiter", "cache", "health"] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }

    assert_eq!(ask(&ops, &format!("POST {path}/isolate"), "")?.0, 200);
    service.says(r#""isolate" "circuit_breaker" "primary": done, primary was closed"#)?;
    assert_eq!(filled_at(&api, "a")?, "backup");
    assert_eq!(ask(&ops, &format!("POST {path}/reset"), "")?.0, 200);
    let (status, body) = ask(&ops, "POST /admin/policies/reload", "")?;
    assert!(status == 409 && body.contains("--policies"), "{body}");
    let done = [("action", "isolate"), ("result", "done")];
    assert_eq!(scrape(&ops)?.value("admin_actions_total", &done), Some(1.0));
    Ok(())
}

#[test]
fn with_a_token_and_a_file_policies_are_reloaded_by_who_shows_it() -> Result {
    let folder = tempfile::tempdir()?;
    let (file, secret) = (folder.path().join("p.toml"), folder.path().join("token"));
    let write = |text: &str| std::fs::write(&file, text);
    write("[bulkhead.primary]\nmax_in_flight = 20\n")?;
    std::fs::write(&secret, format!("{TOKEN}\n"))?;
    let (named, held) = (file.display().to_string(), secret.display().to_string());
    let flags = ["--policies", &named, "--admin-token-file", &held];
    let mut service = Running::start(&[&SERVE[..], &flags].concat())?;
    let ops = service.listening("ops")?;
    await_ready(&ops)?;
    let shown = |request: &str| {
        let head = format!("{request} HTTP/1.1\r\nauthorization: Bearer {TOKEN}\r\nx-rest:");
        ask(&ops, &head, "")
    };
    let limit = || -> Result<String> { Ok(shown("GET /admin/policies/bulkhead/primary")?.1) };
    assert!(limit()?.contains(r#""max_in_flight":20"#), "{}", limit()?);

    write("[bulkhead.primary]\nmax_in_flight = 30\n")?;
    assert_eq!(ask(&ops, "POST /admin/policies/reload", "")?.0, 401);
    let (status, body) = shown("POST /admin/policies/reload")?;
    assert!(
        status == 200 && body.contains("changed bulkhead.primary"),
        "{body}"
    );
    assert!(limit()?.contains(r#""max_in_flight":30"#));
    service.says(r#""reload": done, changed bulkhead.primary"#)?;
    write("[bulkhead.primary]\nmax_in_flight = 0\n")?;
    let (status, body) = shown("POST /admin/policies/reload")?;
    assert!(
        status == 422 && body.contains("p.toml:2: bulkhead.primary"),
        "{body}"
    );
    assert!(limit()?.contains(r#""max_in_flight":30"#));
    Ok(())
}

#[test]
fn a_bad_token_or_file_of_policies_is_one_line_that_does_not_tell_the_token() -> Result {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("p.toml");
    std::fs::write(&file, "[bulkhead.primary]\nmax_in_flight = 0\n")?;
    let file = file.display().to_string();
    for (flags, expected) in [
        (
            &["--admin-token", "tooshort-7"][..],
            "--admin-token: must be 16 to 256",
        ),
        (
            &["--admin-token", TOKEN, "--admin-token-file", &file],
            "--admin-token, --admin-token-file: at most one",
        ),
        (
            &["--admin-token-file", "/nowhere"],
            "--admin-token-file: /nowhere: No such file",
        ),
        (&["--policies", &file], "--policies: "),
        (&["--policies", "/nowhere"], "--policies: "),
    ] {
        let output = service(&[&SERVE[..], flags].concat()).output()?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(2), "{said}");
        let last = said.lines().last().ok_or("it says nothing")?;
        assert!(last.starts_with(&format!("error: {expected}")), "{said}");
        assert!(
            !said.contains(TOKEN) && !said.contains("tooshort-7"),
            "{said}"
        );
    }
    Ok(())
}
