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

/// Answers one question, without reading it, with what `write` sends.
fn hostile(
    write: impl FnOnce(std::net::TcpStream) + Send + 'static,
) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    let server = thread::spawn(move || write(listener.accept().unwrap().0));
    (url, server)
}

#[test]
fn a_server_without_end_is_read_to_the_bound_and_no_further() {
    for (begin, line, expected) in [
        ("HTTP/1.1 200 OK\r\n", "X: y\r\n", None),
        ("", "x", None),
        ("HTTP/1.1 200 OK\r\n\r\n", "x", Some("x".repeat(200))),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "y",
            Some("y".repeat(200)),
        ),
    ] {
        let (url, server) = hostile(move |mut stream| {
            let _ = stream.write_all(begin.as_bytes());
            // It ends when whoever asked has gone.
            while stream.write_all(line.as_bytes()).is_ok() {}
        });
        match (probe(&url, TIMEOUT), expected) {
            (Ok(line), Some(expected)) => assert_eq!(line, expected),
            (Err(error), None) => {
                let said = format!("{url}: the answer is no HTTP/1.1");
                assert_eq!(error.to_string(), said);
            }
            (answer, _) => panic!("{begin:?}: {answer:?}"),
        }
        server.join().unwrap();
    }
}

#[test]
fn the_status_line_decides_whatever_comes_after_it() {
    for (answer, expected) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Ok("ok")),
        (
            "HTTP/1.1 200\r\ncontent-length:2\r\n\r\nokmore",
            Ok("okmore"),
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            Ok("ok"),
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Ok("")),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            Err("302 "),
        ),
        (
            "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nno\n",
            Err("404 no"),
        ),
        (
            "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
            Err("the answer is no HTTP/1.1"),
        ),
        (
            "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
            Err("the answer is no HTTP/1.1"),
        ),
        (
            "HTTP/1.1 \r\nContent-Length: 0\r\n\r\n",
            Err("the answer is no HTTP/1.1"),
        ),
    ] {
        // The question is not read, so that the connection may be reset as it ends.
        let (url, server) = hostile(move |mut stream| stream.write_all(answer.as_bytes()).unwrap());
        let said = probe(&url, TIMEOUT).map_err(|error| error.to_string());
        let expected = expected
            .map(str::to_owned)
            .map_err(|why| format!("{url}: {why}"));
        assert_eq!(said, expected, "{answer:?}");
        server.join().unwrap();
    }
}

#[test]
fn a_server_that_answers_and_then_falls_silent_is_not_waited_for() {
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let (url, server) = hostile(move |mut stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            .unwrap();
        // Held open until the probe is back.
        let _ = ends.recv();
    });
    assert_eq!(probe(&url, Duration::MAX), Ok("ok".to_owned()));
    drop(end);
    server.join().unwrap();
}

/// The value of a field in a line of YAML in flow style.
fn field<'t>(line: &'t str, name: &str) -> &'t str {
    let (_, rest) = line
        .split_once(&format!("{name}: "))
        .unwrap_or_else(|| panic!("{name}: {line}"));
    rest.split([',', ' ', '}']).next().unwrap()
}

#[test]
fn the_page_asks_in_the_numbers_of_the_deployment_and_the_program_fits_them() {
    let page = include_str!("../../docs/health_endpoints.md");
    let line = |start| page.lines().find(|line| line.starts_with(start)).unwrap();
    let target = Target::parse(URL).unwrap();
    let names = [
        "path",
        "port",
        "initialDelaySeconds",
        "periodSeconds",
        "timeoutSeconds",
        "failureThreshold",
    ];
    for (probe, expected) in [
        ("livenessProbe:", ["/health", "8081", "30", "10", "5", "3"]),
        ("readinessProbe:", ["/ready", "8081", "5", "5", "3", "3"]),
    ] {
        assert_eq!(
            names.map(|name| field(line(probe), name)),
            expected,
            "{probe}"
        );
        assert_eq!(field(line(probe), "port"), target.port.to_string());
    }
    let check = line("healthcheck:");
    let numbers = ["interval", "timeout", "retries", "start_period"].map(|name| field(check, name));
    assert_eq!(numbers, ["30s", "10s", "3", "40s"]);
    assert_eq!(field(check, "timeout"), format!("{}s", TIMEOUT.as_secs()));
    assert!(check.contains("\"--healthcheck\""), "{check}");
    assert_eq!(target.path, field(line("livenessProbe:"), "path"));
}
