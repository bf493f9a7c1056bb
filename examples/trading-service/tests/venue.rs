//! A venue as the real process that it is.

use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const ORDER: &str =
    r#"{"client_id":"a","symbol":"IBM","side":"buy","quantity":10,"price":100,"at":1}"#;

/// A venue's process, killed where a test ends early.
struct Venue {
    child: Child,
    stdin: Option<ChildStdin>,
    address: String,
}

impl Venue {
    fn start(book: &Path) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trading-service"))
            .args(["venue", "--name", "primary", "--scenario", "calm"])
            .args(["--seed", "1", "--bars", "100", "--book"])
            .arg(book)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("standard output is piped")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .trim_end()
            .strip_prefix("listening ")
            .ok_or(line.clone())?;
        Ok(Self {
            stdin: child.stdin.take(),
            child,
            address: address.to_owned(),
        })
    }

    fn ask(&self, request: &str, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        let length = body.len();
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: venue\r\nx-at: 1\r\nconnection: close\r\n\
             content-length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_venue_ends_well_when_its_parents_pipe_closes() -> Result {
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::start(&folder.path().join("book"))?;
    assert!(venue.ask("GET /health", "")?.starts_with("HTTP/1.1 200"));
    drop(venue.stdin.take());
    assert!(venue.child.wait()?.success());
    Ok(())
}

#[test]
fn a_venue_ignores_interrupts() -> Result {
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::start(&folder.path().join("book"))?;
    let pid = venue.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()?
            .success()
    );
    assert!(venue.ask("GET /health", "")?.starts_with("HTTP/1.1 200"));
    drop(venue.stdin.take());
    assert!(venue.child.wait()?.success());
    Ok(())
}

#[test]
fn a_killed_venue_knows_what_it_has_answered_when_it_is_back() -> Result {
    let folder = tempfile::tempdir()?;
    let book = folder.path().join("book");
    let mut venue = Venue::start(&book)?;
    let filled = venue.ask("POST /orders", ORDER)?;
    assert!(filled.contains(r#""status":"filled""#), "{filled}");
    venue.child.kill()?;
    venue.child.wait()?;

    let venue = Venue::start(&book)?;
    let found = venue.ask("GET /orders/a", "")?;
    assert!(found.contains(r#""status":"filled""#), "{found}");
    Ok(())
}

#[test]
fn a_book_that_cannot_be_opened_ends_the_venue_with_one_line() -> Result {
    let output = Command::new(env!("CARGO_BIN_EXE_trading-service"))
        .args(["venue", "--name", "primary", "--scenario", "calm"])
        .args(["--seed", "1", "--bars", "100", "--book", "/nowhere/book"])
        .output()?;
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr)?;
    assert!(text.contains("/nowhere/book"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    Ok(())
}
