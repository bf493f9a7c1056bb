//! Mail, against a server of Debian's.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use admf_alerts::channel::Failure;
use admf_alerts::channel::config::{Channel, Email, Secret, Smarthost};
use admf_alerts::notify::Outcome;

use crate::authority::Authority;
use crate::smtp::Smtp;
use crate::{send, sender};

pub(crate) fn email(port: u16, to: &str) -> Email {
    let host = Smarthost::new("localhost", port.to_string());
    Email::new(to, "admf@example.org", host)
}

pub(crate) fn trusting(authority: &Authority, port: u16, to: &str) -> Email {
    let mut email = email(port, to);
    email.tls.ca_file = Some(authority.path("ca.pem"));
    email
}

#[tokio::test]
async fn a_mail_goes_over_starttls_to_whom_it_believes_one_for_each_recipient() {
    let authority = Authority::new();
    let Some(mut server) = Smtp::start("starttls", Some(&authority)) else {
        return;
    };
    let mut config = trusting(&authority, server.port, "a@example.org, B <b@example.org>");
    config.auth_username = "me".to_owned();
    config.auth_password = Some(Secret::new("PLANTEDpassword"));
    let (sender, _) = sender(&Channel::Email(config));
    let report = send(&sender).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
    for to in ["a@example.org", "b@example.org"] {
        let mail = server.mail();
        assert_eq!(mail["to"], serde_json::json!([to]));
        assert_eq!((&mail["tls"], &mail["login"]), (&true.into(), &true.into()));
        let data = mail["data"].as_str().expect("it is a text");
        for wanted in [
            "From: admf@example.org\r\n",
            "Subject: ADMF Alert: Down - CRITICAL\r\n",
            "Date: Sat, 21 Nov 2026 03:57:34 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "X-ADMF-Fingerprint: ",
            "In-Reply-To: <alert-",
            "References: <alert-",
            "Message-ID: <",
            "multipart/alternative",
        ] {
            assert!(data.contains(wanted), "{wanted} is missing in {data}");
        }
        let text = data
            .find("Content-Type: text/plain")
            .expect("there is a text");
        let html = data
            .find("Content-Type: text/html")
            .expect("there is a page");
        assert!(text < html);
    }
    assert_eq!(server.left(), 0);
}

#[tokio::test]
async fn who_is_not_believed_gets_nothing() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let Some(server) = Smtp::start("starttls", Some(&theirs)) else {
        return;
    };
    let mut config = trusting(&ours, server.port, "a@example.org");
    config.auth_password = Some(Secret::new("PLANTEDpassword"));
    let report = send(&sender(&Channel::Email(config)).0).await;
    assert!(matches!(report.outcome, Outcome::Again { .. }));
    let said = report.said.expect("it says what is wrong").to_lowercase();
    assert!(said.contains("certificate"), "{said}");
    assert_eq!(server.left(), 0);
}

/// A server that offers no `STARTTLS` and takes all; what it was told in clear.
#[tokio::test]
async fn without_starttls_nothing_is_said_but_hello() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it listens").port();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().expect("somebody comes").0;
        let mut said = Vec::new();
        stream.write_all(b"220 mail\r\n").expect("it is up");
        let reader = BufReader::new(stream.try_clone().expect("it can be had twice"));
        for line in reader.lines().map_while(Result::ok) {
            let answer: &[u8] = match &line[..4] {
                "EHLO" => b"250-mail\r\n250 AUTH PLAIN LOGIN\r\n",
                _ => b"250 OK\r\n",
            };
            said.push(line);
            let _ = stream.write_all(answer);
        }
        said
    });
    let mut config = email(port, "a@example.org");
    config.smarthost = Smarthost::new("127.0.0.1", port.to_string());
    // Even where the config lets mails go in clear: who logs in does not.
    config.require_tls = false;
    config.auth_username = "me".to_owned();
    config.auth_password = Some(Secret::new("PLANTEDpassword"));
    let report = send(&sender(&Channel::Email(config)).0).await;
    assert_ne!(report.outcome, Outcome::Sent);
    let said = server.join().expect("it does not panic");
    assert!(said[0].starts_with("EHLO"), "{said:?}");
    assert!(said[1..].iter().all(|line| line == "QUIT"), "{said:?}");
}

#[tokio::test]
async fn a_mail_goes_in_clear_only_where_the_config_says_so() {
    let Some(mut server) = Smtp::start("clear", None) else {
        return;
    };
    let mut config = email(server.port, "a@example.org");
    config.require_tls = false;
    let report = send(&sender(&Channel::Email(config.clone())).0).await;
    assert_eq!(report.outcome, Outcome::Sent);
    assert_eq!(server.mail()["tls"], false);
    config.require_tls = true;
    let report = send(&sender(&Channel::Email(config)).0).await;
    assert_ne!(report.outcome, Outcome::Sent);
    assert_eq!(server.left(), 0);
}

#[tokio::test]
async fn who_has_a_mail_does_not_get_it_again_while_others_wait_for_theirs() {
    let Some(server) = Smtp::start("clear", None) else {
        return;
    };
    let mut config = email(
        server.port,
        "a@example.org, later@example.org, never@example.org",
    );
    config.require_tls = false;
    let (sender, _) = sender(&Channel::Email(config));
    for _ in 0..3 {
        let report = send(&sender).await;
        assert!(matches!(report.outcome, Outcome::Again { .. }));
        assert_eq!(report.failure, Some(Failure::Server));
    }
    assert_eq!(server.left(), 1);
}

#[tokio::test]
async fn who_never_takes_it_is_refused_and_is_told_of_where_others_have_it() {
    let Some(mut server) = Smtp::start("clear", None) else {
        return;
    };
    let mut config = email(server.port, "never@example.org");
    config.require_tls = false;
    let (all, _) = sender(&Channel::Email(config.clone()));
    let report = send(&all).await;
    assert_eq!(
        (report.outcome, report.failure),
        (Outcome::Refused, Some(Failure::Client))
    );
    config.to = "never@example.org, a@example.org".to_owned();
    config.text = Some("{{ nothing.here }}".to_owned());
    config.headers.insert(
        "Subject".to_owned(),
        "{{ notice.rule }}\r\nBcc: x@example.org".to_owned(),
    );
    let (some, _) = sender(&Channel::Email(config));
    let report = send(&some).await;
    assert_eq!(report.outcome, Outcome::Sent);
    assert!(report.said.expect("it says so").contains("550"));
    let data = server.mail()["data"].to_string();
    assert!(
        data.contains("Subject: Down Bcc: x@example.org\\r\\n"),
        "{data}"
    );
    assert!(data.contains("Rule: Down"), "{data}");
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_nobody_is_there_is_tried_again() {
    let authority = Authority::new();
    let Some(server) = Smtp::start("starttls", Some(&authority)) else {
        return;
    };
    let mut config = trusting(&authority, server.port, "a@example.org");
    config.auth_username = "me".to_owned();
    config.auth_password = Some(Secret::new("PLANTEDother"));
    let report = send(&sender(&Channel::Email(config.clone())).0).await;
    assert_eq!(
        (report.outcome, report.failure),
        (Outcome::Refused, Some(Failure::Auth))
    );
    assert_eq!(server.left(), 0);
    config.smarthost = Smarthost::new("127.0.0.1", "1");
    let report = send(&sender(&Channel::Email(config)).0).await;
    assert!(matches!(report.outcome, Outcome::Again { .. }));
}
