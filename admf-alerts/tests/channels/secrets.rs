//! What no output may hold, whatever goes wrong.

use std::collections::HashSet;
use std::fmt::Debug;
use std::process::Command;
use std::sync::{Arc, LazyLock};

use admf_alerts::Labels;
use admf_alerts::channel::config::{
    Alertmanager, Auth, Channel, Console, File, Http, PagerDuty, Secret, Slack, Webhook,
};
use admf_alerts::channel::io::{Sender, Shared};
use admf_alerts::channel::{Redaction, console, json_line};
use admf_alerts::notify::{Batch, IntegrationId, Posted};
use proptest::prelude::*;
use rustls::version::TLS13;

use crate::authority::Authority;
use crate::mail::trusting;
use crate::peer::{Peer, answer};
use crate::smtp::Smtp;
use crate::{NOW, sender};

/// In the words of no message, and in no encoding the same.
const SECRET: &str = "PLANTED \"né&<x>/+p@ss%\\";

/// As good a one for servers of mail, which say nothing but ASCII.
const MAIL: &str = "PLANTED \"mail&<x>/+p@ss%\\";

/// Both as they stand and as others write them; of each, any eight bytes that follow each other are too much.
fn forms() -> Vec<String> {
    let mut forms = vec![encoded()];
    for secret in [SECRET, MAIL] {
        let quoted = serde_json::Value::from(secret).to_string();
        forms.extend([secret.to_owned(), quoted[1..quoted.len() - 1].to_owned()]);
        for text in [
            secret.to_owned(),
            format!("me:{secret}"),
            format!("\0me\0{secret}"),
        ] {
            forms.push(base64(text.as_bytes()));
        }
    }
    forms
}

/// As it stands in an address.
fn encoded() -> String {
    let bytes = SECRET
        .bytes()
        .map(|byte| match byte.is_ascii_alphanumeric() {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        });
    bytes.collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1))
        .collect();
    bits.resize(bits.len().div_ceil(6) * 6, 0);
    let digits = bits
        .chunks(6)
        .map(|six| six.iter().fold(0, |all, bit| all << 1 | usize::from(*bit)));
    let mut text: String = digits.map(|it| char::from(DIGITS[it])).collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Fails if a piece of a secret is in what somebody may see.
fn check(seen: &[u8]) {
    static PIECES: LazyLock<HashSet<Vec<u8>>> = LazyLock::new(|| {
        let forms = forms().into_iter();
        let pieces = forms.flat_map(|it| {
            it.into_bytes()
                .windows(8)
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        });
        pieces.collect()
    });
    let found = seen.windows(8).find(|it| PIECES.contains(*it));
    let [found, seen] = [found.unwrap_or_default(), seen].map(String::from_utf8_lossy);
    assert!(found.is_empty(), "{found:?} is in {seen}");
}

fn see(seen: impl Debug) {
    check(format!("{seen:?} {seen:#?}").as_bytes());
}

/// Everything that can be secret is.
fn http(peer: &str, over: &str, authority: &Authority) -> Vec<Channel> {
    let address = format!("{over}://me:{0}@{peer}/{0}/services?token={0}", encoded());
    let header = Auth::bearer(Secret::new("PLANTEDbearer-token"));
    let basic = Auth::Basic {
        user: "me".to_owned(),
        password: Some(Secret::new(SECRET)),
    };
    let mut channels = Vec::new();
    for auth in [None, Some(header), Some(basic)] {
        let mut http = Http::default();
        http.auth = auth;
        // Those of the machine take long to read.
        http.tls.ca_file = Some(authority.path("ca.pem"));
        let mut slack = Slack::new(&*address);
        slack.http = http.clone();
        let mut pagerduty = PagerDuty::new(SECRET);
        (pagerduty.url, pagerduty.http) = (Secret::new(&*address), http.clone());
        let mut webhook = Webhook::new(&*address);
        (webhook.signing_key, webhook.http) = (Some(Secret::new(SECRET)), http.clone());
        let mut alertmanager = Alertmanager::new([&*address, "http://127.0.0.1:1"]);
        alertmanager.http = http;
        channels.extend([
            Channel::Slack(slack),
            Channel::PagerDuty(pagerduty),
            Channel::Webhook(webhook),
            Channel::Alertmanager(alertmanager),
        ]);
    }
    channels
}

