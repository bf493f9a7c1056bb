//! Whom a channel believes, and who it is.

use admf_alerts::channel::config::{Channel, TlsVersion, Webhook};
use admf_alerts::channel::io::{Sender, Shared};
use admf_alerts::notify::Outcome;
use rustls::version::{TLS12, TLS13};

use crate::authority::Authority;
use crate::peer::{Peer, answer};
use crate::{PLANTED, send, sender};

fn yes() -> Vec<String> {
    vec![answer("200 OK", "", "")]
}

/// To a server by the name of its certificate, of whom nobody is believed but the authority.
fn webhook(peer: &Peer, authority: &Authority) -> Webhook {
    let port = peer.address.rsplit_once(':').expect("it has a port").1;
    let mut config = Webhook::new(&*format!("https://localhost:{port}/{PLANTED}"));
    config.http.tls.ca_file = Some(authority.path("ca.pem"));
    config
}

/// Nothing was said to the server, and why is told.
async fn refused(peer: &Peer, config: Webhook, why: &str) {
    let report = send(&sender(&Channel::Webhook(config)).0).await;
    assert!(
        matches!(report.outcome, Outcome::Again { .. }),
        "{report:?}"
    );
    let said = report.said.expect("it says what is wrong");
    assert!(said.to_lowercase().contains(why), "{said}");
    assert_eq!(peer.left(), 0, "nothing was said");
}

async fn taken(peer: &Peer, config: Webhook) {
    let report = send(&sender(&Channel::Webhook(config)).0).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
    assert_eq!(peer.left(), 1);
}

#[tokio::test]
async fn an_authority_of_the_callers_is_believed_in_place_of_all_others() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let peer = Peer::over_tls(ours.server(&[&TLS13, &TLS12], false), yes());
    refused(&peer, webhook(&peer, &theirs), "certificate").await;
    // Nor is it by those of the machine.
    let mut config = webhook(&peer, &ours);
    config.http.tls.ca_file = None;
    let channel = Channel::Webhook(config.clone());
    match Sender::new("native", &channel, &Shared::default()) {
        Ok(_) => refused(&peer, config, "certificate").await,
        Err(error) => assert!(
            error.contains("there are no certificates to believe"),
            "{error}"
        ),
    }
    taken(&peer, webhook(&peer, &ours)).await;
}

#[tokio::test]
async fn a_server_is_believed_by_the_name_of_the_address_or_the_one_that_is_said() {
    let authority = Authority::new();
    let peer = Peer::over_tls(authority.server(&[&TLS13], false), yes());
    let mut config = Webhook::new(&*format!("https://{}/{PLANTED}", peer.address));
    config.http.tls.ca_file = Some(authority.path("ca.pem"));
    refused(&peer, config.clone(), "certificate").await;
    config.http.tls.server_name = Some("example.org".to_owned());
    refused(&peer, config.clone(), "certificate").await;
    config.http.tls.server_name = Some("localhost".to_owned());
    taken(&peer, config).await;
}

#[tokio::test]
async fn everybody_is_believed_where_the_config_says_so() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    for version in [&TLS12, &TLS13] {
        let peer = Peer::over_tls(ours.server(&[version], false), yes());
        let mut config = webhook(&peer, &theirs);
        config.http.tls.insecure_skip_verify = true;
        taken(&peer, config).await;
    }
}

#[tokio::test]
async fn a_channel_says_who_it_is_by_a_certificate() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let peer = Peer::over_tls(ours.server(&[&TLS12], true), yes());
    refused(&peer, webhook(&peer, &ours), "").await;
    let mut config = webhook(&peer, &ours);
    for authority in [&theirs, &ours] {
        config.http.tls.cert_file = Some(authority.path("client.pem"));
        config.http.tls.key_file = Some(authority.path("client-key.pem"));
        match std::ptr::eq(authority, &ours) {
            true => taken(&peer, config.clone()).await,
            false => refused(&peer, config.clone(), "").await,
        }
    }
}

#[tokio::test]
async fn nothing_older_is_spoken_than_the_config_says() {
    let authority = Authority::new();
    let old = Peer::over_tls(authority.server(&[&TLS12], false), yes());
    let new = Peer::over_tls(authority.server(&[&TLS13], false), yes());
    for (version, taken_by_old) in [
        (None, true),
        (Some(TlsVersion::Tls12), true),
        (Some(TlsVersion::Tls13), false),
    ] {
        let mut config = webhook(&old, &authority);
        config.http.tls.min_version = version;
        let report = send(&sender(&Channel::Webhook(config)).0).await;
        assert_eq!(old.left(), usize::from(taken_by_old), "{report:?}");
    }
    let mut config = webhook(&new, &authority);
    config.http.tls.min_version = Some(TlsVersion::Tls13);
    taken(&new, config).await;
}

#[test]
fn files_of_certificates_that_cannot_be_used_are_refused_at_the_start_by_their_names() {
    let authority = Authority::new();
    let no_such = authority.path("no-such.pem");
    let empty = authority.path("empty.pem");
    std::fs::write(&empty, "").expect("it can be written");
    let with = |change: &dyn Fn(&mut admf_alerts::channel::config::Tls)| {
        let mut webhook = Webhook::new("https://localhost/");
        webhook.http.tls.ca_file = Some(authority.path("ca.pem"));
        change(&mut webhook.http.tls);
        let mut email = crate::mail::email(465, "a@example.org");
        email.tls = webhook.http.tls.clone();
        [Channel::Webhook(webhook), Channel::Email(email)]
            .map(|channel| Sender::new("team", &channel, &Shared::default()).unwrap_err())
    };
    let cases: [(&str, [String; 2]); 5] = [
        (
            "no-such.pem",
            with(&|it| it.ca_file = Some(no_such.clone())),
        ),
        (
            "empty.pem: there are none",
            with(&|it| it.ca_file = Some(empty.clone())),
        ),
        (
            "`cert_file` and `key_file` go together",
            with(&|it| it.cert_file = Some(authority.path("client.pem"))),
        ),
        (
            "`cert_file` and `key_file` go together",
            with(&|it| it.key_file = Some(authority.path("client-key.pem"))),
        ),
        (
            "no-such.pem",
            with(&|it| {
                it.cert_file = Some(authority.path("client.pem"));
                it.key_file = Some(no_such.clone());
            }),
        ),
    ];
    for (wanted, errors) in cases {
        for error in errors {
            assert!(
                error.starts_with("channel `team`: ") && error.contains(wanted),
                "{wanted}: {error}"
            );
        }
    }
}
