//! By way of proxies.

use std::io::{BufReader, Write, copy};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use admf_alerts::channel::config::{Channel, Secret, Webhook};
use admf_alerts::notify::Outcome;
use rustls::version::TLS13;

use crate::authority::Authority;
use crate::peer::{Asked, Peer, answer, read};
use crate::{PLANTED, send, sender};

/// `me:PLANTEDproxy` in base 64.
const LOGIN: &str = "Basic bWU6UExBTlRFRHByb3h5";

/// Whoever it is asked for, it leads to one server.
fn tunnel(to: String) -> (String, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it listens").to_string();
    let (tell, asked) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let Some(request) = read(&mut reader) else {
                continue;
            };
            let _ = tell.send(request);
            let mut here = reader.into_inner();
            let mut there = TcpStream::connect(&to).expect("it is there");
            let _ = here.write_all(b"HTTP/1.1 200 Connected\r\n\r\n");
            let (mut from, mut back) = [&here, &there]
                .map(|it| it.try_clone().expect("it can be had twice"))
                .into();
            thread::spawn(move || copy(&mut from, &mut there));
            let _ = copy(&mut back, &mut here);
        }
    });
    (address, asked)
}

fn by(proxy: &str, mut config: Webhook) -> Channel {
    config.http.proxy = Some(Secret::new(format!("http://me:PLANTEDproxy@{proxy}")));
    Channel::Webhook(config)
}

#[tokio::test]
async fn a_request_in_clear_is_handed_to_the_proxy_whole() {
    let proxy = Peer::answering(vec![answer("200 OK", "", "")]);
    let config = Webhook::new(&*format!("http://hooks.invalid/{PLANTED}"));
    let report = send(&sender(&by(&proxy.address, config)).0).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
    let asked = proxy.asked();
    let wanted = format!("POST http://hooks.invalid/{PLANTED} HTTP/1.1\r\n");
    assert!(asked.head.starts_with(&wanted), "{}", asked.head);
    assert_eq!(asked.header("proxy-authorization"), Some(LOGIN));
    assert_eq!(asked.header("host"), Some("hooks.invalid"));
    assert_eq!(asked.json()["version"], "4");
}

/// The proxy sees the name of the server, and nothing of what it is told.
#[tokio::test]
async fn over_tls_the_proxy_is_asked_for_a_way_to_the_server_and_told_no_more() {
    let authority = Authority::new();
    let answers = vec![answer("200 OK", "", "")];
    let peer = Peer::over_tls(authority.server(&[&TLS13], false), answers);
    let (proxy, asked) = tunnel(peer.address.clone());
    let mut config = Webhook::new(&*format!("https://localhost:1/{PLANTED}"));
    config.http.tls.ca_file = Some(authority.path("ca.pem"));
    let report = send(&sender(&by(&proxy, config)).0).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
    let asked = asked.recv().expect("it was asked");
    assert!(
        asked.head.starts_with("CONNECT localhost:1 HTTP/1.1\r\n"),
        "{}",
        asked.head
    );
    assert_eq!(asked.header("proxy-authorization"), Some(LOGIN));
    assert!(!asked.head.contains(PLANTED) && asked.body.is_empty());
    let told = peer.asked();
    assert!(told.head.starts_with(&format!("POST /{PLANTED} ")));
    assert_eq!(told.header("proxy-authorization"), None);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told_of_without_its_password() {
    for (scheme, outcome) in [
        ("http", Outcome::Refused),
        // Of the way there nothing is known but that it is none.
        (
            "https",
            Outcome::Again {
                after: std::time::Duration::ZERO,
            },
        ),
    ] {
        let body = format!("who is me:PLANTEDproxy? {LOGIN}? {}", &LOGIN[6..]);
        let proxy = Peer::answering(vec![answer("407 Who", "", &body)]);
        let config = Webhook::new(&*format!("{scheme}://hooks.invalid/{PLANTED}"));
        let report = send(&sender(&by(&proxy.address, config)).0).await;
        assert_eq!(report.outcome, outcome, "{report:?}");
        let shown = report.said.expect("it says what is wrong");
        assert!(!shown.contains(&LOGIN[6..]), "{shown}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_tried_again_and_nobody_else_is_asked() {
    let peer = Peer::answering(vec![answer("200 OK", "", "")]);
    let config = Webhook::new(&*format!("http://{}/{PLANTED}", peer.address));
    let report = send(&sender(&by("127.0.0.1:1", config)).0).await;
    assert!(
        matches!(report.outcome, Outcome::Again { .. }),
        "{report:?}"
    );
    assert_eq!(peer.left(), 0);
}

/// Says that this process was started by the test of itself.
const WITHIN: &str = "ADMF_TEST_WITH_PROXY";

/// Nobody may change the environment of a process that has threads, so it is that of another one.
#[tokio::test]
async fn the_proxy_of_the_environment_is_not_asked() {
    if std::env::var_os(WITHIN).is_none() {
        let name = "proxy::the_proxy_of_the_environment_is_not_asked";
        let mut command = Command::new(std::env::current_exe().expect("it runs"));
        command.args(["--exact", name]).env(WITHIN, "1");
        for name in ["http_proxy", "https_proxy", "all_proxy"] {
            command.env(name, "http://127.0.0.1:1");
            command.env(name.to_uppercase(), "http://127.0.0.1:1");
        }
        for name in ["no_proxy", "NO_PROXY", "REQUEST_METHOD"] {
            command.env_remove(name);
        }
        let done = command.output().expect("it can be started");
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{said}");
        assert!(said.contains("1 passed"), "{said}");
        return;
    }
    let peer = Peer::answering(vec![answer("200 OK", "", "")]);
    let config = Webhook::new(&*format!("http://{}/{PLANTED}", peer.address));
    let report = send(&sender(&Channel::Webhook(config)).0).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
}