fn with_http(mut channel: Channel, change: impl FnOnce(&mut Http)) -> Channel {
    match &mut channel {
        Channel::Slack(it) => change(&mut it.http),
        Channel::PagerDuty(it) => change(&mut it.http),
        Channel::Webhook(it) => change(&mut it.http),
        Channel::Alertmanager(it) => change(&mut it.http),
        _ => {}
    }
    channel
}

/// Labels and annotations hold some too, by their names and by how they look.
fn batch() -> Batch {
    let annotations = [
        ("password", SECRET.to_owned()),
        (
            "summary",
            format!("login me with api_key={} failed", encoded()),
        ),
        (
            "description",
            format!(
                "at postgres://me:{}@db/x by Bearer {}",
                encoded(),
                encoded().replace('%', "-")
            ),
        ),
    ];
    let alert = Posted {
        labels: Labels::from_iter([("alertname", "Down"), ("db_token", SECRET)]),
        annotations: annotations
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        generator_url: format!("http://me:{}@here/graph", encoded()),
        ..Posted::default()
    };
    Batch::test("team", IntegrationId::default(), alert, NOW)
}

async fn fails(channel: Channel) {
    see(&channel);
    let (sender, _) = sender(&channel);
    see(&sender);
    for tries in 0..2 {
        let report = sender.send(&batch(), tries).await;
        see(&report);
        println!("{report:?}");
        if let Some(said) = &report.said {
            check(said.as_bytes());
            eprintln!("{said}");
        }
    }
    see(sender.acknowledge("{}:{}").await);
}

/// Says back all that it was asked, after some text of a length, so that what is told of it is cut anywhere.
fn echo(status: &'static str, before: usize) -> Peer {
    Peer::echoing(move |asked| {
        let body = format!("{}{}{}{SECRET}", "x".repeat(before), asked.head, asked.body);
        answer(
            status,
            &format!("location: http://elsewhere.invalid/{}\r\n", encoded()),
            &body,
        )
    })
}

async fn over_http() {
    let (authority, theirs) = (Authority::new(), Authority::new());
    for status in [
        "200 OK",
        "307 Elsewhere",
        "400 Oh",
        "401 Who",
        "429 Slowly",
        "500 Oh",
    ] {
        for before in (0..300).step_by(83) {
            let peer = echo(status, before);
            for channel in http(&peer.address, "http", &authority) {
                fails(channel).await;
            }
        }
    }
    let peer = Peer::over_tls(authority.server(&[&TLS13], false), Vec::new());
    for channel in http(&peer.address, "https", &theirs) {
        fails(channel.clone()).await;
        // And by way of a proxy that tells what it was asked, or that is none.
        let proxy = echo("407 Who", 0);
        for at in [&*proxy.address, "127.0.0.1:1"] {
            let proxy = Secret::new(format!("http://me:{}@{at}", encoded()));
            fails(with_http(channel.clone(), |it| it.proxy = Some(proxy))).await;
        }
    }
    for at in [
        "127.0.0.1:1",
        "nowhere.invalid",
        "127.0.0.1:99999",
        "[::1",
        "",
    ] {
        for channel in http(at, "http", &authority) {
            fails(channel).await;
        }
    }
}

/// By a server that says back what it was told, by one that is not there, and by one that is not believed.
async fn over_smtp() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = Smtp::start("starttls", Some(&ours));
    let there = server.as_ref().map_or(1, |it| it.port);
    for (port, authority) in [(there, &ours), (there, &theirs), (1, &ours), (465, &ours)] {
        let mut config = trusting(authority, port, "a@example.org");
        config.auth_username = "me".to_owned();
        config.auth_password = Some(Secret::new(MAIL));
        fails(Channel::Email(config)).await;
    }
}

