//! Mail over TLS from the start, and whom it believes.

use admf_alerts::channel::config::{Channel, Email, Secret, Smarthost, TlsVersion};
use admf_alerts::notify::Outcome;

use crate::authority::Authority;
use crate::mail::trusting;
use crate::smtp::Smtp;
use crate::{send, sender};

/// The port of mail over TLS from the start is a fixed one, so each test has an address of its own.
fn implicit(host: &str, authority: &Authority) -> Email {
    let mut config = trusting(authority, 465, "a@example.org");
    config.smarthost = Smarthost::new(host, "smtps");
    config.tls.server_name = Some("localhost".to_owned());
    config.auth_username = "me".to_owned();
    config.auth_password = Some(Secret::new("PLANTEDpassword"));
    config
}

async fn refused(config: &Email, why: &str) {
    let report = send(&sender(&Channel::Email(config.clone())).0).await;
    assert!(
        matches!(report.outcome, Outcome::Again { .. }),
        "{report:?}"
    );
    let said = report.said.expect("it says what is wrong").to_lowercase();
    assert!(said.contains(why), "{said}");
}

async fn taken(config: &Email) {
    let report = send(&sender(&Channel::Email(config.clone())).0).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
}

#[tokio::test]
async fn a_mail_goes_over_tls_from_the_start_on_the_port_for_that() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let Some(mut server) = Smtp::start_at("127.0.46.1:465", "tls", Some(&ours)) else {
        return;
    };
    refused(&implicit("127.0.46.1", &theirs), "certificate").await;
    let mut config = implicit("127.0.46.1", &ours);
    config.tls.server_name = None;
    refused(&config, "certificate").await;
    config.tls.server_name = Some("localhost".to_owned());
    taken(&config).await;
    let mail = server.mail();
    assert_eq!((&mail["tls"], &mail["login"]), (&true.into(), &true.into()));
    // Nobody is asked whether it is to be: `require_tls` is of the other ports.
    config.require_tls = false;
    config.auth_password = None;
    taken(&config).await;
    assert_eq!(server.mail()["tls"], true);
    let mut config = implicit("127.0.46.1", &theirs);
    config.tls.insecure_skip_verify = true;
    taken(&config).await;
    assert_eq!(server.left(), 1);
}

#[tokio::test]
async fn mail_says_who_it_is_by_a_certificate() {
    let authority = Authority::new();
    let Some(mut server) = Smtp::start_at("127.0.46.2:465", "mutual", Some(&authority)) else {
        return;
    };
    let mut config = implicit("127.0.46.2", &authority);
    refused(&config, "").await;
    config.tls.cert_file = Some(authority.path("client.pem"));
    config.tls.key_file = Some(authority.path("client-key.pem"));
    config.tls.min_version = Some(TlsVersion::Tls13);
    taken(&config).await;
    assert_eq!(server.mail()["tls"], true);
    assert_eq!(server.left(), 0);
}
