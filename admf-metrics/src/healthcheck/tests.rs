use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::*;

/// Answers one question with this, and says what was asked.
fn server(answer: &'static [u8]) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut question = [0; 1000];
        let read = stream.read(&mut question).unwrap();
        stream.write_all(answer).unwrap();
        String::from_utf8_lossy(&question[..read]).into_owned()
    });
    (url, asked)
}

#[test]
fn a_healthy_service_is_told_from_one_that_says_no_and_from_one_that_is_none() {
    let (url, asked) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    assert_eq!(probe(&url, TIMEOUT), Ok("ok".to_owned()));
    let asked = asked.join().unwrap();
    assert!(
        asked.starts_with("GET /health HTTP/1.1\r\nHost: 127.0.0.1:"),
        "{asked}"
    );

    let (url, _) = server(b"HTTP/1.1 503 No\r\n\r\n{\"status\":\"stalled\"}\nmore");
    let error = probe(&url, TIMEOUT).unwrap_err().to_string();
    assert_eq!(error, format!("{url}: 503 {{\"status\":\"stalled\"}}"));

    for answer in [
        &b"SSH-2.0-x\r\n\r\n"[..],
        b"",
        b"HTTP/1.1 2",
        b"HTTP/1.1 xyz a\r\n\r\n",
    ] {
        let (url, _) = server(answer);
        let error = probe(&url, TIMEOUT).unwrap_err();
        assert!(matches!(error, Unhealthy::NoAnswer { .. }), "{error}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let error = probe(&url, TIMEOUT).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("{url}: Connection refused")),
        "{error}"
    );
}

#[test]
fn a_service_that_does_not_answer_in_time_is_not_healthy() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let error = probe(&url, Duration::from_millis(1))
        .unwrap_err()
        .to_string();
    assert_eq!(error, format!("{url}: no answer in time"));
}

#[test]
fn a_url_is_read_or_refused() {
    for (url, host, port, path) in [
        ("http://a", "a", 80, "/"),
        ("http://a:8081/ready?x", "a", 8081, "/ready?x"),
        ("http://[::1]:8081/health", "::1", 8081, "/health"),
        ("http://[::1]", "::1", 80, "/"),
    ] {
        assert_eq!(
            Target::parse(url),
            Some(Target { host, port, path }),
            "{url}"
        );
    }
    for url in [
        "",
        "a:80",
        "https://a",
        "http://",
        "http://:80/",
        "http://a:b/",
        "http://a:70000",
        "http://u@a/",
        "http://a/\r\nX: y",
        "http://a b/",
    ] {
        let error = probe(url, TIMEOUT).unwrap_err().to_string();
        let rule = "healthcheck: must be http://HOST[:PORT][/PATH], got";
        assert!(error.starts_with(rule), "{error}");
    }
}

#[test]
fn it_asks_again_until_the_service_is_healthy_or_the_time_is_up() {
    let now = Arc::<AtomicU64>::default();
    let read = Arc::clone(&now);
    let clock = Clock::new(move || Duration::from_millis(read.load(Ordering::Relaxed)));
    let pause = |by: Duration| {
        now.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    };
    let no = || Unhealthy::NoAnswer {
        url: "u".to_owned(),
        why: "no".to_owned(),
    };
    let mut tries = 0;
    let answer = poll(&clock, Duration::from_secs(30), pause, |_| {
        tries += 1;
        if tries < 4 { Err(no()) } else { Ok(tries) }
    });
    assert_eq!((answer, now.load(Ordering::Relaxed)), (Ok(4), 750));

    let mut left = Vec::new();
    let answer = poll(&clock, Duration::from_millis(600), pause, |one| {
        left.push(one.as_millis());
        Err::<(), _>(no())
    });
    assert_eq!((answer, left), (Err(no()), vec![600, 350, 100, 1]));
    assert_eq!(now.load(Ordering::Relaxed), 1350);
}