/// Nor is one in what channels write.
async fn written() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("alerts.jsonl");
    for stderr in [false, true] {
        let mut console = Console::default();
        console.stderr = stderr;
        fails(Channel::Console(console)).await;
    }
    fails(Channel::File(File::new(&path))).await;
    let written = std::fs::read(&path).expect("it was written");
    assert!(!written.is_empty());
    check(&written);
    fails(Channel::File(File::new(folder.path().join("no/such")))).await;
    let clean = Redaction::default().batch(&batch());
    check(console(&clean).as_bytes());
    check(json_line(&clean, "").as_bytes());
}

/// What is refused at the start is told of without them as well.
fn refused() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("secret");
    std::fs::write(&file, [SECRET.as_bytes(), b"\xff"].concat()).expect("it can be written");
    let mut wrong = Vec::new();
    for proxy in [
        format!("no address: {SECRET}"),
        format!("{}://me:{}@x", encoded(), encoded()),
    ] {
        let webhook = Channel::Webhook(Webhook::new(SECRET));
        wrong.push(with_http(webhook, |it| {
            it.proxy = Some(Secret::new(&*proxy));
        }));
    }
    let webhook = Channel::Webhook(Webhook::new(SECRET));
    wrong.push(with_http(webhook, |it| it.tls.ca_file = Some(file.clone())));
    for channel in wrong {
        let error = Sender::new("team", &channel, &Shared::default()).err();
        check(error.unwrap_or_default().as_bytes());
    }
    let error = Secret::file(&file).expose().unwrap_err();
    check(error.as_bytes());
}

/// Says that this process was started by the test of itself.
const WITHIN: &str = "ADMF_TEST_OF_SECRETS";

/// All that the process prints is looked through too, by another one.
#[tokio::test]
async fn no_secret_is_in_anything_that_anybody_may_see_whatever_fails() {
    if std::env::var_os(WITHIN).is_none() {
        let name = "secrets::no_secret_is_in_anything_that_anybody_may_see_whatever_fails";
        let mut command = Command::new(std::env::current_exe().expect("it runs"));
        command
            .args(["--exact", name, "--nocapture"])
            .env(WITHIN, "1")
            .env("RUST_LOG", "trace");
        let done = command.output().expect("it can be started");
        check(&done.stdout);
        check(&done.stderr);
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(
            done.status.success(),
            "{said} {}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert!(
            said.contains("1 passed") && said.contains("TRIGGERED Down"),
            "{said}"
        );
        return;
    }
    over_http().await;
    over_smtp().await;
    written().await;
    refused();
}

#[test]
#[should_panic(expected = "PLANTED ")]
fn a_secret_that_is_seen_is_found() {
    check(format!("before {SECRET} after").as_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_secrets_that_a_redaction_knows_none_is_left_in_any_text(
        secrets in prop::collection::vec("[a-zA-Z0-9 /+=%.:@\"\\\\é-]{4,24}", 1..5),
        around in prop::collection::vec("[ -~é\n]{0,20}", 2..8),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        // What takes the place of one is none.
        prop_assume!(secrets.iter().all(|it| !"<redacted>".contains(&**it)));
        let redaction = Redaction::new(secrets.clone());
        let mut text = String::new();
        for (at, around) in around.iter().enumerate() {
            text += around;
            text.push('|');
            if let Some(place) = places.get(at) {
                text += place.get(&secrets).as_str();
            }
            text.push('|');
        }
        let clean = redaction.text(&text);
        for secret in &secrets {
            prop_assert!(!clean.contains(secret.as_str()), "{secret:?} of {text:?} is in {clean:?}");
        }
        let batch = Batch::test("team", IntegrationId::default(), Posted {
            labels: Labels::from_iter([("alertname", &*text)]),
            annotations: [("summary".to_owned(), text.clone())].into(),
            generator_url: text,
            ..Posted::default()
        }, NOW);
        let clean = redaction.batch(&batch);
        let alert = Arc::clone(&clean.alerts[0]);
        for secret in &secrets {
            let shown = [alert.labels.get("alertname").unwrap_or_default(), &alert.annotations["summary"], &alert.generator_url];
            prop_assert!(shown.iter().all(|it| !it.contains(secret.as_str())));
        }
    }
}
